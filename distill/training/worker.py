"""The process that trains: `accelerate launch -m distill.training.worker WORK`, one for each GPU.

It reads WORK/train.yaml, which `distill sft` wrote, trains on the prepared rows in WORK/data, resumes from the last
whole checkpoint, and prints its progress as lines that start with MARK.
"""

import json
import sys
import time
from pathlib import Path

import torch
from datasets import Dataset, concatenate_datasets
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import ModelConfig, SFTConfig, SFTTrainer, TrlParser, get_peft_config  # type: ignore[attr-defined]

from distill.training import process
from distill.training.checkpoints import Seal, last_whole
from distill.training.launch import MARK


class Report(TrainerCallback):
    """Prints each step, and each log with its loss."""

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:  # noqa: ARG002
        """After an optimizer step."""
        _say(state, {})

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:  # noqa: ARG002
        """After the trainer logged."""
        _say(state, kwargs["logs"])


def main(work: Path) -> SFTTrainer:
    """Train as WORK/train.yaml says; leave the model in WORK/model and what was measured in WORK/metrics.json.

    The trainer is returned since it must not be freed, see `process`.
    """
    training, model = parse(work / "train.yaml")
    assert isinstance(training.model_init_kwargs, dict | None)
    given = training.model_init_kwargs or {}
    training.model_init_kwargs = {"attn_implementation": model.attn_implementation, "dtype": model.dtype, **given}
    blocks = [Dataset.from_file(str(file)) for file in sorted((work / "data").glob("*.arrow"))]
    trainer = SFTTrainer(
        model=str(model.model_name_or_path),
        args=training,
        train_dataset=concatenate_datasets([block for block in blocks if len(block)]),
        peft_config=get_peft_config(model),
        callbacks=[Report(), Seal()],
    )
    started = time.monotonic()
    result = trainer.train(resume_from_checkpoint=last_whole(work))
    _save(trainer, work / "model")
    if trainer.is_world_process_zero():
        measured = {
            "seconds": time.monotonic() - started,
            "hardware": _hardware(trainer),
            "log": trainer.state.log_history,
        }
        _write(work / "metrics.json", result.metrics | measured)
    trainer.end()  # type: ignore[no-untyped-call]
    return trainer


def parse(config: Path) -> tuple[SFTConfig, ModelConfig]:
    """Read a resolved YAML with TRL's own parser, which refuses what it does not know."""
    training, model = TrlParser((SFTConfig, ModelConfig)).parse_args_and_config(  # type: ignore[arg-type]
        ["--config", str(config)]
    )
    return training, model


def _save(trainer: SFTTrainer, folder: Path) -> None:
    if trainer.is_fsdp_enabled:  # checkpoints stay sharded; the finished model is written whole
        trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
    trainer.save_model(str(folder))


def _hardware(trainer: SFTTrainer) -> str:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return f"{trainer.accelerator.num_processes} × {device}"


def _say(state: TrainerState, logs: object) -> None:
    assert isinstance(logs, dict)
    if state.is_world_process_zero:
        line = {"step": state.global_step, "steps": state.max_steps, **logs}
        print(MARK + json.dumps(line), flush=True)


def _write(path: Path, data: dict[str, object]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(data, indent=2), encoding="utf-8")
    temporary.replace(path)


if __name__ == "__main__":
    process.run(lambda: main(Path(sys.argv[1])))
