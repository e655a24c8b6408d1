"""Train a student by reinforcement learning, with the verifiers of the dataset as its rewards.

Everything lies beside the model: `OUT` is the model and nothing else, `OUT.work` holds prompts, checkpoints and logs.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml
from pydantic import JsonValue

from distill.files import write_whole
from distill.recipe.loading import digest
from distill.recipe.sections import VerifySection
from distill.training.grpo.card import GrpoResult, card, curve_of
from distill.training.grpo.fit import estimate
from distill.training.grpo.recipe import GrpoRecipe, Settings, check_groups, load
from distill.training.job import Report, TrainingEvent, TrainingPlan, plan_of, train, write_launch_line
from distill.training.lineage import lineage_of
from distill.training.machine import launch
from distill.training.machine.batch import steps
from distill.training.machine.gpus import GpuName
from distill.training.machine.hardware import need_libraries, need_machine, num_devices
from distill.training.work_folder import METRICS, is_trained, read_settings, work_of
from distill.training.worker.settings import WorkerSettings, write_settings

if TYPE_CHECKING:
    from distill.training.grpo.prompts import PreparedPrompts
    from distill.training.student.student import Student

WORKER = "distill.training.grpo.worker"
RESULT = "grpo.json"
VERIFY = VerifySection()


def plan(
    recipe: str | Path, *, out: Path, overrides: Sequence[str] = (), num_gpus: int, gpu: GpuName = "h100"
) -> TrainingPlan[GrpoRecipe]:
    """Resolve a recipe for `num_gpus` GPUs; raises RecipeError with the arithmetic where it cannot fit."""
    loaded, work = load(recipe, overrides), work_of(out)
    trl = _trl(loaded, work / "student", work, num_gpus)
    line = launch.command(loaded, work, num_gpus, WORKER)
    return plan_of(loaded, trl, line, "grpo", lambda: estimate(loaded, num_gpus, gpu))


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
    from distill.training.grpo.prompts import prepare
    from distill.training.student import student
    from distill.training.student.prove import prove_student

    loaded = load(recipe, overrides)
    num_processes = num_gpus or num_devices(loaded)
    if not is_trained(out, RESULT):
        need_machine(loaded, num_processes, lambda: estimate(loaded, num_processes))
    report(TrainingEvent("base", 0, None))
    base = student.prepare(loaded.distill)
    prove_student(base.folder, loaded)
    report(TrainingEvent("prompts", 0, None))
    job = GrpoJob(loaded, base, prepare(prompts, base.folder, loaded, verify), prompts, verify, out, num_processes)
    return train(job, out, num_processes, lambda: estimate(loaded, num_processes), report)


class GrpoJob(NamedTuple):
    """A `TrainingJob` whose prompts can be checked."""

    recipe: GrpoRecipe
    base: "Student"
    data: "PreparedPrompts"
    prompts: Path
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
        "logging_steps": 1,
        "disable_tqdm": True,
    }


def _result(job: GrpoJob) -> GrpoResult:
    out, recipe, data = job.out, job.recipe, job.data
    measured = json.loads((work_of(out) / METRICS).read_text(encoding="utf-8"))
    settings, log = read_settings(work_of(out)), measured["log"]
    names = [name.rpartition(":")[2] for name in recipe.distill.rewards]
    failed = {name: sum(entry.get(f"rewards/{name}/num_errors", 0) for entry in log) for name in names}
    return GrpoResult(
        model=out,
        lineage=lineage_of(recipe, settings, data.verifiers, measured),
        prompts=str(job.prompts),
        prompts_digest=str(settings["prompts"]),
        verifier_digest=str(settings["verifier settings"]),
        weights=recipe.distill.rewards,
        num_prompts=len(data.prompts),
        num_set_aside=data.num_unreadable + data.num_overlong + data.num_unverifiable,
        num_steps=log[-1]["step"],
        completions_per_step=recipe.batch_size,
        num_tokens=round(max(entry.get("num_tokens", 0) for entry in log)),
        num_errors={name: round(count * measured["num_processes"]) for name, count in failed.items()},
        curve=curve_of(log, names),
    )
