"""A run folder: three tables, a recipe, and a manifest that says what each stage was run with."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal, get_args

from pydantic import JsonValue

from distill.errors import RunError
from distill.recipe.loading import digest
from distill.rows import columns as schemas
from distill.store.lock import Lock
from distill.store.manifest import Manifest, StageEntry, read_manifest, write_manifest
from distill.store.table import Repair, Table

Stage = Literal["prompts", "generate", "verify", "select", "sft", "eval"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""In order: a stage's digest covers the settings of all before it that it builds on."""
TABLES = {"prompts": schemas.PROMPTS, "samples": schemas.SAMPLES, "verdicts": schemas.VERDICTS}
FOLDERS: dict[Stage, str] = {
    "prompts": "prompts",
    "generate": "samples",
    "verify": "verdicts",
    "select": "dataset",
    "sft": "student",
    "eval": "eval",
}
"""What each stage makes."""
Counts = Mapping[str, int | float | str]


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

    def begin(self, stage: Stage, settings: Mapping[str, JsonValue], *, is_cheap: bool = False) -> StageEntry:
        """Enter a stage: new, or the same again.

        Where its settings, or those of a stage before it, have changed, a cheap stage starts anew and a costly
        one raises RunError.
        """
        manifest = self.manifest
        entry = manifest.stages.get(stage)
        whole = digest(*self._upstream(manifest, stage), settings)
        if entry is not None and entry.digest == whole:
            return entry
        if entry is not None and not is_cheap:
            raise RunError(self._difference(stage, entry, settings))
        entry = StageEntry(
            digest=whole,
            settings=dict(settings),
            is_done=False,
            versions={"distill": version("distill")},
            started=_now(),
        )
        write_manifest(self.path, manifest.with_stage(stage, entry))
        return entry

    def finish(self, stage: Stage, counts: Counts, seconds: float, versions: Mapping[str, str] | None = None) -> None:
        """Record what a stage counted, how long this attempt took, and what else it rested on."""
        manifest = self.manifest
        before = manifest.stages[stage]
        entry = before.model_copy(
            update={
                "is_done": True,
                "counts": dict(counts),
                "versions": before.versions | dict(versions or {}),
                "finished": _now(),
                "seconds": round(before.seconds + seconds, 3),
            }
        )
        write_manifest(self.path, manifest.with_stage(stage, entry))

    def restart(self, stage: Stage) -> list[Path]:
        """Forget a stage and all that follow, so that they may run under other settings.

        Their folders are moved aside, never deleted: samples were paid for. Returns the new places.
        """
        forgotten = STAGES[STAGES.index(stage) :]
        moved = []
        for name in forgotten:
            folder = self.path / FOLDERS[name]
            if folder.exists():
                moved.append(folder.rename(free_name(folder)))
        stages = {name: entry for name, entry in self.manifest.stages.items() if name not in forgotten}
        write_manifest(self.path, Manifest(stages=stages))
        return moved

    def _tables(self) -> dict[str, Table]:
        return {"prompts": self.prompts, "samples": self.samples, "verdicts": self.verdicts}

    def _upstream(self, manifest: Manifest, stage: Stage) -> list[dict[str, JsonValue]]:
        before = STAGES[: STAGES.index(stage)]
        return [manifest.stages[name].settings for name in before if name in manifest.stages]

    def _difference(self, stage: Stage, entry: StageEntry, settings: Mapping[str, JsonValue]) -> str:
        changed = [
            f"{key}: {entry.settings.get(key)!r} → {settings.get(key)!r}"
            for key in sorted({*entry.settings, *settings})
            if entry.settings.get(key) != settings.get(key)
        ]
        what = "; ".join(changed) or "a stage before it was run anew"
        return (
            f"{self.path} already holds `{stage}` under other settings ({what}). Take the old settings back, choose "
            f"another run folder, or add `--restart {stage}`, which moves the old rows aside and makes them anew."
        )


def _report(name: str, repair: Repair, say: Callable[[str], None]) -> None:
    if repair.num_recovered:
        say(f"Recovered {repair.num_recovered:,} {name} from the journal of an attempt that ended early.")
    if repair.num_torn:
        say(f"Dropped {repair.num_torn:,} torn line(s) of {name}; they had not counted as stored.")


def _refuse_foreign(path: Path) -> None:
    """A folder with other things in it is surely a mistyped path."""
    if (path / "pipeline.yaml").is_file():
        raise RunError(f"{path} holds a pipeline, whose stages are run folders in it. Name one of those, or a new one.")
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; a run needs a folder. Name another with --run.")
    if path.is_dir() and not (path / "manifest.json").exists():
        strange = sorted(item.name for item in path.iterdir() if item.name not in {*TABLES, ".lock", "recipe.yaml"})
        if strange:
            raise RunError(f"{path} is no run folder: it holds {', '.join(strange[:3])}. Name a new or empty one.")


def free_name(folder: Path) -> Path:
    """A name beside a folder that nothing has yet."""
    number = 1
    while (aside := folder.with_name(f"{folder.name}.old-{number}")).exists():
        number += 1
    return aside


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
