"""The process that samples and trains: `accelerate launch -m distill.training.grpo.worker WORK`, one for each GPU.

It reads WORK/train.yaml, WORK/rewards.json and WORK/prompts.jsonl, which `distill grpo` wrote, resumes from the last
whole checkpoint, and writes its progress to WORK/progress.jsonl.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import GRPOConfig, GRPOTrainer, get_peft_config  # type: ignore[attr-defined]

from distill.files import replacing
from distill.training.grpo.prompts import read_written
from distill.training.grpo.recipe import Settings
from distill.training.grpo.rewards import Rewards
from distill.training.settings.parser import parse
from distill.training.worker import process
from distill.training.worker.checkpoints import Seal
from distill.training.worker.cpu_sharding import shard_on_cpu
from distill.training.worker.trainer import Report, train


class Reference(TrainerCallback):
    """Keeps a reference model that moves beside each checkpoint, since TRL would resume with the one it began with."""

    def __init__(self, model: torch.nn.Module, rank: int) -> None:
        self._model = model
        self.file = f"reference-{rank}.pt"

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        """Take up the checkpoint's reference."""
        if state.global_step:
            folder = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
            self._model.load_state_dict(torch.load(folder / self.file, weights_only=False))

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        """Write this process's share of the reference, whole or not at all."""
        path = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / self.file
        with replacing(path, durable=False) as partial:
            torch.save(self._model.state_dict(), partial)


def main(work: Path) -> GRPOTrainer:
    """Train as WORK/train.yaml says; the trainer is returned since it must not be freed, see `process`."""
    training, model = parse(work / "train.yaml", GRPOConfig)
    shard_on_cpu()
    if training.use_cpu:
        process.keep_memory()
        torch.set_float32_matmul_precision("medium")  # products in bfloat16 where the processor has units for them
    rewards = Rewards(Settings.model_validate_json((work / "rewards.json").read_bytes()))
    trainer = GRPOTrainer(
        model=str(model.model_name_or_path),
        reward_funcs=list[Any](rewards.functions),  # TRL's type leaves out asynchronous ones, which it runs
        args=training,
        train_dataset=Dataset.from_list(read_written(work)),
        peft_config=get_peft_config(model),
        callbacks=[Report()],
    )
    if trainer.ref_model is not None and training.sync_ref_model:
        trainer.add_callback(Reference(trainer.ref_model, trainer.accelerator.process_index))
    trainer.add_callback(Seal())  # last, since it says that all others have written
    train(trainer, work, lambda: asyncio.run_coroutine_threadsafe(rewards.close(), trainer.async_loop).result())
    return trainer


if __name__ == "__main__":
    process.run(lambda: main(Path(sys.argv[1])))
