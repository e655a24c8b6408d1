"""What a pipeline will take, by arithmetic: without torch, GPUs, models or datasets.

Tokens, for a mean length of t tokens (`expected.num_tokens`; without it the token limit, an upper bound):

    sample    prompts × the most samples that the policy draws × t
    eval      prompts × samples × t
    sft       rows × epochs × t; rows of a stage are those that its `select` may keep at most
    grpo      steps × completions a step × t

GPU-hours, for a model of P parameters on a card of F dense bfloat16 FLOP/s:

    writing   2·P·tokens / (0.1·F)
    sft       as `distill.training.machine.fit` has it
    grpo      as `distill.training.grpo.fit` has it, which is for the longest completions, times t / the longest

Decoding is bound by memory, so its 10 % is an assumption: 9,200 tokens/s on an H100 with 1.7B parameters (FinePhrase)
are 3 %, and 22,300 on eight with the 37B active ones of DeepSeek-R1 (SGLang on 96 H100) are 21 %. Not counted: reading
prompts, judges, verifiers, loading, idle GPUs. What an endpoint writes costs its `price`; GPU-hours cost `gpu_hour`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from distill.dataset.mixture import Mixture
from distill.dataset.preference import parse_preference
from distill.errors import InputError
from distill.pipeline.state import overrides
from distill.recipe.loading import is_recipe, load_named
from distill.recipe.sections import SelectSection, TeacherSection
from distill.recipe.stages import EvalStage, Expected, GrpoStage, Pipeline, PipelineStage, SampleStage, SftStage
from distill.rows.read import count_rows
from distill.sampling.policy import parse_policy
from distill.teacher.engines.engine import command_line
from distill.training import recipe as students
from distill.training import sft as sft_stage
from distill.training.grpo import grpo as grpo_stage
from distill.training.grpo import recipe as grpo_recipe
from distill.training.grpo.fit import SAMPLING_UTILISATION
from distill.training.grpo.recipe import GrpoRecipe
from distill.training.machine.fit import Workload, estimate
from distill.training.machine.gpus import GPUS, gpu_named
from distill.training.machine.parameters import num_parameters, shape_of


class StageForecast(NamedTuple):
    """What one stage takes."""

    name: str
    kind: str
    takes: str
    """Its input: stages, files, endpoints."""
    num_rows: int
    """Samples drawn, or rows read, over all epochs or steps."""
    num_tokens: int
    gpu_hours: float | None
    """None: on CPU, at endpoints, or with a model whose size is not known."""
    cost: float | None
    """None where neither GPU-hours nor a price are known."""
    line: str
    """What runs it: a launch line or an endpoint."""


class Forecast(NamedTuple):
    """All stages of a pipeline."""

    pipeline: Pipeline
    works: list[StageForecast]

    @property
    def num_tokens(self) -> int:
        """Of all stages."""
        return sum(work.num_tokens for work in self.works)

    @property
    def gpu_hours(self) -> float:
        """Of the stages that know theirs."""
        return sum(work.gpu_hours or 0 for work in self.works)

    @property
    def cost(self) -> float:
        """Of the stages that know theirs."""
        return sum(work.cost or 0 for work in self.works)


class Rows(NamedTuple):
    """How much a dataset holds."""

    num_rows: int
    num_tokens: int


def forecast(pipeline: Pipeline) -> Forecast:
    """Every stage with its input, launch line, tokens and cost.

    Raises RecipeError where a training cannot fit its GPUs, and InputError where rows cannot be counted.
    """
    return Forecast(pipeline, [_work(pipeline, name, stage) for name, stage in pipeline.stages.items()])


def _work(pipeline: Pipeline, name: str, stage: PipelineStage) -> StageForecast:
    match stage:
        case SftStage():
            return _fine_tuning(pipeline, name, stage)
        case GrpoStage():
            return _reinforcing(pipeline, name, stage)
        case SampleStage():
            return _sampling(pipeline, name, stage)
        case EvalStage():
            return _scoring(pipeline, name, stage)


def _fine_tuning(pipeline: Pipeline, name: str, stage: SftStage) -> StageForecast:
    lines, out = overrides(stage, stage.base), pipeline.folder / name / "model"
    loaded = students.load(stage.recipe, lines)
    num_gpus = _num_gpus(pipeline, is_cpu=bool(loaded.trl.get("use_cpu")))
    gpu = gpu_named(pipeline.gpu)
    plan = sft_stage.plan(stage.recipe, out=out, overrides=lines, num_gpus=num_gpus, gpu=gpu)
    parts = [_rows(pipeline, each, stage.expected) for each in stage.dataset]
    load = Workload(num_rows=sum(part.num_rows for part in parts), num_tokens=sum(part.num_tokens for part in parts))
    found = estimate(loaded, num_gpus, gpu, load)
    epochs = found.num_tokens / max(load.num_tokens, 1)
    hours = found.gpu_hours if plan.estimate else None
    takes = f"{' + '.join(_short(each) for each in stage.dataset)} from {_short(stage.base or loaded.distill.base)}"
    num_rows = round(load.num_rows * epochs)
    return StageForecast(name, stage.kind, takes, num_rows, found.num_tokens, hours, _price(pipeline, hours), plan.line)


def _reinforcing(pipeline: Pipeline, name: str, stage: GrpoStage) -> StageForecast:
    lines, out = overrides(stage, stage.base), pipeline.folder / name / "model"
    loaded = grpo_recipe.load(stage.recipe, lines)
    num_steps = _num_steps(stage, loaded, name)
    num_gpus = _num_gpus(pipeline, is_cpu=bool(loaded.trl.get("use_cpu")))
    lines.append(f"max_steps={num_steps}")
    plan = grpo_stage.plan(stage.recipe, out=out, overrides=lines, num_gpus=num_gpus, gpu=gpu_named(pipeline.gpu))
    num_samples = num_steps * loaded.batch_size
    num_tokens = stage.expected.num_tokens or loaded.max_completion_length
    share = num_tokens / loaded.max_completion_length
    hours = None if plan.estimate is None else plan.estimate.gpu_hours * share
    takes = f"{_short(str(stage.prompts.file))} from {_short(stage.base or loaded.distill.base)}"
    cost = _price(pipeline, hours)
    return StageForecast(name, stage.kind, takes, num_samples, num_samples * num_tokens, hours, cost, plan.line)


def _num_steps(stage: GrpoStage, loaded: GrpoRecipe, name: str) -> int:
    """Optimizer steps: as many as the recipe says, else what its epochs amount to."""
    most = int(str(loaded.trl.get("max_steps", -1)))
    if most > 0:
        return most
    num_prompts = _num_prompts(stage.prompts.file, stage.expected, name)
    epochs = float(str(loaded.trl.get("num_train_epochs", 3)))
    return max(1, round(num_prompts * loaded.group_size * epochs / loaded.batch_size))


def _sampling(pipeline: Pipeline, name: str, stage: SampleStage) -> StageForecast:
    num_prompts = _num_prompts(stage.prompts.file, stage.expected, name)
    num_samples = num_prompts * parse_policy(stage.generate.policy).traits.max_samples
    num_tokens = num_samples * (stage.expected.num_tokens or stage.generate.sampling.max_tokens)
    takes = f"{_short(str(stage.prompts.file))} by {_short(stage.teacher.weights or stage.teacher.model)}"
    if stage.teacher.endpoints or stage.teacher.endpoints_from:
        price = stage.teacher.price
        cost = num_tokens * price.completion / 1e6 if price else None
        line = " ".join(stage.teacher.endpoints) or str(stage.teacher.endpoints_from)
        return StageForecast(name, stage.kind, takes, num_samples, num_tokens, None, cost, line)
    hours = _writing_hours(pipeline, stage.teacher.weights or stage.teacher.model, stage.expected, num_tokens)
    line = _serving(pipeline, stage.teacher)
    return StageForecast(name, stage.kind, takes, num_samples, num_tokens, hours, _price(pipeline, hours), line)


def _scoring(pipeline: Pipeline, name: str, stage: EvalStage) -> StageForecast:
    num_samples = _num_prompts(stage.file, stage.expected, name) * stage.num_samples
    num_tokens = num_samples * (stage.expected.num_tokens or stage.sampling.max_tokens)
    hours = _writing_hours(pipeline, stage.model, stage.expected, num_tokens)
    takes = f"{_short(str(stage.file))} by {_short(stage.model)}"
    line = f"{stage.engine or 'vllm or transformers'} with {_short(stage.model)}"
    return StageForecast(name, stage.kind, takes, num_samples, num_tokens, hours, _price(pipeline, hours), line)


def _writing_hours(pipeline: Pipeline, model: str, expected: Expected, num_tokens: int) -> float | None:
    """GPU-hours of decoding; None on CPU, or where the model's size is not known."""
    size = expected.num_parameters or _size(pipeline, model)
    return None if size is None else 2 * size * num_tokens / (SAMPLING_UTILISATION * _flops(pipeline)) / 3600


def _size(pipeline: Pipeline, model: str) -> int | None:
    """The parameters of a stage's model, or of a student's base."""
    match pipeline.stages.get(model):
        case SftStage() as stage:
            loaded = students.load(stage.recipe, overrides(stage, stage.base))
        case GrpoStage() as stage:
            loaded = grpo_recipe.load(stage.recipe, overrides(stage, stage.base))
        case None if is_recipe(model, students.KIND):
            loaded = students.load(model)
        case _:
            return None
    return None if loaded.trl.get("use_cpu") else num_parameters(shape_of(loaded))


def _rows(pipeline: Pipeline, dataset: str, expected: Expected) -> Rows:
    """What a dataset holds, or will at most."""
    stage = pipeline.stages.get(dataset)
    if not isinstance(stage, SampleStage):
        num_rows = sum(count_rows(file) for file in _present(Path(dataset))) or expected.num_rows
        if num_rows is None:
            raise InputError(_uncounted(dataset))
        return Rows(num_rows, num_rows * (expected.num_tokens or Workload().num_tokens // Workload().num_rows))
    num_tokens = stage.expected.num_tokens or stage.generate.sampling.max_tokens
    num_prompts = _num_prompts(stage.prompts.file, stage.expected, dataset)
    drawn = parse_policy(stage.generate.policy).traits.max_samples
    most = num_prompts * min(parse_preference(stage.select.policy).cap or drawn, drawn)
    num_rows = min(most, _num_wanted(stage.select) or most)
    return Rows(num_rows, num_rows * num_tokens)


def _num_wanted(select: SelectSection) -> int | None:
    """The rows that a selection is to have; None for as many as there are."""
    return select.rows or (load_named(Mixture, select.mixture, "mixtures").num_rows if select.mixture else None)


def _present(dataset: Path) -> Iterator[Path]:
    if dataset.is_file():
        yield dataset
    yield from sorted(dataset.glob("data/train-*.parquet"))


def _num_prompts(file: Path, expected: Expected, name: str) -> int:
    if file.is_file():
        return count_rows(file)
    if expected.num_rows is None:
        raise InputError(_uncounted(f"{file} (stage {name})"))
    return expected.num_rows


def _uncounted(what: str) -> str:
    return f"There is nothing to count in {what} yet; set `expected.num_rows` of its stage, or bring the file."


def _serving(pipeline: Pipeline, teacher: TeacherSection) -> str:
    weights = teacher.weights or teacher.model
    folder = str(pipeline.folder / weights / "model") if weights in pipeline.stages else weights
    return " ".join(command_line(teacher, folder, 8000))


def _num_gpus(pipeline: Pipeline, *, is_cpu: bool) -> int:
    return 1 if is_cpu else pipeline.gpus or 8


def _flops(pipeline: Pipeline) -> float:
    return GPUS[gpu_named(pipeline.gpu)].tflops * 1e12


def _price(pipeline: Pipeline, gpu_hours: float | None) -> float | None:
    return None if gpu_hours is None else gpu_hours * pipeline.gpu_hour


def _short(name: str) -> str:
    return Path(name).name if name.startswith("/") else name
