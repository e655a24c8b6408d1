"""A run folder: three tables, a recipe, and a manifest that says what each stage was run with."""

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import JsonValue

from distill.errors import RunError
from distill.progress import say
from distill.recipe.loading import digest
from distill.recipe.sections import Price
from distill.records import Outcome
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.rows.prompt_origin import Origin
from distill.store import restarts, stages
from distill.store.keys import Keys
from distill.store.lock import Lock
from distill.store.manifest import Manifest, StageEntry, read_manifest, write_manifest
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
ROW_STAGES: tuple[StageName, ...] = ("prompts", "generate", "verify")
"""The stages that make rows, each by itself: they can grow, and what they made stays right."""
COUNTED = {
    "prompts": ("prompts",),
    "generate": ("samples",),
    "verify": tuple(outcome.value for outcome in Outcome),
}
"""The counts of these stages that add up to their rows."""
OURS = re.compile(
    r"\.lock|((recipe\.yaml|manifest\.json|progress\.json|scores\.json)(\.tmp)?)|report\.html|\w+\.log|shards|"
    r"(prompts|samples|verdicts|dataset|student|eval)(\.old(-\d+)?|\.partial|\.work)?"
)
"""What distill leaves in a run folder, killed at any moment."""
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
        if (path / "manifest.json").is_file():
            return cls(path)
        if cls(path).holds_rows():
            raise RunError(
                f"{path} has lost its manifest.json, but not its tables. Run the `distill generate` or `run` that made "
                "it once more: it takes what is there, asks only for what is missing, and writes the manifest anew."
            )
        raise RunError(f"{path} is no run folder: it has no manifest.json. `distill run` and `generate` make one.")

    @classmethod
    @contextmanager
    def open(cls, path: Path, say: Callable[[str], None]) -> Iterator["RunFolder"]:
        """Lock a run folder, new or old, repair what an earlier attempt left, and seal its tail at the end.

        `say` is told what was found, and later when the disk is full.
        """
        run = cls(path)
        _refuse_foreign(path)
        with Lock(path):
            restarts.complete(path)
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

    def holds_rows(self) -> bool:
        """Whether any table has a file; a damaged one counts."""
        return any(any(table.folder.glob(f"*.{kind}")) for table in self._tables().values()
                   for kind in ("parquet", "journal"))  # fmt: skip

    def begin(self, stage: StageName, settings: Mapping[str, JsonValue], *, is_cheap: bool = False) -> StageEntry:
        """Enter a stage: new, or the same again.

        Where its settings, or those of a stage before it, have changed, a stage that is cheap or has made no row yet
        starts anew, and another one raises RunError.
        """
        now = self.stage_settings(stage, settings)
        entry = self.manifest.stages.get(stage)
        if entry is not None and entry.digest != now.digest and not is_cheap and not self._is_empty(stage):
            stages.refuse_changed(self.path, stage, now)
        entry = stages.begin(self.path, stage, now)
        if entry.is_done and self._lacks_rows(stage, entry):
            say(f"{stage}: the run has lost some of what this stage had made; it is made again.")
            self.reopen(stage)
            self.forget_orphans()
        return self.manifest.stages[stage]

    def grow(self, stage: StageName, settings: Mapping[str, JsonValue], earlier: str) -> None:
        """Have a stage make more of the same; `earlier` says what it was asked for before, in a word.

        All rows stay. Neither it nor any stage behind it is done then.
        """
        manifest = self.manifest
        entry = stages.grown(manifest.stages[stage], settings, earlier)
        write_manifest(self.path, _refreshed(manifest.with_stage(stage, entry)))

    def reopen(self, stage: StageName) -> None:
        """Set a stage and all behind it undone, so that what they lack is made; call it before rows are removed."""
        write_manifest(self.path, stages.reopen(self.manifest, STAGES[STAGES.index(stage) :]))

    def stage_settings(self, stage: StageName, settings: Mapping[str, JsonValue]) -> StageSettings:
        """What a stage's result follows from: its settings, and those recorded for the stages before it."""
        known, place = self.manifest.stages, STAGES.index(stage)
        then = known[stage].settings if stage in known else {}
        if digest(stages.as_asked(then)) == digest(settings):
            settings = then  # with what it has grown from
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

    def note_origin(self, stage: StageName, origin: Origin) -> None:
        """Record where the rows of a stage come from."""
        stages.note_origin(self.path, stage, origin)

    def restart(self, stage: StageName) -> list[Path]:
        """Forget a stage and all that follow, and move aside what they made. Returns the new places."""
        return restarts.restart(self.path, {name: FOLDERS[name] for name in STAGES[STAGES.index(stage) :]})

    def forget_samples(self, is_unwanted: Callable[[Row], bool], columns: Sequence[str]) -> int:
        """Remove samples, so that they are drawn again, and before them their verdicts; returns how many."""
        unwanted = Keys()
        self.samples.flush()
        for row in self.samples.rows([*self.samples.key_columns, *columns]):
            if is_unwanted(row):
                unwanted.add(*self.samples.key(row))
        if not len(unwanted):
            return 0
        self.reopen("generate")
        self.verdicts.remove(lambda row: self.verdicts.key(row) in unwanted, self.verdicts.key_columns)
        return self.samples.remove(lambda row: self.samples.key(row) in unwanted, self.samples.key_columns)

    def forget_orphans(self) -> int:
        """Remove verdicts whose sample is lost, as with a shard that was moved away: another will have its key."""
        drawn = self.samples.keys()

        def is_orphan(row: Row) -> bool:
            return self.verdicts.key(row) not in drawn

        if not any(is_orphan(row) for row in self.verdicts.rows(self.verdicts.key_columns)):
            return 0
        self.reopen("verify")
        return self.verdicts.remove(is_orphan, self.verdicts.key_columns)

    def _is_empty(self, stage: StageName) -> bool:
        """Whether a stage that makes rows has made none."""
        tables = {"prompts": [self.prompts], "generate": [self.samples, self.cut], "verify": [self.verdicts]}
        return stage in tables and not any(table.count() for table in tables[stage])

    def _lacks_rows(self, stage: StageName, entry: StageEntry) -> bool:
        """Whether a stage has fewer rows than it had counted: someone has moved a shard away."""
        if stage not in ROW_STAGES:
            return False
        counted = sum(int(entry.counts.get(name, 0)) for name in COUNTED[stage])
        return self._tables()[FOLDERS[stage]].count() < counted

    def _tables(self) -> dict[str, Table]:
        return {"prompts": self.prompts, "samples": self.samples, "verdicts": self.verdicts}


def restart_run(folder: Path, name: str) -> None:
    """Move aside what a stage of a run and all later ones made, and say where it is now."""
    stages.refuse_unknown(name, STAGES)
    with RunFolder.open(RunFolder.at(folder).path, say) as run:
        moved = run.restart(next(stage for stage in STAGES if stage == name))
    say(f"Moved what was made before to {', '.join(map(str, moved))}; `distill restore {folder}` takes it back.")


def restore_run(folder: Path) -> None:
    """Take back what the last restart of a run or pipeline has moved aside, and say what came back."""
    is_pipeline = (folder / PIPELINE_FILE).is_file()
    if not is_pipeline:
        RunFolder.at(folder)
    with Lock(folder):
        restored = restarts.restore(folder, (lambda manifest: manifest) if is_pipeline else _refreshed)
    say(f"Back from {', '.join(restored.back.values())}: {', '.join(restored.back)} of {folder}.")
    if restored.since:
        places = ", ".join(restored.since.values())
        say(f"What was made since lies in {places}; `distill restore {folder}` swaps again.")


def _refreshed(manifest: Manifest) -> Manifest:
    return stages.refreshed(manifest, ROW_STAGES, [name for name in STAGES if name not in ROW_STAGES])


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
        strange = sorted(item.name for item in path.iterdir() if not OURS.fullmatch(item.name))
        if strange:
            raise RunError(f"{path} is no run folder: it holds {', '.join(strange[:3])}. Name a new or empty one.")
