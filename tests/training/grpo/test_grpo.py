import json
import shutil
from pathlib import Path
from statistics import fmean

import pytest
import yaml

from distill.errors import DistillError, InputError, RunError
from distill.evaluation.scores import read_scores
from distill.pipeline.pipeline_run import run_pipeline
from distill.recipe.loading import digest
from distill.recipe.sections import VerifySection
from distill.recipe.stages import Pipeline, load_any
from distill.rows.read import file_digest
from distill.training.grpo.card import GrpoResult
from distill.training.grpo.grpo import grpo
from distill.training.grpo.recipe import load
from distill.training.job import TrainingEvent
from distill.training.lineage import lineage_of
from distill.training.student import student
from tests.training.tiny import kill_training, tiny_base, tiny_recipe

NUM_PROMPTS = 8


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def toy_recipe(folder: Path, rewards: dict[str, float], **keys: object) -> Path:
    """A student of random weights, four steps of eight completions."""
    student = tiny_recipe(folder / "toy.yaml", tiny_base(folder / "base"))
    cold = tiny_base(folder / "cold")  # taken to know the template's tokens
    block = {"student": str(student), "base": str(cold), "batch": {"unit": "examples", "size": 8}, "rewards": rewards}
    trl = {
        "num_generations": 4,
        "max_completion_length": 12,
        "max_steps": 4,
        "learning_rate": 1e-3,
        "per_device_train_batch_size": 8,
        "save_strategy": "no",
        "report_to": "none",
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({"distill": block | {"max_prompt_tokens": 64}, **trl, **keys}))
    return path


def toy_prompts(path: Path) -> Path:
    """Sums, a row that is no prompt, one that is too long, and one that nothing can check."""
    rows: list[object] = [{"prompt": f"What is {n} + {n}?", "answer": str(2 * n)} for n in range(NUM_PROMPTS)]
    rows += [{"question": "?"}, {"prompt": "1 + " * 100, "answer": "4"}, {"prompt": "Why?"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_too_few_prompts_for_a_rollout_are_refused_with_what_became_of_the_others(tmp_path: Path) -> None:
    recipe = toy_recipe(tmp_path, {"accuracy": 1.0}, generation_batch_size=64, save_steps=8)
    with pytest.raises(InputError, match=r"asks 16 prompts 4 times.* 8 can .*1 unreadable, 1 overlong, 1 unverifiable"):
        grpo(recipe, toy_prompts(tmp_path / "prompts.jsonl"), out=tmp_path / "out")


def test_a_finished_training_is_known_without_its_work_folder(tmp_path: Path) -> None:
    recipe, prompts = toy_recipe(tmp_path, {"format": 1.0}), toy_prompts(tmp_path / "prompts.jsonl")
    result = finished(tmp_path / "out", recipe, prompts)
    assert grpo(recipe, prompts, out=tmp_path / "out") == result.model_copy(update={"was_done": True})
    with pytest.raises(RunError, match="a training with another verifier settings"):
        grpo(recipe, prompts, out=tmp_path / "out", verify=VerifySection(time_limit_s=2.0))


def finished(out: Path, recipe: Path, prompts: Path) -> GrpoResult:
    """Leave what a training leaves in its model folder, after its work folder was removed."""
    loaded = load(recipe)
    settings = {"recipe": loaded.digest, "base": student.prepare(loaded.distill).digest}
    result = GrpoResult(
        model=out,
        lineage=lineage_of(loaded, settings, (), {"seconds": 1.0, "hardware": "1 × CPU"}),
        prompts=str(prompts),
        prompts_digest=file_digest(prompts)[:16],
        verifier_digest=digest(VerifySection().digested()),
        weights=loaded.distill.rewards,
        num_prompts=8,
        num_set_aside=3,
        num_steps=4,
        completions_per_step=8,
        num_tokens=1,
        num_errors={},
        curve=(),
    )
    out.mkdir()
    (out / "grpo.json").write_text(result.model_dump_json())
    return result


@pytest.mark.slow
def test_a_tiny_student_goes_all_the_way_though_a_reward_fails_every_time(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    rewards = {"tests.planted_rewards:length": 0.1, "format": 1.0, "tests.planted_rewards:raises": 1.0}
    recipe, prompts = toy_recipe(tmp_path, rewards), toy_prompts(tmp_path / "prompts.jsonl")
    out, seen = tmp_path / "out", list[TrainingEvent]()
    result = grpo(recipe, prompts, out=out, report=seen.append)
    assert [p.stage for p in seen if p.stage != "train"] == ["base", "prompts", "export"]
    assert (result.num_prompts, result.num_set_aside, result.num_steps, result.completions_per_step) == (8, 3, 4, 8)
    assert result.num_errors == {"length": 0, "format": 0, "raises": 32}
    assert [point.step for point in result.curve] == [1, 2, 3, 4]
    assert all(point.rewards["raises"] is None and point.rewards["length"] for point in result.curve)
    assert "planted: " in (tmp_path / "out.work" / "train.log").read_text()

    assert AutoModelForCausalLM.from_pretrained(out).config.vocab_size == 320
    asked = AutoTokenizer.from_pretrained(out).apply_chat_template(
        [{"role": "user", "content": "2+2?"}], add_generation_prompt=True, tokenize=False
    )
    assert str(asked).endswith("<think>\n")

    shutil.rmtree(tmp_path / "out.work")  # what is finished needs it no more
    assert grpo(recipe, prompts, out=out) == result.model_copy(update={"was_done": True})
    with pytest.raises(RunError, match="a training with another recipe"):
        grpo(recipe, prompts, out=out, overrides=["learning_rate=1e-4"])
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "| rewards | format × 1, length × 0.1, raises × 1 |" in card
    assert "| 4 | " in card
    assert str(tmp_path) not in card


@pytest.mark.slow
def test_a_killed_training_resumes_to_the_same_curve_with_its_reference(tmp_path: Path) -> None:
    moving = {"beta": 0.5, "sync_ref_model": True, "ref_model_sync_steps": 1, "ref_model_mixup_alpha": 0.5}
    saving = {"max_steps": 6, "save_strategy": "steps", "save_steps": 3}
    recipe = toy_recipe(tmp_path, {"tests.planted_rewards:length": 0.1}, **moving, **saving)
    prompts = toy_prompts(tmp_path / "prompts.jsonl")
    whole = grpo(recipe, prompts, out=tmp_path / "whole")

    def kill(progress: TrainingEvent) -> None:
        if progress.stage == "train" and progress.done == 4:
            kill_training()

    with pytest.raises(DistillError, match="exit code"):
        grpo(recipe, prompts, out=tmp_path / "broken", report=kill)
    seen: list[TrainingEvent] = []
    broken = grpo(recipe, prompts, out=tmp_path / "broken", report=seen.append)
    assert min(p.done for p in seen if p.stage == "train") == 4
    assert kl(tmp_path / "broken") == pytest.approx(kl(tmp_path / "whole"))
    assert [point.reward for point in broken.curve] == pytest.approx([point.reward for point in whole.curve])


def kl(out: Path) -> list[float]:
    """The divergence from the reference at each step."""
    log = json.loads((out.with_name(f"{out.name}.work") / "metrics.json").read_text())["log"]
    return [entry["kl"] for entry in log if "kl" in entry]


@pytest.mark.slow
@pytest.mark.real
def test_a_real_model_earns_more_and_more_and_is_right_more_often_on_prompts_it_has_not_seen(tmp_path: Path) -> None:
    fewer = ["before.num_samples=1", "score.num_samples=2", "zero.overrides.max_steps=9"]
    pipeline = load_any("r1-zero-toy", [f"run={tmp_path / 'run'}", *fewer])
    assert isinstance(pipeline, Pipeline)
    run_pipeline(pipeline)
    curve = json.loads((tmp_path / "run" / "zero" / "model" / "grpo.json").read_text())["curve"]
    rewards = [point["reward"] for point in curve]
    assert fmean(rewards[-4:]) > 1.5 * fmean(rewards[:4])
    scores = read_scores(tmp_path / "run")
    assert scores["score"].pass_at_1 > scores["before"].pass_at_1
