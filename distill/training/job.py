"""What all trainings share: one order of steps, resumed after any kind of death.

    settings the same? ─▶ work folder ─▶ launch ─▶ export ─▶ result and card

A training is resumed from its last checkpoint; one that has finished gives what it gave.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from pydantic import JsonValue

from distill.files import write_whole
from distill.references import Record
from distill.training.machine import fit, launch
from distill.training.machine.hardware import refuse_hardware
from distill.training.recipe import StudentRecipe
from distill.training.work_folder import METRICS, compare, guard, work_of

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
    """The launch line; above eight GPUs, what every node runs."""
    estimate: fit.Estimate | None
    """Memory, tokens and hours, for reinforcement as upper bounds; None on CPU."""
    trl: dict[str, JsonValue]
    """What TRL will read."""


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

    work = work_of(out)
    if (earlier := job.earlier()) is not None:
        result, digests = earlier
        compare(out, digests, job.digests)
        return result.model_copy(update={"was_done": True})
    work.mkdir(parents=True, exist_ok=True)
    guard(work, job.digests)
    line = job.write_work()
    if not (work / METRICS).is_file():
        refuse_hardware(job.recipe, num_processes, work, estimate)
        launch.run(line, work / "train.log", lambda measured: report(job.event(measured)))
    report(TrainingEvent("export", 0, None))
    export(work / "model", job.base.folder, job.recipe, out)
    return job.write_result()


def write_launch_line(work: Path, line: list[str]) -> None:
    """Leave the line beside what it needs, as a script."""
    write_whole(work / "launch.sh", f"{launch.shell(line)}\n")
