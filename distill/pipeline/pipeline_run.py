"""A pipeline at work: every stage in order, each in a folder of its own; run again, it goes on where it was.

    runs/NAME/
      pipeline.yaml      the resolved pipeline
      manifest.json      per stage: digest, settings, counts, times
      scores.json        of every `eval` stage
      STAGE/model/       of `sft` and `grpo`, with the work beside it
      STAGE/             of `sample` and `eval`: a run folder

A stage's own machinery resumes it: the checkpoints of a training, the journal of a run.
"""

import time
from pathlib import Path

import yaml

from distill.evaluation.evaluate import evaluate
from distill.evaluation.models import find_model, served
from distill.evaluation.scores import add_score
from distill.files import write_whole
from distill.pipeline.recipe_run import run_recipe
from distill.pipeline.state import FILE, begin, finish, overrides, refuse_foreign, settle, stages_left
from distill.progress import say
from distill.recipe.loading import is_recipe
from distill.recipe.recipe import Recipe
from distill.recipe.stages import EvalStage, GrpoStage, Pipeline, SampleStage, SftStage
from distill.store import RunFolder
from distill.store.folder import Counts
from distill.store.lock import Lock
from distill.training import recipe as students
from distill.training.grpo.grpo import grpo
from distill.training.sft import sft
from distill.training.student import student
from distill.training.view import reporting


def run_pipeline(pipeline: Pipeline) -> None:
    """Take a pipeline through its stages; one that is done is not done again.

    Raises DistillError before anything is run where a stage was begun under other settings, or where a file that a
    later stage needs is missing.
    """
    folder = pipeline.folder
    refuse_foreign(folder)
    settled = settle(pipeline)
    with Lock(folder):
        left = stages_left(pipeline, settled)
        write_whole(folder / FILE, yaml.safe_dump(pipeline.model_dump(mode="json"), sort_keys=False))
        for place, (name, stage) in enumerate(pipeline.stages.items(), start=1):
            heading = f"{pipeline.name}: stage {place} of {len(pipeline.stages)}, {name} ({stage.kind})"
            if name not in left:
                say(f"{heading} is done already.")
                continue
            say(heading)
            begin(folder, name, settled[name])
            start = time.monotonic()
            finish(folder, name, _perform(pipeline, name), time.monotonic() - start)


def model_of(pipeline: Pipeline, name: str) -> str:
    """Where the weights are that a stage names: a folder of this pipeline, or what was named."""
    return str((pipeline.folder / name / "model").absolute()) if name in pipeline.stages else name


def _perform(pipeline: Pipeline, name: str) -> Counts:
    """Do a stage, or what is left of it; its counts."""
    stage, folder = pipeline.stages[name], pipeline.folder / name
    match stage:
        case SftStage():
            return _fine_tune(pipeline, stage, folder)
        case GrpoStage():
            return _reinforce(pipeline, stage, folder)
        case SampleStage():
            return _sample(pipeline, stage, folder)
        case EvalStage():
            return _score(pipeline, stage, folder)


def _fine_tune(pipeline: Pipeline, stage: SftStage, folder: Path) -> Counts:
    datasets = [pipeline.folder / key / "dataset" if key in pipeline.stages else Path(key) for key in stage.dataset]
    lines = overrides(stage, stage.base and model_of(pipeline, stage.base))
    folder.mkdir(exist_ok=True)
    with reporting() as report:
        result = sft(
            stage.recipe, datasets, out=folder / "model", overrides=lines, num_gpus=pipeline.gpus, report=report
        )
    return {key: getattr(result, key) for key in ("num_rows", "num_steps", "num_tokens", "first_loss", "last_loss")}


def _reinforce(pipeline: Pipeline, stage: GrpoStage, folder: Path) -> Counts:
    lines = overrides(stage, stage.base and model_of(pipeline, stage.base))
    folder.mkdir(exist_ok=True)
    with reporting("grpo") as report:
        result = grpo(
            stage.recipe,
            stage.prompts.file,
            out=folder / "model",
            overrides=lines,
            num_gpus=pipeline.gpus,
            verify=stage.verify,
            report=report,
        )
    return {
        key: getattr(result, key) for key in ("num_prompts", "num_steps", "num_tokens", "first_reward", "last_reward")
    }


def _sample(pipeline: Pipeline, stage: SampleStage, folder: Path) -> Counts:
    weights = stage.teacher.weights and model_of(pipeline, stage.teacher.weights)
    recipe = Recipe(
        name=folder.name,
        run=folder,
        prompts=stage.prompts,
        teacher=stage.teacher.model_copy(update={"weights": weights}),
        generate=stage.generate,
        verify=stage.verify,
        select=stage.select,
    )
    run_recipe(recipe)
    entries = RunFolder.at(folder).manifest.stages.values()
    return {key: count for entry in entries for key, count in entry.counts.items()}


def _score(pipeline: Pipeline, stage: EvalStage, folder: Path) -> Counts:
    if stage.model in pipeline.stages:
        model = served(f"{pipeline.name}-{stage.model}", Path(model_of(pipeline, stage.model)), stage)
    elif is_recipe(stage.model, students.KIND):
        model = served(stage.model, student.prepare(students.load(stage.model).distill).folder, stage)
    else:
        model = find_model(stage.model, None, stage.sampling.max_tokens)
    score = evaluate(folder, model, stage, stage.verify)
    add_score(pipeline.folder, folder.name, score)
    return {"samples": score.num_samples, "pass_at_1": score.pass_at_1, "low": score.low, "high": score.high}
