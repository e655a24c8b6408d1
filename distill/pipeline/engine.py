"""The loop over the stages of a run or a pipeline: each in order, and none that is done.

A recipe implies its stages (`recipe_run`), a pipeline names them (`pipeline_run`); what a stage is and when it is done
is the same for both. The manifest of their folder holds the state.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from distill.files import write_whole
from distill.progress import say
from distill.recipe.recipe import Recipe
from distill.recipe.stages import Pipeline
from distill.store.manifest import read_manifest
from distill.store.stages import Counts, StageSettings, begin, finish, refuse_changed


class Halted(Exception):  # noqa: N818 - as the settings ask, not a failure
    """A stage has ended before it was done; those behind it would take a part for the whole, and wait."""


class Entry(NamedTuple):
    """What the manifest is to hold of a stage, and what shows that it is done."""

    settings: Callable[[], StageSettings]
    """Asked when the stage's turn comes: those of a recipe's stage follow from what the stages before it recorded."""
    product: Path
    """What lies there once the stage is done; it is made again where it was lost."""
    is_cheap: bool = False
    """Whether the stage starts anew under changed settings; a costly one is refused."""


class Stage(NamedTuple):
    """One step of a run or a pipeline."""

    name: str
    kind: str
    perform: Callable[[], Counts | None]
    """Do the stage, or what is left of it, and return its counts."""
    entry: Entry | None = None
    """None: `perform` keeps the entry, if any, and finds out itself what is left, sample by sample."""


def run_stages(loaded: Recipe | Pipeline, file: Path, stages: Sequence[Stage]) -> bool:
    """Take a recipe or a pipeline, written out as `file` in its folder, through its stages.

    Returns whether all are done: False where one was halted, behind which nothing is done. Raises RunError before
    anything is run where a costly stage was begun under other settings.
    """
    folder = file.parent
    refuse_changed_stages(folder, stages)
    write_whole(file, yaml.safe_dump(loaded.model_dump(mode="json"), sort_keys=False))
    for place, stage in enumerate(stages, start=1):
        kind = "" if stage.kind == stage.name else f" ({stage.kind})"
        heading = f"{loaded.name}: stage {place} of {len(stages)}, {stage.name}{kind}"
        if is_left(folder, stage):
            say(heading)
            try:
                _perform(folder, stage)
            except Halted:
                waiting = ", ".join(later.name for later in stages[place:])
                say(f"{loaded.name}: {stage.name} is not done{f', and {waiting} wait for it' if waiting else ''}.")
                return False
        else:
            say(f"{heading} is done already.")
    return True


def refuse_changed_stages(folder: Path, stages: Sequence[Stage]) -> None:
    """Raise RunError where a costly stage was begun under other settings."""
    for stage in stages:
        if stage.entry is not None and not stage.entry.is_cheap:
            refuse_changed(folder, stage.name, stage.entry.settings())


def is_left(folder: Path, stage: Stage) -> bool:
    """Whether anything of a stage may be left to do."""
    if stage.entry is None:
        return True
    known = read_manifest(folder).stages.get(stage.name)
    is_same = known is not None and known.is_done and known.digest == stage.entry.settings().digest
    return not (is_same and stage.entry.product.exists())


def _perform(folder: Path, stage: Stage) -> None:
    if stage.entry is None:
        stage.perform()
        return
    refuse_changed_stages(folder, [stage])
    begin(folder, stage.name, stage.entry.settings())
    start = time.monotonic()
    counts = stage.perform()
    finish(folder, stage.name, counts or {}, time.monotonic() - start)
