"""The process that trains: `accelerate launch -m distill.training.worker.sft WORK`, one for each GPU.

It reads WORK/train.yaml, which `distill sft` wrote, trains on the prepared rows in WORK/data, is examined on those in
WORK/held_out, resumes from the last whole checkpoint, and writes its progress to WORK/progress.jsonl.
"""

import sys
from pathlib import Path

from datasets import Dataset, concatenate_datasets
from trl import SFTConfig, SFTTrainer, get_quantization_config  # type: ignore[attr-defined]

from distill.training.settings.parser import parse
from distill.training.worker import process
from distill.training.worker.adapter import adapter_config, complete
from distill.training.worker.cpu_sharding import shard_on_cpu
from distill.training.worker.settings import read_settings
from distill.training.worker.trainer import train


def main(work: Path) -> SFTTrainer:
    """Train as WORK/train.yaml says; the trainer is returned since it must not be freed, see `process`."""
    trainer = build(work)
    if trainer.args.use_cpu:
        process.keep_memory()
    train(trainer, work)
    return trainer


def build(work: Path) -> SFTTrainer:
    """The trainer that WORK describes."""
    training, model = parse(work / "train.yaml", SFTConfig)
    shard_on_cpu()
    held_out = work / "held_out"
    trainer = SFTTrainer(
        model=str(model.model_name_or_path),
        args=training,
        train_dataset=_rows(work / "data"),
        eval_dataset=_rows(held_out) if held_out.is_dir() else None,
        quantization_config=get_quantization_config(model),
        peft_config=adapter_config(model, read_settings(work).new_tokens),
    )
    complete(trainer.model)
    return trainer


def _rows(folder: Path) -> Dataset:
    blocks = [Dataset.from_file(str(file)) for file in sorted(folder.glob("*.arrow"))]
    return concatenate_datasets([block for block in blocks if len(block)])


if __name__ == "__main__":
    process.run(lambda: main(Path(sys.argv[1])))
