"""A pipeline: one YAML file with named stages, each built on what earlier ones made.

    stages:
      cold:   {kind: sft, recipe: qwen-7b, dataset: cold.jsonl}
      reason: {kind: grpo, recipe: r1-stage1, base: cold, prompts: {file: math.jsonl}}
      traces: {kind: sample, teacher: {model: toy, engine: vllm, weights: reason}, prompts: {file: math.jsonl}}
      score:  {kind: eval, model: reason, file: held-out.jsonl}

A bare word where a model or a dataset is meant names an earlier stage; a path, a Hub id or `package:NAME` is that.
Overrides read `STAGE.key=value`, as `reason.overrides.max_steps=2`.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import BeforeValidator, Field, JsonValue, PositiveFloat, PositiveInt

from distill.errors import RecipeError
from distill.recipe.card_section import CardSection
from distill.recipe.loading import Tree, find_recipe, read_yaml, recipe_names, resolve, set_key, validated
from distill.recipe.recipe import Recipe, recipe_of
from distill.recipe.sections import (
    EvalSection,
    GenerateSection,
    PromptsSection,
    Section,
    SelectSection,
    TeacherSection,
    VerifySection,
)
from distill.references import Record

Product = Literal["model", "dataset", "score"]


class Expected(Record):
    """What a dry run takes for granted where it cannot count."""

    num_rows: PositiveInt | None = None
    """Prompts of a file that is not there yet, or rows of a dataset."""
    num_tokens: PositiveInt | None = None
    """Mean tokens of a sample or a row; None: the token limit, so that the forecast is an upper bound."""
    num_parameters: PositiveInt | None = None
    """Of a model that no stage makes and an engine of ours serves."""


class StageSection(Section):
    """What all kinds share."""

    operational: ClassVar[frozenset[str]] = frozenset({"expected"})

    expected: Expected = Expected()


class Training(StageSection):
    """What both kinds of training share."""

    recipe: str
    """A recipe's name or file."""
    base: str | None = None
    """The stage, folder or Hub id whose weights it starts from; None: the recipe's own base."""
    overrides: dict[str, JsonValue] = Field(default_factory=dict)
    """Keys of the recipe that get another value, nested ones with dots or as mappings."""


class SftStage(Training):
    """Fine-tuning: dataset ─▶ model."""

    kind: Literal["sft"] = "sft"
    dataset: Annotated[
        tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
    ] = Field(min_length=1)
    """Stages and files, trained on together."""


class GrpoStage(Training):
    """Reinforcement learning with the verifiers as rewards: prompts ─▶ model."""

    kind: Literal["grpo"] = "grpo"
    prompts: PromptsSection
    verify: VerifySection = VerifySection()


class SampleStage(StageSection):
    """A teacher over prompts, verified and selected: prompts ─▶ dataset. Its sections are those of a recipe."""

    kind: Literal["sample"] = "sample"
    prompts: PromptsSection
    teacher: TeacherSection
    """Its `weights` may name a stage."""
    generate: GenerateSection = GenerateSection()
    verify: VerifySection = VerifySection()
    select: SelectSection = SelectSection()
    card: CardSection = CardSection()


class EvalStage(StageSection, EvalSection):
    """A model on held-out prompts: model ─▶ score."""

    operational = EvalSection.operational | {"expected"}

    kind: Literal["eval"] = "eval"
    model: str
    """A stage, a student's recipe for its base as training begins with it, or what `distill eval --model` knows."""
    verify: VerifySection = VerifySection()


PipelineStage = SftStage | GrpoStage | SampleStage | EvalStage
KINDS: dict[str, type[PipelineStage]] = {"sft": SftStage, "grpo": GrpoStage, "sample": SampleStage, "eval": EvalStage}
MAKES: dict[str, Product] = {"sft": "model", "grpo": "model", "sample": "dataset", "eval": "score"}


class Pipeline(Record):
    """Stages in the order in which they run."""

    name: str = Field(pattern=r"^[\w.-]+$")
    run: Path | None = None
    """The folder of all stages; default `runs/NAME`."""
    student: str | None = None
    """The recipe of every `sft` stage that names none, and the student of every `grpo` stage."""
    gpus: PositiveInt | None = None
    """GPUs that a training uses; None: those of this machine."""
    gpu: str = "h100"
    """For the forecast: a100, h100, h200 or b200."""
    gpu_hour: PositiveFloat = 2.0
    """What a GPU-hour costs, for the forecast; the paper counts 147K of an H800 as $294K (arXiv 2501.12948 v2)."""
    stages: dict[str, PipelineStage] = Field(min_length=1)

    @property
    def folder(self) -> Path:
        """Where everything is kept: a folder for each stage."""
        return self.run or Path("runs") / self.name


class Need(NamedTuple):
    """What a stage takes from elsewhere."""

    key: str
    name: str
    """A stage's name, or something outside."""
    product: Product


def needs(stage: PipelineStage) -> list[Need]:
    """The models and datasets that a stage is built on."""
    match stage:
        case SftStage():
            return [*_base(stage), *(Need("dataset", name, "dataset") for name in stage.dataset)]
        case GrpoStage():
            return _base(stage)
        case SampleStage():
            weights = stage.teacher.weights
            return [Need("teacher.weights", weights, "model")] if weights else []
        case EvalStage():
            return [Need("model", stage.model, "model")]


def inputs(pipeline: Pipeline, name: str) -> list[str]:
    """The earlier stages that a stage takes something from."""
    return [need.name for need in needs(pipeline.stages[name]) if need.name in pipeline.stages]


def built_on(pipeline: Pipeline, name: str) -> list[str]:
    """A stage and all that follow from it, in order."""
    found = [name]
    for other in pipeline.stages:
        if set(inputs(pipeline, other)) & set(found):
            found.append(other)
    return found


def load_any(name: str, overrides: Sequence[str] = ()) -> Recipe | Pipeline:
    """Read a recipe or a pipeline: the latter has `stages`. Raises RecipeError with every mistake in one sentence."""
    path = find_recipe(name)
    tree = read_yaml(path)
    if "stages" not in tree:
        return recipe_of(path, tree, overrides)
    return pipeline_of(path, tree, overrides, [*recipe_names("teachers"), *recipe_names("students")])


def settings_lines(overrides: Mapping[str, JsonValue]) -> list[str]:
    """A mapping of overrides as the `key=value` lines that a training takes."""
    return [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in flat(overrides).items()]


def flat(tree: Mapping[str, JsonValue], prefix: str = "") -> dict[str, JsonValue]:
    """A nested mapping with its paths as keys: `{"a": {"b": 1}}` ─▶ `{"a.b": 1}`."""
    found: dict[str, JsonValue] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return found


def pipeline_of(path: Path, tree: Tree, overrides: Sequence[str], models: Sequence[str]) -> Pipeline:
    """The pipeline that a file's tree describes; `models` are the bare words that an evaluation knows."""
    for override in overrides:
        named = tree["stages"]
        is_short = isinstance(named, dict) and override.split(".", 1)[0] in named
        set_key(tree, f"stages.{override}" if is_short else override)
    given = tree["stages"]
    if not isinstance(given, dict) or not given:
        raise RecipeError(f"{path}: `stages` should map names to stages, but holds {given!r}.")
    stages = {
        str(name): _resolved(_stage(stage, tree.get("student"), f"{path}: stage {name}"), path)
        for name, stage in given.items()
    }
    for place, name in enumerate(stages):
        _check(stages, place, name, path, models)
    return validated(Pipeline, tree | {"stages": stages}, str(path))


def _stage(given: object, student: object, where: str) -> PipelineStage:
    if not isinstance(given, dict) or given.get("kind") not in KINDS:
        kind = given.get("kind") if isinstance(given, dict) else given
        raise RecipeError(f"{where}: `kind` should be one of {', '.join(KINDS)}, but is {kind!r}.")
    implied = {"recipe": student} if given["kind"] == "sft" and student else {}
    stage = validated(KINDS[given["kind"]], implied | given, where)
    if not isinstance(stage, GrpoStage) or not student or "distill.student" in flat(stage.overrides):
        return stage
    return stage.model_copy(update={"overrides": {"distill.student": student, **stage.overrides}})


def _resolved(stage: PipelineStage, path: Path) -> PipelineStage:
    """Files are looked for beside the recipe, else in the working folder."""
    match stage:
        case SftStage():
            files = {name: str(resolve(Path(name), path)) for name in stage.dataset if _is_outside(name)}
            return stage.model_copy(update={"dataset": tuple(files.get(name, name) for name in stage.dataset)})
        case EvalStage():
            return stage.model_copy(update={"file": resolve(stage.file, path)})
        case SampleStage():
            card = stage.card.model_copy(update={"file": stage.card.file and resolve(stage.card.file, path)})
            return stage.model_copy(update={"prompts": _prompts_at(stage, path), "card": card})
        case GrpoStage():
            return stage.model_copy(update={"prompts": _prompts_at(stage, path)})


def _prompts_at(stage: SampleStage | GrpoStage, path: Path) -> PromptsSection:
    return stage.prompts.model_copy(update={"file": resolve(stage.prompts.file, path)})


def _check(stages: Mapping[str, PipelineStage], place: int, name: str, path: Path, models: Sequence[str]) -> None:
    """Refuse what a stage names but cannot have."""
    order = list(stages)
    if not name.replace("-", "").replace("_", "").isalnum():
        raise RecipeError(f"{path}: a stage's name is a word, since its folder has that name, but {name!r} was given.")
    for key, wanted, product in needs(stages[name]):
        where = f"{path}: stage {name} takes its `{key}` from {wanted}"
        if wanted not in stages:
            if not _is_outside(wanted) and not (key == "model" and wanted in models):
                raise RecipeError(f"{where}, which is no stage and no path. {_hint(wanted, order[:place])}")
        elif order.index(wanted) >= place:
            raise RecipeError(
                f"{where}, which does not come before it. Stages run in the order of the file, so that none can wait "
                f"for itself; move {wanted} before {name}, or take something else."
            )
        elif (made := MAKES[stages[wanted].kind]) != product:
            raise RecipeError(f"{where}, which makes a {made}; a {product} is wanted here.")
    _check_teacher(stages, name, path)


def _check_teacher(stages: Mapping[str, PipelineStage], name: str, path: Path) -> None:
    stage = stages[name]
    if not isinstance(stage, SampleStage):
        return
    teacher = stage.teacher
    has_place = teacher.engine or teacher.endpoints or teacher.endpoints_from
    if not has_place or (teacher.weights in stages and not teacher.engine):
        raise RecipeError(
            f"{path}: stage {name} does not say where its teacher answers; set `teacher.engine` to vllm, llama.cpp or "
            "transformers, or `teacher.endpoints`."
        )


def _hint(wanted: str, earlier: Sequence[str]) -> str:
    near = difflib.get_close_matches(wanted, earlier, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Stages before it are {', '.join(earlier) or 'none'}."


def _is_outside(name: str) -> bool:
    """A path, a Hub id or a package: bare words are stages."""
    return any(sign in name for sign in "/:.")


def _base(stage: Training) -> list[Need]:
    return [Need("base", stage.base, "model")] if stage.base else []
