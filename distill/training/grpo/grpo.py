"""Train a student by reinforcement learning, with the verifiers of the dataset as its rewards.

Everything lies beside the model: `OUT` is the model and nothing else, `OUT.work` holds prompts, checkpoints and logs.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml
from pydantic import JsonValue

from distill.errors import RecipeError
from distill.files import write_whole
from distill.recipe.loading import digest
from distill.recipe.sections import VerifySection
from distill.training.grpo.card import GrpoResult, card, curve_of
from distill.training.grpo.fit import estimate
from distill.training.grpo.recipe import GrpoRecipe, Settings, check_groups, load
from distill.training.lineage import lineage_of
from distill.training.machine import fit, launch
from distill.training.machine.batch import steps
from distill.training.machine.hardware import need_libraries, need_machine, num_devices, refuse_hardware
from distill.training.sft import Progress, Report
from distill.training.work_folder import METRICS, compare, guard, is_trained, read_settings, work_of

if TYPE_CHECKING:
    from distill.training.grpo.prompts import Prepared
    from distill.training.student.student import Student

WORKER = "distill.training.grpo.worker"
RESULT = "grpo.json"
VERIFY = VerifySection()


class Plan(NamedTuple):
    """What a training would do; made without torch, the base or the prompts."""

    recipe: GrpoRecipe
    line: str
    """The launch line; above eight GPUs, what every node runs."""
    estimate: fit.Estimate | None
    """Memory, and upper bounds of tokens and hours; None on CPU."""
    trl: dict[str, JsonValue]
    """What TRL will read."""


def plan(
    recipe: str | Path, *, out: Path, overrides: Sequence[str] = (), num_gpus: int, gpu: fit.GpuName = "h100"
) -> Plan:
    """Resolve a recipe for `num_gpus` GPUs; raises RecipeError with the arithmetic where it cannot fit."""
    loaded = load(recipe, overrides)
    trl = _trl(loaded, work_of(out) / "student", work_of(out), num_gpus)
    line = launch.shell(launch.command(loaded, work_of(out), num_gpus, WORKER))
    if loaded.trl.get("use_cpu"):
        return Plan(loaded, line, None, trl)
    found = estimate(loaded, num_gpus, gpu)
    if not found.is_fitting:
        raise RecipeError(fit.refusal(loaded, found))
    return Plan(loaded, line, found, trl)


def grpo(  # noqa: PLR0913 - `sft`'s, and how answers are checked
    recipe: str | Path,
    prompts: Path,
    *,
    out: Path,
    overrides: Sequence[str] = (),
    num_gpus: int | None = None,
    verify: VerifySection = VERIFY,
    report: Report = lambda _: None,
) -> GrpoResult:
    """Train the recipe's student on the prompt rows of `prompts` and leave it in `out`.

    Called again after an interruption it resumes from the last checkpoint; called again after it finished, it returns
    what it had returned. `num_gpus` is the number of processes, by default every GPU of this machine. `verify` says how
    answers are checked, as in `distill verify`.
    """
    need_libraries()
    from distill.training.grpo.prompts import prepare, write_prompts
    from distill.training.student import student
    from distill.training.student.export import export
    from distill.training.student.prove import prove_student

    loaded, work = load(recipe, overrides), work_of(out)
    num_processes = num_gpus or num_devices(loaded)
    if not is_trained(out, RESULT):
        need_machine(loaded, num_processes, lambda: estimate(loaded, num_processes))
    report(Progress("base", 0, None))
    base = student.prepare(loaded.distill)
    prove_student(base.folder, loaded)
    report(Progress("prompts", 0, None))
    data = prepare(prompts, base.folder, loaded, verify)
    settings = _settings(loaded, base, data, verify)
    if done := _finished(out, settings):
        return done
    work.mkdir(parents=True, exist_ok=True)
    guard(work, settings)
    write_prompts(data.prompts, work)
    line = _write_work(loaded, base, data, verify, work, num_processes)
    if not (work / METRICS).is_file():
        refuse_hardware(loaded, num_processes, work, lambda: estimate(loaded, num_processes))
        launch.run(line, work / "train.log", lambda event: report(_training(event)))
    report(Progress("export", 0, None))
    export(work / "model", base.folder, loaded, out)
    result = _result(out, loaded, data, prompts)
    write_whole(out / RESULT, result.model_dump_json(indent=2))
    write_whole(out / "README.md", card(result))
    return result


def _settings(recipe: GrpoRecipe, base: "Student", data: "Prepared", verify: VerifySection) -> dict[str, str]:
    """The digests that a trained model follows from."""
    return {
        "recipe": recipe.digest,
        "base": base.digest,
        "prompts": data.digest,
        "verifier settings": digest(verify.digested()),
    }


def _finished(out: Path, settings: dict[str, str]) -> GrpoResult | None:
    """What an earlier call with the same settings returned; refuses to write over another training."""
    file = out / RESULT
    if not file.is_file():
        return None
    compare(out, read_settings(work_of(out)), settings)
    return GrpoResult.model_validate_json(file.read_bytes()).model_copy(update={"was_done": True})


def _trl(recipe: GrpoRecipe, student: Path, work: Path, num_processes: int) -> dict[str, JsonValue]:
    """What TRL reads: the recipe's keys, and those that `distill` sets."""
    check_groups(recipe, num_processes)
    return {
        **recipe.trl,
        "model_name_or_path": str(student),
        "output_dir": str(work),
        "gradient_accumulation_steps": steps(recipe, num_processes).gradient_accumulation,
        "generation_batch_size": recipe.rollout,
        "reward_weights": list(recipe.distill.rewards.values()),
        "logging_steps": 1,
        "disable_tqdm": True,
    }


def _write_work(
    recipe: GrpoRecipe, base: "Student", data: "Prepared", verify: VerifySection, work: Path, num_processes: int
) -> list[str]:
    """Leave everything in `work` that the launch line needs, and return the line."""
    from transformers import GenerationConfig

    from distill.training.grpo.rewards import Rewards

    write_whole(work / "train.yaml", yaml.safe_dump(_trl(recipe, base.folder, work, num_processes), sort_keys=False))
    settings = Settings(
        block=recipe.distill,
        verify=verify,
        max_completion_length=recipe.max_completion_length,
        eos_token_id=GenerationConfig.from_pretrained(base.folder).eos_token_id,
        is_prefilled=data.is_prefilled,
    )
    Rewards(settings)  # says now which reward of the user's own cannot be imported
    write_whole(work / "rewards.json", settings.model_dump_json())
    line = launch.command(recipe, work, num_processes, WORKER)
    write_whole(work / "launch.sh", f"{launch.shell(line)}\n")
    return line


def _training(event: dict[str, float]) -> Progress:
    return Progress("train", int(event["step"]), int(event["steps"]), reward=event.get("reward"))


def _result(out: Path, recipe: GrpoRecipe, data: "Prepared", prompts: Path) -> GrpoResult:
    measured = json.loads((work_of(out) / METRICS).read_text(encoding="utf-8"))
    settings, log = read_settings(work_of(out)), measured["log"]
    names = [name.rpartition(":")[2] for name in recipe.distill.rewards]
    failed = {name: sum(entry.get(f"rewards/{name}/num_errors", 0) for entry in log) for name in names}
    return GrpoResult(
        model=out,
        lineage=lineage_of(recipe, settings, data.verifiers, measured["seconds"], measured["hardware"]),
        prompts=str(prompts),
        prompts_digest=settings["prompts"],
        weights=recipe.distill.rewards,
        num_prompts=len(data.prompts),
        num_set_aside=data.num_unreadable + data.num_overlong + data.num_unverifiable,
        num_steps=log[-1]["step"],
        completions_per_step=recipe.batch_size,
        num_tokens=round(max(entry.get("num_tokens", 0) for entry in log)),
        num_errors={name: round(count * measured["num_processes"]) for name, count in failed.items()},
        curve=curve_of(log, names),
    )
