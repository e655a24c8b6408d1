"""Train a student on a dataset: prepare the base, prove the rows, launch the training, export the model.

Everything lies beside the model: `OUT` is the model and nothing else, `OUT.work` holds rows, checkpoints and logs.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml
from pydantic import JsonValue

from distill.files import write_whole
from distill.training.card import RESULT, SftResult, evaluations_of, write_card
from distill.training.examples.datasets import Datasets, named
from distill.training.examples.show import Span
from distill.training.held_out import write_prompts
from distill.training.job import (
    Report,
    TrainingEvent,
    TrainingPlan,
    plan_of,
    settings_of,
    train,
    write_launch_line,
)
from distill.training.lineage import lineage_of
from distill.training.machine import fit, launch
from distill.training.machine.batch import steps
from distill.training.machine.calibration import Calibration
from distill.training.machine.gpus import GpuName
from distill.training.machine.hardware import need_libraries, need_machine, num_devices
from distill.training.recipe import StudentRecipe, load, padding
from distill.training.settings.values import check_values
from distill.training.work_folder import METRICS, guard, is_trained, read_settings, work_of
from distill.training.worker.settings import WorkerSettings, write_settings

if TYPE_CHECKING:
    from distill.training.examples.prepare import PreparedRows
    from distill.training.examples.summary import Summary
    from distill.training.student.student import Student


class Checked(NamedTuple):
    """Rows that were proved right."""

    summary: "Summary"
    document: list[Span]
    """The first one."""


def plan(
    recipe: str | Path,
    *,
    out: Path,
    overrides: Sequence[str] = (),
    num_gpus: int,
    gpu: GpuName = "h100",
    calibration: Calibration | None = None,
) -> TrainingPlan[StudentRecipe]:
    """Resolve a recipe for `num_gpus` GPUs; raises RecipeError with the arithmetic where it cannot fit.

    `calibration` has figures that gpu-check measured, in place of assumed ones.
    """
    loaded, work = load(recipe, overrides), work_of(out)
    trl = _trl(loaded, work / "student", work, num_gpus)
    line = launch.command(loaded, work, num_gpus)
    return plan_of(loaded, trl, line, "sft", lambda: fit.estimate(loaded, num_gpus, gpu, calibration=calibration))


def check(
    recipe: str | Path,
    dataset: Datasets,
    *,
    out: Path,
    overrides: Sequence[str] = (),
    num_gpus: int | None = None,
    report: Report = lambda _: None,
) -> Checked:
    """Prepare base and rows, and prove every row, without training.

    Leaves `OUT.work` ready to launch: train.yaml, the rows, and launch.sh with the line to run.
    """
    from distill.training.examples import prepare

    loaded, num_processes = _load(recipe, overrides, out, num_gpus)
    base, data = _prepare(loaded, dataset, out, report)
    job = SftJob(loaded, base, data, dataset, out, num_processes)
    guard(work_of(out), settings_of(job, num_processes))
    job.write_work()
    return Checked(data.summary, prepare.first_document(data, base))


def sft(
    recipe: str | Path,
    dataset: Datasets,
    *,
    out: Path,
    overrides: Sequence[str] = (),
    num_gpus: int | None = None,
    report: Report = lambda _: None,
) -> SftResult:
    """Train the recipe's student on `dataset`, or on several together, and leave it in `out`.

    Called again after an interruption it resumes from the last checkpoint; called again after it finished, it returns
    what it had returned. `num_gpus` is the number of processes, by default every GPU of this machine. What the machine
    lacks is said before anything is fetched or prepared.
    """
    loaded, num_processes = _load(recipe, overrides, out, num_gpus)
    if not is_trained(out, RESULT):
        need_machine(loaded, num_processes, lambda: fit.estimate(loaded, num_processes))
    base, data = _prepare(loaded, dataset, out, report)
    job = SftJob(loaded, base, data, dataset, out, num_processes)
    return train(job, out, num_processes, lambda: fit.estimate(loaded, num_processes), report)


class SftJob(NamedTuple):
    """A `TrainingJob` whose rows are proved."""

    recipe: StudentRecipe
    base: "Student"
    data: "PreparedRows"
    dataset: Datasets
    out: Path
    num_processes: int

    @property
    def digests(self) -> dict[str, str]:
        """See `TrainingJob`."""
        return {"recipe": self.recipe.digest, "base": self.base.digest, "dataset": self.data.dataset_digest}

    def earlier(self) -> tuple[SftResult, dict[str, str]] | None:
        """See `TrainingJob`."""
        file = self.out / RESULT
        if not file.is_file():
            return None
        result = SftResult.model_validate_json(file.read_bytes())
        recipe, base = result.lineage.recipe_digest, result.lineage.base_digest
        return result, {"recipe": recipe, "base": base, "dataset": result.dataset_digest}

    def write_work(self) -> list[str]:
        """See `TrainingJob`."""
        work = work_of(self.out)
        trl = _trl(self.recipe, self.base.folder, work, self.num_processes)
        write_whole(work / "train.yaml", yaml.safe_dump(trl, sort_keys=False))
        line = launch.command(self.recipe, work, self.num_processes)
        write_launch_line(work, line)
        write_settings(work, WorkerSettings(new_tokens=self.base.new_tokens, held_out=self.recipe.distill.held_out))
        _link(work / "data", self.data.folder)
        _link(work / "held_out", self.data.held_out)
        return line

    def event(self, measured: dict[str, float]) -> TrainingEvent:
        """See `TrainingJob`."""
        return TrainingEvent("train", int(measured["step"]), int(measured["steps"]), measured.get("loss"))

    def write_result(self) -> SftResult:
        """See `TrainingJob`."""
        result = _result(self)
        write_whole(self.out / RESULT, result.model_dump_json(indent=2))
        write_card(self.out)
        return result


def _load(recipe: str | Path, overrides: Sequence[str], out: Path, num_gpus: int | None) -> tuple[StudentRecipe, int]:
    """The recipe and its number of processes, once TRL and accelerate are known to take them."""
    loaded = load(recipe, overrides)
    need_libraries()
    num_processes, work = num_gpus or num_devices(loaded), work_of(out)
    launch.command(loaded, work, num_processes)
    check_values(loaded, _trl(loaded, work / "student", work, num_processes))
    return loaded, num_processes


def _prepare(recipe: StudentRecipe, dataset: Datasets, out: Path, report: Report) -> tuple["Student", "PreparedRows"]:
    from distill.training.examples import prepare
    from distill.training.student import student
    from distill.training.student.prove import prove_student

    if recipe.distill.held_out is not None and recipe.distill.held_out.prompts is not None:
        write_prompts(recipe.distill.held_out.prompts, work_of(out))  # first, since rows may take hours
    report(TrainingEvent("base", 0, None))
    base = student.prepare(recipe.distill)
    prove_student(base.folder, recipe)
    rows = work_of(out) / "rows"
    return base, prepare.prepare(dataset, base, recipe, rows, lambda n: report(TrainingEvent("rows", n, None)))


def _link(link: Path, folder: Path | None) -> None:
    link.unlink(missing_ok=True)
    if folder is not None:
        link.symlink_to(folder.relative_to(link.parent))


def _trl(recipe: StudentRecipe, student: Path, work: Path, num_processes: int) -> dict[str, JsonValue]:
    """What TRL reads: the recipe's keys, and those that `distill` sets."""
    return {
        "per_device_eval_batch_size": recipe.rows_per_device,
        **recipe.trl,
        "model_name_or_path": str(student),
        "output_dir": str(work),
        "gradient_accumulation_steps": steps(recipe, num_processes).gradient_accumulation,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "disable_tqdm": True,
        **_order(recipe),
        **padding(recipe),
    }


def _order(recipe: StudentRecipe) -> dict[str, JsonValue]:
    """What keeps the rows in the order that the recipe asks for."""
    if recipe.distill.curriculum:
        return {"train_sampling_strategy": "sequential"}
    if recipe.trl.get("train_sampling_strategy") == "group_by_length":
        return {"remove_unused_columns": False}  # or transformers drops the lengths, and reads all rows for them
    return {}


def _result(job: SftJob) -> SftResult:
    out, recipe, data = job.out, job.recipe, job.data
    measured = json.loads((work_of(out) / METRICS).read_text(encoding="utf-8"))
    # Where a training is shorter than `logging_steps`, its mean is all that is known.
    losses = [entry["loss"] for entry in measured["log"] if "loss" in entry] or [measured["train_loss"]]
    settings = read_settings(work_of(out))
    return SftResult(
        model=out,
        lineage=lineage_of(recipe, settings, data.verifiers, measured),
        dataset=named(job.dataset),
        dataset_digest=str(settings["dataset"]),
        teachers=data.teachers,
        num_rows=data.summary.num_rows,
        num_overlong=sum(data.summary.overlong.values()),
        set_aside=data.summary.set_aside,
        num_tokens=round(data.summary.num_tokens * measured["epoch"]),
        num_steps=measured["log"][-1]["step"],
        rows_per_step=steps(recipe, job.num_processes).rows,
        first_loss=losses[0],
        last_loss=losses[-1],
        evaluations=evaluations_of(measured["log"]),
        kept_step=measured.get("best_step"),
    )
