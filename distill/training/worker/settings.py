"""What a training process needs beside TRL's keys."""

from pathlib import Path

from distill.files import write_whole
from distill.references import Record
from distill.training.recipe import HeldOut

FILE = "worker.json"


class WorkerSettings(Record):
    """What `distill sft` and `distill grpo` leave in WORK for each process."""

    new_tokens: tuple[int, ...] = ()
    """Ids whose token got a new name in this student, so that nobody has trained its rows of the embeddings yet."""
    held_out: HeldOut | None = None
    """How the student is examined during training."""


def write_settings(work: Path, settings: WorkerSettings) -> None:
    """Leave them where the processes look."""
    write_whole(work / FILE, settings.model_dump_json(indent=2))


def read_settings(work: Path) -> WorkerSettings:
    """Read them. Raises FileNotFoundError where the work folder is another version's."""
    return WorkerSettings.model_validate_json((work / FILE).read_bytes())
