"""The state of a pipeline's folder: what the result of each stage follows from, and how one is restarted.

`manifest.json` holds an entry a stage, as that of a run does. A stage's digest covers its own settings and, through
theirs, those of every stage that it is built on.
"""

from pathlib import Path

from pydantic import JsonValue

from distill.errors import InputError, RunError
from distill.progress import say
from distill.recipe.loading import digest
from distill.recipe.stages import (
    EvalStage,
    GrpoStage,
    Pipeline,
    PipelineStage,
    SampleStage,
    SftStage,
    Training,
    built_on,
    flat,
    inputs,
    settings_lines,
)
from distill.rows.read import file_digest
from distill.store import restarts, stages
from distill.store.folder import PIPELINE_FILE
from distill.store.lock import Lock
from distill.store.stages import StageSettings
from distill.training import recipe as students
from distill.training.examples import datasets as rows
from distill.training.grpo import recipe as grpo_recipe

MADE = {"sft": "model", "grpo": "model", "sample": "dataset", "eval": "manifest.json"}
"""What lies in a stage's folder once it is done."""


def stage_settings(pipeline: Pipeline) -> dict[str, StageSettings]:
    """The settings of every stage. Raises InputError where a file that one needs is missing."""
    found: dict[str, StageSettings] = {}
    for name, stage in pipeline.stages.items():
        _require_files(name, stage, pipeline)
        settings = _settings(stage, pipeline)
        built = inputs(pipeline, name)
        upstream: dict[str, JsonValue] = {other: found[other].digest for other in built}
        found[name] = StageSettings(settings, digest(upstream, settings), built, built_on(pipeline, name)[1:])
    return found


def restart_pipeline(pipeline: Pipeline, name: str) -> None:
    """Move aside what a stage and all that is built on it made, so that they are made anew. Nothing is deleted."""
    stages.refuse_unknown(name, pipeline.stages)
    refuse_foreign(pipeline.folder)
    with Lock(pipeline.folder):
        moved = restarts.restart(pipeline.folder, {each: each for each in built_on(pipeline, name)})
    places = ", ".join(map(str, moved))
    say(f"Moved what was made before to {places}; `distill restore {pipeline.folder}` takes it back.")


def is_pipeline(folder: Path) -> bool:
    """Whether a folder holds a pipeline rather than a run."""
    return (folder / PIPELINE_FILE).is_file()


def refuse_foreign(folder: Path) -> None:
    """A folder with other things in it is a run, or surely a mistyped path."""
    if not folder.exists() or is_pipeline(folder):
        return
    if folder.is_file() or any(item.name not in {".lock", f"{PIPELINE_FILE}.tmp"} for item in folder.iterdir()):
        raise RunError(f"{folder} holds something else than this pipeline; choose another folder with run=DIR.")


def overrides(stage: Training, base: str | None) -> list[str]:
    """The lines that a training's recipe takes, `base` being the weights that it starts from."""
    return settings_lines(stage.overrides | ({"distill.base": base} if base else {}))


def _settings(stage: PipelineStage, pipeline: Pipeline) -> dict[str, JsonValue]:
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


def _require_files(name: str, stage: PipelineStage, pipeline: Pipeline) -> None:
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
