"""A run folder: three tables, a recipe, and a manifest that says what each stage was run with."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import JsonValue

from distill.errors import RunError
from distill.progress import say
from distill.recipe.loading import digest
from distill.recipe.sections import Price
from distill.rows import columns as schemas
from distill.store import stages
from distill.store.lock import Lock
from distill.store.manifest import Manifest, StageEntry, read_manifest
from distill.store.stages import Counts, StageSettings
from distill.store.table import Repair, Table

StageName = Literal["prompts", "generate", "verify", "select", "sft", "eval"]
STAGES: tuple[StageName, ...] = get_args(StageName)
"""In order: a stage's digest covers the settings of all before it that it builds on."""
TABLES = {"prompts": schemas.PROMPTS, "samples": schemas.SAMPLES, "verdicts": schemas.VERDICTS}
FOLDERS: dict[StageName, str] = {
    "prompts": "prompts",
    "generate": "samples",
    "verify": "verdicts",
    "select": "dataset",
    "sft": "student",
    "eval": "eval",
}
"""What each stage makes."""
PIPELINE_FILE = "pipeline.yaml"
"""The resolved pipeline in its folder; what tells that folder from a run's."""


class RunFolder:
    """`runs/NAME`. Reading is free; `RunFolder.open` holds the lock and allows writing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.prompts, self.samples, self.verdicts = (Table(path / name, schema) for name, schema in TABLES.items())
        self.cut = Table(path / "samples" / "cut", schemas.SAMPLES)
        """Truncated samples that `distill extend` has put apart, to be continued. Only read here."""

    @classmethod
    def at(cls, path: Path) -> "RunFolder":
        """An existing run, for reading."""
        if not (path / "manifest.json").is_file():
            raise RunError(f"{path} is no run folder: it has no manifest.json. `distill run` and `generate` make one.")
        return cls(path)

    @classmethod
    @contextmanager
    def open(cls, path: Path, say: Callable[[str], None]) -> Iterator["RunFolder"]:
        """Lock a run folder, new or old, repair what an earlier attempt left, and seal its tail at the end.

        `say` is told what was found, and later when the disk is full.
        """
        run = cls(path)
        _refuse_foreign(path)
        with Lock(path):
            attempt = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(2)}"
            for name, table in run._tables().items():
                _report(name, table.open(attempt, say), say)
            try:
                yield run
            finally:
                for table in run._tables().values():
                    table.close()

    @property
    def manifest(self) -> Manifest:
        """What the stages of this run were made with so far."""
        return read_manifest(self.path)

    def begin(self, stage: StageName, settings: Mapping[str, JsonValue], *, is_cheap: bool = False) -> StageEntry:
        """Enter a stage: new, or the same again.

        Where its settings, or those of a stage before it, have changed, a cheap stage starts anew and a costly
        one raises RunError.
        """
        now = self.stage_settings(stage, settings)
        if not is_cheap:
            stages.refuse_changed(self.path, stage, now)
        return stages.begin(self.path, stage, now)

    def stage_settings(self, stage: StageName, settings: Mapping[str, JsonValue]) -> StageSettings:
        """What a stage's result follows from: its settings, and those recorded for the stages before it."""
        known, place = self.manifest.stages, STAGES.index(stage)
        before = [name for name in STAGES[:place] if name in known]
        after = [name for name in STAGES[place + 1 :] if name in known]
        return StageSettings(settings, digest(*(known[name].settings for name in before), settings), before, after)

    def finish(
        self, stage: StageName, counts: Counts, seconds: float, versions: Mapping[str, str] | None = None
    ) -> None:
        """Record what a stage counted, how long this attempt took, and what else it rested on."""
        stages.finish(self.path, stage, counts, seconds, versions)

    def note_attempt(self, stage: StageName, seconds: float, price: Price | None) -> None:
        """Record what an attempt that did not finish a stage took, and what tokens cost, where it was told."""
        stages.note_attempt(self.path, stage, seconds, price)

    def restart(self, stage: StageName) -> list[Path]:
        """Forget a stage and all that follow, and move aside what they made. Returns the new places."""
        return stages.restart(self.path, {name: FOLDERS[name] for name in STAGES[STAGES.index(stage) :]})

    def _tables(self) -> dict[str, Table]:
        return {"prompts": self.prompts, "samples": self.samples, "verdicts": self.verdicts}


def restart_run(folder: Path, name: str) -> None:
    """Move aside what a stage of a run and all later ones made, and say where it is now."""
    stages.refuse_unknown(name, STAGES)
    with RunFolder.open(RunFolder.at(folder).path, say) as run:
        for moved in run.restart(next(stage for stage in STAGES if stage == name)):
            say(f"Moved what was made before to {moved}.")


def _report(name: str, repair: Repair, say: Callable[[str], None]) -> None:
    if repair.num_recovered:
        say(f"Recovered {repair.num_recovered:,} {name} from the journal of an attempt that ended early.")
    if repair.num_torn:
        say(f"Dropped {repair.num_torn:,} torn line(s) of {name}; they had not counted as stored.")


def _refuse_foreign(path: Path) -> None:
    """A folder with other things in it is surely a mistyped path."""
    if (path / PIPELINE_FILE).is_file():
        raise RunError(f"{path} holds a pipeline, whose stages are run folders in it. Name one of those, or a new one.")
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; a run needs a folder. Name another with --run.")
    if path.is_dir() and not (path / "manifest.json").exists():
        strange = sorted(item.name for item in path.iterdir() if item.name not in {*TABLES, ".lock", "recipe.yaml"})
        if strange:
            raise RunError(f"{path} is no run folder: it holds {', '.join(strange[:3])}. Name a new or empty one.")
