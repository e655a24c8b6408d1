"""The process that trains: `accelerate launch -m distill.training.worker.sft WORK`, one for each GPU.

It reads WORK/train.yaml, which `distill sft` wrote, trains on the prepared rows in WORK/data, resumes from the last
whole checkpoint, and writes its progress to WORK/progress.jsonl.
"""

import sys
from pathlib import Path

from datasets import Dataset, concatenate_datasets
from trl import SFTConfig, SFTTrainer, get_peft_config  # type: ignore[attr-defined]

from distill.training.settings.parser import parse
from distill.training.worker import process
from distill.training.worker.checkpoints import Seal
from distill.training.worker.cpu_sharding import shard_on_cpu
from distill.training.worker.trainer import Report, train


def main(work: Path) -> SFTTrainer:
    """Train as WORK/train.yaml says; the trainer is returned since it must not be freed, see `process`."""
    training, model = parse(work / "train.yaml", SFTConfig)
    shard_on_cpu()
    if training.use_cpu:
        process.keep_memory()
    blocks = [Dataset.from_file(str(file)) for file in sorted((work / "data").glob("*.arrow"))]
    trainer = SFTTrainer(
        model=str(model.model_name_or_path),
        args=training,
        train_dataset=concatenate_datasets([block for block in blocks if len(block)]),
        peft_config=get_peft_config(model),
        callbacks=[Report(), Seal()],
    )
    train(trainer, work)
    return trainer


if __name__ == "__main__":
    process.run(lambda: main(Path(sys.argv[1])))
