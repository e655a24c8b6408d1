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
from distill.recipe.loading import digest, recipe_name
from distill.recipe.sections import VerifySection
from distill.training.grpo.card import GrpoResult, card, curve_of
from distill.training.grpo.fit import estimate
from distill.training.grpo.recipe import GrpoRecipe, Settings, check_groups, load
from distill.training.grpo.scoring import logged_name
from distill.training.grpo.server import STUDENT, serve_line
from distill.training.job import Report, TrainingEvent, TrainingPlan, plan_of, settings_of, train, write_launch_line
from distill.training.lineage import lineage_of
from distill.training.machine import launch
from distill.training.machine.batch import steps
from distill.training.machine.calibration import Calibration
from distill.training.machine.gpus import GpuName
from distill.training.machine.hardware import need_libraries, need_machine, num_devices
from distill.training.settings.values import check_values
from distill.training.work_folder import METRICS, guard, is_trained, read_settings, work_of
from distill.training.worker.settings import WorkerSettings, write_settings

if TYPE_CHECKING:
    from distill.training.grpo.prompts import PreparedPrompts
    from distill.training.student.student import Student

WORKER = "distill.training.grpo.worker"
RESULT = "grpo.json"
VERIFY = VerifySection()


class CheckedPrompts(NamedTuple):
    """Prompts that a training could begin with."""

    prompts: "PreparedPrompts"
    document: str
    """The first one, as the student reads it."""
    objections: dict[str, str]
    """What verifiers say against references, by the prompt's id: no completion of these could be right."""
    serve: str | None
    """What starts the engine, where the recipe has it on GPUs of its own."""


def plan(
    recipe: str | Path,
    *,
    out: Path,
    overrides: Sequence[str] = (),
    num_gpus: int,
    gpu: GpuName = "h100",
    calibration: Calibration | None = None,
) -> TrainingPlan[GrpoRecipe]:
    """Resolve a recipe for `num_gpus` GPUs; raises RecipeError with the arithmetic where it cannot fit."""
    loaded, work = load(recipe, overrides), work_of(out)
    trl = _trl(loaded, work / STUDENT, work, num_gpus)
    line = launch.command(loaded, work, num_gpus, WORKER)
    found = plan_of(loaded, trl, line, "grpo", lambda: estimate(loaded, num_gpus, gpu, calibration))
    serve = serve_line(loaded, work)
    return found._replace(line=f"{launch.shell(serve)}\n{found.line}") if serve else found


def check(  # noqa: PLR0913 - `grpo`'s
    recipe: str | Path,
    prompts: str | Path,
    *,
    out: Path,
    overrides: Sequence[str] = (),
    num_gpus: int | None = None,
    verify: VerifySection = VERIFY,
    report: Report = lambda _: None,
) -> CheckedPrompts:
    """Prepare base and prompts and ask verifiers of every reference, without training.

    Leaves `OUT.work` ready to launch: train.yaml, the prompts, launch.sh with the line to run, and serve.sh with the
    line that comes before it where the recipe has `vllm_mode: server`.
    """
    need_libraries()
    loaded = load(recipe, overrides)
    num_processes = num_gpus or num_devices(loaded)
    base, data = _prepare(loaded, prompts, verify, out, num_processes, report)
    from distill.training.grpo.gold import objections
    from distill.training.grpo.prompts import first_document

    job = GrpoJob(loaded, base, data, prompts, verify, out, num_processes)
    work_of(out).mkdir(parents=True, exist_ok=True)
    guard(work_of(out), settings_of(job, num_processes))
    job.write_work()
    serve = serve_line(loaded, work_of(out))
    report(TrainingEvent("references", 0, len(data.prompts)))
    return CheckedPrompts(
        prompts=data,
        document=first_document(data, base.folder),
        objections=objections(data.prompts, verify),
        serve=launch.shell(serve) if serve else None,
    )


def grpo(  # noqa: PLR0913 - `sft`'s, and how answers are checked
    recipe: str | Path,
    prompts: str | Path,
    *,
    out: Path,
    overrides: Sequence[str] = (),
    num_gpus: int | None = None,
    verify: VerifySection = VERIFY,
    report: Report = lambda _: None,
) -> GrpoResult:
    """Train the recipe's student on the prompt rows of `prompts` and leave it in `out`.

    `prompts` is a file, a preset or a Hub dataset, as `distill prompts` takes them. Called again after an interruption
    it resumes from the last checkpoint; called again after it finished, it returns what it had returned. `num_gpus` is
    the number of processes, by default every GPU of this machine. `verify` says how answers are checked, as in
    `distill verify`.
    """
    need_libraries()
    loaded = load(recipe, overrides)
    num_processes = num_gpus or num_devices(loaded)
    if not is_trained(out, RESULT):
        need_machine(loaded, num_processes, lambda: estimate(loaded, num_processes))
    base, data = _prepare(loaded, prompts, verify, out, num_processes, report)
    job = GrpoJob(loaded, base, data, prompts, verify, out, num_processes)
    return train(job, out, num_processes, lambda: estimate(loaded, num_processes), report)


def _prepare(
    recipe: GrpoRecipe, prompts: str | Path, verify: VerifySection, out: Path, num_processes: int, report: Report
) -> tuple["Student", "PreparedPrompts"]:
    """The base and the prompts. What the recipe alone forbids is said first, before anything is fetched."""
    from distill.training.grpo.prompts import prepare
    from distill.training.student import student
    from distill.training.student.prove import prove_student

    work = work_of(out)
    launch.command(recipe, work, num_processes, WORKER)  # says which layout cannot be launched
    check_values(recipe, _trl(recipe, work / STUDENT, work, num_processes), "grpo")
    report(TrainingEvent("base", 0, None))
    base = student.prepare(recipe.distill)
    prove_student(base.folder, recipe)
    _refuse_untrained(base, recipe)
    report(TrainingEvent("prompts", 0, None))
    return base, prepare(prompts, base.folder, recipe, verify)


def _refuse_untrained(base: "Student", recipe: GrpoRecipe) -> None:
    """Raises RecipeError where the template opens the reasoning with tokens that nobody has trained."""
    from distill.training.grpo.prompts import is_prefilled

    if base.new_tokens and is_prefilled(base.folder):
        student = recipe_name(recipe.distill.student or recipe.name)
        names = ", ".join(recipe.distill.tokens[number] for number in base.new_tokens)
        raise RecipeError(
            f"{recipe.name}: the template {recipe.distill.template} opens the reasoning, but {recipe.distill.base} was "
            f"never trained on {names}: it would end its reasoning by chance at best, and no answer could be right. "
            f"Fine-tune it first, with `distill sft --recipe {student} --dataset …`, and "
            "set distill.base to that model; or ask as R1-Zero was asked, in the base's own tokens: "
            "distill.template=r1-zero distill.tokens={} distill.bos=null distill.eos=null."
        )


class GrpoJob(NamedTuple):
    """A `TrainingJob` whose prompts can be checked."""

    recipe: GrpoRecipe
    base: "Student"
    data: "PreparedPrompts"
    prompts: str | Path
    verify: VerifySection
    out: Path
    num_processes: int

    @property
    def digests(self) -> dict[str, str]:
        """See `TrainingJob`."""
        return {
            "recipe": self.recipe.digest,
            "base": self.base.digest,
            "prompts": self.data.digest,
            "verifier settings": digest(self.verify.digested()),
        }

    def earlier(self) -> tuple[GrpoResult, dict[str, str]] | None:
        """See `TrainingJob`."""
        file = self.out / RESULT
        if not file.is_file():
            return None
        result = GrpoResult.model_validate_json(file.read_bytes())
        then = {
            "recipe": result.lineage.recipe_digest,
            "base": result.lineage.base_digest,
            "prompts": result.prompts_digest,
            # Results of an earlier version do not have it, and only their work folder knew.
            "verifier settings": result.verifier_digest or self.digests["verifier settings"],
        }
        return result, then

    def write_work(self) -> list[str]:
        """See `TrainingJob`."""
        from transformers import GenerationConfig

        from distill.training.grpo.prompts import write_prompts
        from distill.training.grpo.rewards import Rewards

        work = work_of(self.out)
        write_prompts(self.data.prompts, work)
        link = work / STUDENT
        link.unlink(missing_ok=True)
        link.symlink_to(self.base.folder)
        if serve := serve_line(self.recipe, work):
            write_whole(work / "serve.sh", f"{launch.shell(serve)}\n")
        trl = _trl(self.recipe, self.base.folder, work, self.num_processes)
        write_whole(work / "train.yaml", yaml.safe_dump(trl, sort_keys=False))
        settings = Settings(
            block=self.recipe.distill,
            verify=self.verify,
            max_completion_length=self.recipe.max_completion_length,
            eos_token_id=GenerationConfig.from_pretrained(self.base.folder).eos_token_id,
            is_prefilled=self.data.is_prefilled,
        )
        Rewards(settings)  # says now which reward of the user's own cannot be imported
        write_whole(work / "rewards.json", settings.model_dump_json())
        line = launch.command(self.recipe, work, self.num_processes, WORKER)
        write_launch_line(work, line)
        write_settings(work, WorkerSettings(new_tokens=self.base.new_tokens))
        return line

    def event(self, measured: dict[str, float]) -> TrainingEvent:
        """See `TrainingJob`."""
        return TrainingEvent("train", int(measured["step"]), int(measured["steps"]), reward=measured.get("reward"))

    def write_result(self) -> GrpoResult:
        """See `TrainingJob`."""
        result = _result(self)
        write_whole(self.out / RESULT, result.model_dump_json(indent=2))
        write_whole(self.out / "README.md", card(result))
        return result


def _trl(recipe: GrpoRecipe, student: Path, work: Path, num_processes: int) -> dict[str, JsonValue]:
    """What TRL reads: the recipe's keys, and those that `distill` sets."""
    check_groups(recipe, num_processes)
    return {
        **recipe.trl,
        "model_name_or_path": str(student),
        "output_dir": str(work),
        "gradient_accumulation_steps": steps(recipe, num_processes).gradient_accumulation,
        "generation_batch_size": recipe.rollout,
        **({"vllm_max_model_length": recipe.max_length} if recipe.trl.get("use_vllm") else {}),
        "reward_weights": list(recipe.distill.rewards.values()),
        **({"shuffle_dataset": False} if recipe.distill.curriculum else {}),
        "logging_steps": 1,
        "disable_tqdm": True,
    }


def _result(job: GrpoJob) -> GrpoResult:
    out, recipe, data = job.out, job.recipe, job.data
    measured = json.loads((work_of(out) / METRICS).read_text(encoding="utf-8"))
    settings, log = read_settings(work_of(out)), measured["log"]
    names = [logged_name(name) for name in recipe.distill.rewards]
    failed = {name: sum(entry.get(f"rewards/{name}/num_errors", 0) for entry in log) for name in names}
    return GrpoResult(
        model=out,
        lineage=lineage_of(recipe, settings, data.verifiers, measured),
        prompts=str(job.prompts),
        prompts_digest=str(settings["prompts"]),
        verifier_digest=str(settings["verifier settings"]),
        weights=recipe.distill.rewards,
        num_prompts=len(data.prompts),
        num_set_aside=data.num_set_aside,
        num_steps=log[-1]["step"],
        completions_per_step=recipe.batch_size,
        num_tokens=round(max(entry.get("num_tokens", 0) for entry in log)),
        num_errors={name: round(count * measured["num_processes"]) for name, count in failed.items()},
        curve=curve_of(log, names),
    )
