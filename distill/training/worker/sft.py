"""The process that trains: `accelerate launch -m distill.training.worker.sft WORK`, one for each GPU.

It reads WORK/train.yaml, which `distill sft` wrote, trains on the prepared rows in WORK/data, resumes from the last
whole checkpoint, and prints its progress as lines that start with MARK. Where the recipe evaluates, it does so on the
rows in WORK/held_out and the prompts in WORK/held_out_prompts.jsonl.
"""

import sys
from pathlib import Path

from datasets import Dataset, concatenate_datasets
from trl import SFTConfig, SFTTrainer, get_peft_config  # type: ignore[attr-defined]

from distill.training.settings.parser import parse
from distill.training.worker import process
from distill.training.worker.checkpoints import Seal
from distill.training.worker.held_out import examine
from distill.training.worker.settings import read_settings
from distill.training.worker.trainer import Report, train


def main(work: Path) -> SFTTrainer:
    """Train as WORK/train.yaml says; the trainer is returned since it must not be freed, see `process`."""
    training, model = parse(work / "train.yaml", SFTConfig)
    settings = read_settings(work)
    if training.use_cpu:
        process.keep_memory()
    rows = _rows(work / "data")
    assert rows is not None
    held_out = _rows(work / "held_out")
    trainer = SFTTrainer(
        model=str(model.model_name_or_path),
        args=training,
        train_dataset=rows,
        # Transformers evaluates on no rows as well, where prompts alone are held out, and then says no loss.
        eval_dataset=rows.select([]) if held_out is None else held_out,
        peft_config=get_peft_config(model),
        callbacks=[Report(), Seal()],
    )
    if settings.held_out is not None:
        examine(trainer, str(model.model_name_or_path), work, settings.held_out)
    train(trainer, work)
    return trainer


def _rows(folder: Path) -> Dataset | None:
    """The rows of a folder of arrow files; None where there are none."""
    blocks = [Dataset.from_file(str(file)) for file in sorted(folder.glob("*.arrow"))]
    filled = [block for block in blocks if len(block)]
    return concatenate_datasets(filled) if filled else None


if __name__ == "__main__":
    process.run(lambda: main(Path(sys.argv[1])))
