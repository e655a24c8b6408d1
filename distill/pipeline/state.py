"""Where a pipeline stands: which of its stages are done, and under which settings they may go on.

`manifest.json` holds an entry a stage, as that of a run does. A stage's digest covers its own settings and, through
theirs, those of every stage that it is built on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.errors import InputError, RecipeError, RunError
from distill.progress import say
from distill.recipe.loading import digest
from distill.recipe.stages import (
    EvalStage,
    GrpoStage,
    Pipeline,
    SampleStage,
    SftStage,
    Stage,
    Training,
    built_on,
    flat,
    inputs,
    settings_lines,
)
from distill.rows.read import file_digest
from distill.store.folder import Counts, free_name
from distill.store.lock import Lock
from distill.store.manifest import Manifest, StageEntry, read_manifest, write_manifest
from distill.training import recipe as students
from distill.training.examples import datasets as rows
from distill.training.grpo import recipe as grpo_recipe

FILE = "pipeline.yaml"
"""The resolved pipeline in its folder; what tells that folder from a run's."""
MADE = {"sft": "model", "grpo": "model", "sample": "dataset", "eval": "manifest.json"}
"""What lies in a stage's folder once it is done."""


class Settled(NamedTuple):
    """What a stage's result follows from."""

    settings: dict[str, JsonValue]
    digest: str


def settle(pipeline: Pipeline) -> dict[str, Settled]:
    """The settings of every stage. Raises InputError where a file that one needs is missing."""
    found: dict[str, Settled] = {}
    for name, stage in pipeline.stages.items():
        _require_files(name, stage, pipeline)
        settings = _settings(stage, pipeline)
        upstream: dict[str, JsonValue] = {other: found[other].digest for other in inputs(pipeline, name)}
        found[name] = Settled(settings, digest(upstream, settings))
    return found


def stages_left(pipeline: Pipeline, settled: Mapping[str, Settled]) -> list[str]:
    """The stages that are not done. Raises RunError where one was begun under other settings."""
    entries = read_manifest(pipeline.folder).stages
    for name, now in settled.items():
        if name in entries and entries[name].digest != now.digest:
            raise RunError(_difference(pipeline, name, entries[name].settings, now.settings))
    return [name for name in pipeline.stages if not (name in entries and _is_done(pipeline, name, entries[name]))]


def begin(folder: Path, name: str, now: Settled) -> None:
    """Enter a stage into the manifest, unless an earlier attempt did."""
    manifest = read_manifest(folder)
    if name not in manifest.stages:
        entry = StageEntry(
            digest=now.digest,
            settings=now.settings,
            is_done=False,
            versions={"distill": version("distill")},
            started=_now(),
        )
        write_manifest(folder, manifest.with_stage(name, entry))


def finish(folder: Path, name: str, counts: Counts, seconds: float) -> None:
    """Record that a stage is done, what it counted, and how long this attempt took."""
    manifest = read_manifest(folder)
    before = manifest.stages[name]
    news = {"is_done": True, "counts": dict(counts), "finished": _now(), "seconds": round(before.seconds + seconds, 3)}
    write_manifest(folder, manifest.with_stage(name, before.model_copy(update=news)))


def restart(pipeline: Pipeline, name: str) -> None:
    """Move aside what a stage and all that is built on it made, so that they are made anew. Nothing is deleted."""
    folder = pipeline.folder
    if name not in pipeline.stages:
        raise RecipeError(f"There is no stage {name!r} to restart; stages are {', '.join(pipeline.stages)}.")
    refuse_foreign(folder)
    with Lock(folder):
        forgotten = built_on(pipeline, name)
        for each in forgotten:
            if (folder / each).exists():
                say(f"Moved what was made before to {(folder / each).rename(free_name(folder / each))}.")
        stages = {name: entry for name, entry in read_manifest(folder).stages.items() if name not in forgotten}
        write_manifest(folder, Manifest(stages=stages))


def is_pipeline(folder: Path) -> bool:
    """Whether a folder holds a pipeline rather than a run."""
    return (folder / FILE).is_file()


def refuse_foreign(folder: Path) -> None:
    """A folder with other things in it is a run, or surely a mistyped path."""
    if not folder.exists() or is_pipeline(folder):
        return
    if folder.is_file() or any(item.name not in {".lock", f"{FILE}.tmp"} for item in folder.iterdir()):
        raise RunError(f"{folder} holds something else than this pipeline; choose another folder with run=DIR.")


def overrides(stage: Training, base: str | None) -> list[str]:
    """The lines that a training's recipe takes, `base` being the weights that it starts from."""
    return settings_lines(stage.overrides | ({"distill.base": base} if base else {}))


def _settings(stage: Stage, pipeline: Pipeline) -> dict[str, JsonValue]:
    """By flat key, so that a change has a name. Stages that are taken from stand there by name, not by path."""
    match stage:
        case SftStage():
            recipe = students.load(stage.recipe, overrides(stage, stage.base))
            files = {key: rows.digest(rows.dataset_files(Path(key))) for key in _outside(stage, pipeline)}
            data: list[JsonValue] = [files.get(key, key) for key in stage.dataset]
            return flat(recipe.model_dump(mode="json", exclude={"name"})) | {"dataset": data}
        case GrpoStage():
            loaded = grpo_recipe.load(stage.recipe, overrides(stage, stage.base))
            settings = {"verify": stage.verify.digested(), **loaded.model_dump(mode="json", exclude={"name"})}
            return flat(settings) | {"prompts.sha256": file_digest(stage.prompts.file)}
        case SampleStage():
            sections = ("teacher", "generate", "verify", "select")
            settings = {name: getattr(stage, name).digested() for name in sections}
            return flat(settings) | {"prompts.sha256": file_digest(stage.prompts.file)}
        case EvalStage():
            settings = {name: value for name, value in stage.digested().items() if name != "file"}
            return flat(settings) | {"file.sha256": file_digest(stage.file)}


def _outside(stage: SftStage, pipeline: Pipeline) -> list[str]:
    return [name for name in stage.dataset if name not in pipeline.stages]


def _require_files(name: str, stage: Stage, pipeline: Pipeline) -> None:
    match stage:
        case SftStage():
            files = [Path(file) for file in _outside(stage, pipeline)]
        case EvalStage():
            files = [stage.file]
        case _:
            files = [stage.prompts.file]
    for file in files:
        if not file.exists():
            raise InputError(f"Stage {name} of {pipeline.name} needs {file}, which is not there. Nothing was run.")


def _is_done(pipeline: Pipeline, name: str, entry: StageEntry) -> bool:
    return entry.is_done and (pipeline.folder / name / MADE[pipeline.stages[name].kind]).exists()


def _difference(pipeline: Pipeline, name: str, then: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> str:
    changed = [
        f"{key}: {then.get(key)!r} → {now.get(key)!r}" for key in sorted({*then, *now}) if then.get(key) != now.get(key)
    ]
    what = "; ".join(changed) or f"what it is built on, {', '.join(inputs(pipeline, name))}, would be another"
    follow = ", ".join(built_on(pipeline, name)[1:])
    return (
        f"{pipeline.folder} already holds the stage {name} under other settings ({what}). Take the old settings back, "
        f"choose another folder with run=DIR, or add `--restart {name}`, which moves aside what it made"
        f"{f' and what was built on that ({follow})' if follow else ''}, and makes it anew."
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
