"""Train a student on a dataset: prepare the base, prove the rows, launch the training, export the model.

Everything lies beside the model: `OUT` is the model and nothing else, `OUT.work` holds rows, checkpoints and logs.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml
from pydantic import JsonValue

from distill.errors import RecipeError
from distill.files import write_whole
from distill.training.card import RESULT, SftResult, write_card
from distill.training.examples.datasets import Datasets, named
from distill.training.examples.show import Span
from distill.training.lineage import lineage_of
from distill.training.machine import fit, launch
from distill.training.machine.batch import steps
from distill.training.machine.hardware import need_libraries, need_machine, num_devices, refuse_hardware
from distill.training.recipe import StudentRecipe, load
from distill.training.work_folder import METRICS, compare, guard, is_trained, read_settings, work_of

if TYPE_CHECKING:
    from distill.training.examples.prepare import Prepared, Summary
    from distill.training.student.student import Student


class Progress(NamedTuple):
    """Where a training is."""

    stage: str
    """`base`, `rows` or `prompts`, `train`, `export`."""
    done: int
    total: int | None
    """None where the end is not known."""
    loss: float | None = None
    reward: float | None = None


Report = Callable[[Progress], None]


class Plan(NamedTuple):
    """What a training would do; made without torch, the base or the dataset."""

    recipe: StudentRecipe
    line: str
    """The launch line; above eight GPUs, what every node runs."""
    estimate: fit.Estimate | None
    """None on CPU."""
    trl: dict[str, JsonValue]
    """What TRL will read."""


class Checked(NamedTuple):
    """Rows that were proved right."""

    summary: "Summary"
    document: list[Span]
    """The first one."""


def plan(
    recipe: str | Path, *, out: Path, overrides: Sequence[str] = (), num_gpus: int, gpu: fit.GpuName = "h100"
) -> Plan:
    """Resolve a recipe for `num_gpus` GPUs; raises RecipeError with the arithmetic where it cannot fit."""
    loaded = load(recipe, overrides)
    trl = _trl(loaded, work_of(out) / "student", work_of(out), num_gpus)
    line = launch.shell(launch.command(loaded, work_of(out), num_gpus))
    if loaded.trl.get("use_cpu"):
        return Plan(loaded, line, None, trl)
    found = fit.estimate(loaded, num_gpus, gpu)
    if not found.is_fitting:
        raise RecipeError(fit.refusal(loaded, found))
    return Plan(loaded, line, found, trl)


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

    loaded = _load(recipe, overrides)
    base, data = _prepare(loaded, dataset, out, report)
    guard(work_of(out), _settings(loaded, base, data))
    _write_work(loaded, base, data, work_of(out), num_gpus or num_devices(loaded))
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
    from distill.training.student.export import export

    loaded = _load(recipe, overrides)
    work, num_processes = work_of(out), num_gpus or num_devices(loaded)
    if not is_trained(out, RESULT):
        need_machine(loaded, num_processes, lambda: fit.estimate(loaded, num_processes))
    base, data = _prepare(loaded, dataset, out, report)
    settings = _settings(loaded, base, data)
    if done := _finished(out, settings):
        return done
    guard(work, settings)
    line = _write_work(loaded, base, data, work, num_processes)
    if not (work / METRICS).is_file():
        refuse_hardware(loaded, num_processes, work, lambda: fit.estimate(loaded, num_processes))
        launch.run(line, work / "train.log", lambda event: report(_training(event)))
    report(Progress("export", 0, None))
    export(work / "model", base.folder, loaded, out)
    result = _result(out, loaded, data, dataset, num_processes)
    write_whole(out / RESULT, result.model_dump_json(indent=2))
    write_card(out)
    return result


def _load(recipe: str | Path, overrides: Sequence[str]) -> StudentRecipe:
    loaded = load(recipe, overrides)
    need_libraries()
    return loaded


def _prepare(recipe: StudentRecipe, dataset: Datasets, out: Path, report: Report) -> tuple["Student", "Prepared"]:
    from distill.training.examples import prepare
    from distill.training.student import student
    from distill.training.student.prove import prove_student

    report(Progress("base", 0, None))
    base = student.prepare(recipe.distill)
    prove_student(base.folder, recipe)
    rows = work_of(out) / "rows"
    return base, prepare.prepare(dataset, base, recipe, rows, lambda n: report(Progress("rows", n, None)))


def _finished(out: Path, settings: dict[str, str]) -> SftResult | None:
    """What an earlier call with the same settings wrote; refuses to write over another training."""
    file = out / RESULT
    if not file.is_file():
        return None
    result = SftResult.model_validate_json(file.read_bytes())
    lineage = result.lineage
    then = {"recipe": lineage.recipe_digest, "base": lineage.base_digest, "dataset": result.dataset_digest}
    compare(out, then, settings)
    return result.model_copy(update={"was_done": True})


def _settings(recipe: StudentRecipe, base: "Student", data: "Prepared") -> dict[str, str]:
    """The digests that a trained model follows from."""
    return {"recipe": recipe.digest, "base": base.digest, "dataset": data.dataset_digest}


def _trl(recipe: StudentRecipe, student: Path, work: Path, num_processes: int) -> dict[str, JsonValue]:
    """What TRL reads: the recipe's keys, and those that `distill` sets."""
    return {
        **recipe.trl,
        "model_name_or_path": str(student),
        "output_dir": str(work),
        "gradient_accumulation_steps": steps(recipe, num_processes).gradient_accumulation,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "disable_tqdm": True,
    }


def _write_work(
    recipe: StudentRecipe, student: "Student", data: "Prepared", work: Path, num_processes: int
) -> list[str]:
    """Leave everything in `work` that the launch line needs, and return the line."""
    trl = _trl(recipe, student.folder, work, num_processes)
    write_whole(work / "train.yaml", yaml.safe_dump(trl, sort_keys=False))
    line = launch.command(recipe, work, num_processes)
    write_whole(work / "launch.sh", f"{launch.shell(line)}\n")
    link = work / "data"
    link.unlink(missing_ok=True)
    link.symlink_to(data.folder.relative_to(work))
    return line


def _training(event: dict[str, float]) -> Progress:
    return Progress("train", int(event["step"]), int(event["steps"]), event.get("loss"))


def _result(out: Path, recipe: StudentRecipe, data: "Prepared", dataset: Datasets, num_processes: int) -> SftResult:
    measured = json.loads((work_of(out) / METRICS).read_text(encoding="utf-8"))
    losses = [entry["loss"] for entry in measured["log"] if "loss" in entry]
    settings = read_settings(work_of(out))
    return SftResult(
        model=out,
        lineage=lineage_of(recipe, settings, data.verifiers, measured["seconds"], measured["hardware"]),
        dataset=named(dataset),
        dataset_digest=settings["dataset"],
        teachers=data.teachers,
        num_rows=data.summary.num_rows,
        num_overlong=sum(data.summary.overlong.values()),
        num_control=data.summary.num_control,
        num_tokens=round(data.summary.num_tokens * measured["epoch"]),
        num_steps=measured["log"][-1]["step"],
        rows_per_step=steps(recipe, num_processes).rows,
        first_loss=losses[0],
        last_loss=losses[-1],
    )
