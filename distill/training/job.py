"""What all trainings share: one order of steps, resumed after any kind of death.

    settings the same? ─▶ work folder ─▶ launch ─▶ export ─▶ recipe, result and card

A training is resumed from its last checkpoint; one that has finished gives what it gave, or is exported anew where only
what the export writes has changed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

import yaml
from pydantic import JsonValue

from distill.errors import RecipeError, RunError
from distill.files import write_whole
from distill.references import Record
from distill.training.changes import KEYS, Settings, needs_export
from distill.training.machine import fit, launch
from distill.training.machine.batch import steps
from distill.training.machine.hardware import refuse_hardware
from distill.training.machine.layout import layout_of
from distill.training.recipe import StudentRecipe
from distill.training.settings.owned import Method
from distill.training.settings.values import check_values
from distill.training.work_folder import FORM, METRICS, RECIPE_FILE, compare, guard, read_recipe, work_of

if TYPE_CHECKING:
    from distill.training.student.student import Student

Result = TypeVar("Result", bound=Record)
Result_co = TypeVar("Result_co", bound=Record, covariant=True)
Recipe = TypeVar("Recipe", bound=StudentRecipe)


class TrainingEvent(NamedTuple):
    """Where a training is."""

    stage: str
    """`base`, `rows` or `prompts`, `train`, `export`."""
    done: int
    total: int | None
    """None where the end is not known."""
    loss: float | None = None
    reward: float | None = None


Report = Callable[[TrainingEvent], None]


class TrainingPlan(NamedTuple, Generic[Recipe]):
    """What a training would do; made without torch, the base or the data."""

    recipe: Recipe
    line: str
    """The launch line; above one node's GPUs, what every node runs."""
    estimate: fit.Estimate | None
    """Memory, tokens and hours, for reinforcement as upper bounds; None on CPU."""
    trl: dict[str, JsonValue]
    """What TRL will read."""
    is_checked: bool
    """Whether TRL, which is not installed everywhere, has seen its values."""


def plan_of(
    recipe: Recipe,
    trl: dict[str, JsonValue],
    line: list[str],
    method: Method,
    estimate: Callable[[], fit.Estimate],
) -> TrainingPlan[Recipe]:
    """What would be trained. Raises RecipeError where TRL refuses a value, and with the arithmetic if it cannot fit."""
    found = None if recipe.trl.get("use_cpu") else estimate()
    if found is not None and not found.is_fitting:
        raise RecipeError(fit.refusal(recipe, found))
    is_checked = check_values(recipe, trl, method)  # last, since it imports TRL
    return TrainingPlan(recipe, launch.shell(line), found, trl, is_checked)


class TrainingJob(Protocol[Result_co]):
    """A training whose base and data are prepared."""

    @property
    def recipe(self) -> StudentRecipe:
        """What is trained, and how."""
        ...

    @property
    def base(self) -> "Student":
        """What it begins from."""
        ...

    @property
    def digests(self) -> dict[str, str]:
        """What the trained model follows from, by name."""
        ...

    def earlier(self) -> tuple[Result_co, dict[str, str]] | None:
        """What an earlier call left in the model folder, and the digests that it followed from."""
        ...

    def write_work(self) -> list[str]:
        """Leave everything in the work folder that the launch line needs, and return the line."""
        ...

    def event(self, measured: dict[str, float]) -> TrainingEvent:
        """A step that the worker told of."""
        ...

    def write_result(self) -> Result_co:
        """Describe the exported model beside it, with its card."""
        ...


def train(
    job: TrainingJob[Result], out: Path, num_processes: int, estimate: Callable[[], fit.Estimate], report: Report
) -> Result:
    """Train into `out`. Raises RunError where it holds another training, DistillError where the worker fails."""
    from distill.training.student.export import export

    work, settings = work_of(out), settings_of(job, num_processes)
    if (earlier := job.earlier()) is not None:
        result, digests = earlier
        then = {**digests, **read_recipe(out)}
        compare(out, then, settings)
        if not needs_export(then, settings):
            return result.model_copy(update={"was_done": True})
        _need_weights(out)
    work.mkdir(parents=True, exist_ok=True)
    guard(work, settings)
    line = job.write_work()
    if not (work / METRICS).is_file():
        refuse_hardware(job.recipe, num_processes, work, estimate)
        launch.run(line, work, lambda measured: report(job.event(measured)))
    report(TrainingEvent("export", 0, None))
    export(work / "model", job.base.folder, job.recipe, out)
    write_whole(out / RECIPE_FILE, job.recipe.to_yaml())
    return job.write_result()


def settings_of(job: TrainingJob[Result], num_processes: int) -> Settings:
    """What the weights follow from, and the form of the checkpoints on the way to them."""
    recipe = job.recipe
    made = steps(recipe, num_processes)
    rows: dict[str, JsonValue] = {"number of rows a step": made.rows}
    if recipe.trl.get("train_sampling_strategy") == "group_by_length":  # transformers groups each process's rows
        rows["number of rows in a group of one length"] = made.rows // made.num_replicas
    form = layout_of(recipe).form_of_checkpoints(num_processes)
    if recipe.trl.get("sync_ref_model"):  # each process keeps its own part of a reference that moves
        form += f", with the reference of {num_processes} processes"
    return {**job.digests, KEYS: yaml.safe_load(recipe.to_yaml()), **rows, FORM: form}


def write_launch_line(work: Path, line: list[str]) -> None:
    """Leave the line beside what it needs, as a script."""
    write_whole(work / "launch.sh", f"{launch.shell(line)}\n")


def _need_weights(out: Path) -> None:
    work = work_of(out)
    if not (work / METRICS).is_file() or not (work / "model").is_dir():
        raise RunError(
            f"{out} is to be exported anew, and {work}, which had its trained weights, is gone. Set "
            "distill.export_dtype and distill.license back, or choose another --out."
        )
