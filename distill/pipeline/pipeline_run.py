"""The stages that a pipeline names, each in a folder of its own.

    runs/NAME/
      pipeline.yaml      the resolved pipeline
      manifest.json      per stage: digest, settings, counts, times
      scores.json        of every `eval` stage
      STAGE/model/       of `sft` and `grpo`, with the work beside it
      STAGE/             of `sample` and `eval`: a run folder

A stage that was interrupted goes on from its own state: the checkpoints of a training, the journal of a run.
"""

from functools import partial
from pathlib import Path

from distill.evaluation.models import find_model, served
from distill.evaluation.scores import read_scores, write_into_card
from distill.pipeline.engine import Entry, Halted, Stage, run_stages
from distill.pipeline.recipe_run import fine_tune, run_recipe, score_model
from distill.pipeline.state import MADE, overrides, refuse_foreign, stage_settings
from distill.recipe.loading import is_recipe
from distill.recipe.recipe import Recipe
from distill.recipe.sections import TeacherSection
from distill.recipe.stages import EvalStage, GrpoStage, Pipeline, SampleStage, SftStage
from distill.store import RunFolder
from distill.store.folder import PIPELINE_FILE
from distill.store.lock import Lock
from distill.store.restarts import complete
from distill.store.stages import Counts, StageSettings
from distill.training import recipe as students
from distill.training.grpo.grpo import grpo
from distill.training.student import student
from distill.training.view import reporting


def run_pipeline(pipeline: Pipeline) -> None:
    """Take a pipeline through its stages; one that is done is not done again.

    Raises DistillError before anything is run where a stage was begun under other settings, or where a file that a
    later stage needs is missing.
    """
    refuse_foreign(pipeline.folder)
    stages = named_stages(pipeline)
    with Lock(pipeline.folder):
        complete(pipeline.folder)
        run_stages(pipeline, pipeline.folder / PIPELINE_FILE, stages)


def named_stages(pipeline: Pipeline) -> list[Stage]:
    """The stages of a pipeline, in order. Raises InputError where a file that one needs is missing."""
    return [_stage(pipeline, name, now) for name, now in stage_settings(pipeline).items()]


def model_of(pipeline: Pipeline, name: str) -> str:
    """Where the weights are that a stage names: a folder of this pipeline, or what was named."""
    return str((pipeline.folder / name / "model").absolute()) if name in pipeline.stages else name


def _stage(pipeline: Pipeline, name: str, now: StageSettings) -> Stage:
    kind = pipeline.stages[name].kind
    product = pipeline.folder / name / MADE[kind]
    return Stage(name, kind, partial(_perform, pipeline, name), Entry(lambda: now, product))


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
    return fine_tune(stage.recipe, datasets, folder / "model", lines, pipeline.gpus)


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
    """The stage is a run of its own, with the stages that its sections imply. Raises Halted where one is not done."""
    weights = stage.teacher.weights and model_of(pipeline, stage.teacher.weights)
    recipe = Recipe(
        name=folder.name,
        run=folder,
        prompts=stage.prompts,
        teacher=stage.teacher.model_copy(update={"weights": weights}),
        generate=stage.generate,
        verify=stage.verify,
        select=stage.select,
        card=stage.card,
    )
    if not run_recipe(recipe):
        raise Halted
    entries = RunFolder.at(folder).manifest.stages.values()
    return {key: count for entry in entries for key, count in entry.counts.items()}


def _score(pipeline: Pipeline, stage: EvalStage, folder: Path) -> Counts:
    """Score a model; the card of one that a stage has trained then shows every score of it that there is."""
    counts = score_model(_model(pipeline, stage), stage, stage.verify, folder, pipeline.folder)
    if stage.model in pipeline.stages:
        scores = read_scores(pipeline.folder)
        same = [
            name for name, each in pipeline.stages.items() if isinstance(each, EvalStage) and each.model == stage.model
        ]
        write_into_card(Path(model_of(pipeline, stage.model)), {name: scores[name] for name in same if name in scores})
    return counts


def _model(pipeline: Pipeline, stage: EvalStage) -> TeacherSection:
    """The model that an `eval` stage scores, as it is served."""
    if stage.model in pipeline.stages:
        return served(f"{pipeline.name}-{stage.model}", Path(model_of(pipeline, stage.model)), stage)
    if is_recipe(stage.model, students.KIND):
        return served(stage.model, student.prepare(students.load(stage.model).distill).folder, stage)
    return find_model(stage.model, None, stage.sampling.max_tokens)
