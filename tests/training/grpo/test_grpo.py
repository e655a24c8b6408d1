import json
import shlex
import shutil
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
import yaml

from distill.errors import DistillError, InputError, RecipeError, RunError
from distill.evaluation.scores import read_scores
from distill.pipeline.pipeline_run import run_pipeline
from distill.recipe.loading import digest, recipes_folder
from distill.recipe.sections import VerifySection
from distill.recipe.stages import Pipeline, load_any
from distill.training.grpo.card import GrpoResult
from distill.training.grpo.grpo import check, grpo, plan
from distill.training.grpo.prompts import prepare, read_written
from distill.training.grpo.recipe import load
from distill.training.job import TrainingEvent
from distill.training.lineage import lineage_of
from distill.training.recipe import load as load_student
from distill.training.settings.parser import parse
from distill.training.student import student
from tests.training.tiny import kill_training, tiny_base, tiny_recipe

if TYPE_CHECKING:
    from trl.scripts.vllm_serve import ScriptArguments

NUM_PROMPTS = 8


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def toy_recipe(folder: Path, rewards: dict[str, float], **keys: object) -> Path:
    """A student of random weights, four steps of eight completions."""
    base = tiny_base(folder / "base")
    toy = tiny_recipe(folder / "toy.yaml", base)
    cold = student.prepare(load_student(toy).distill).folder  # as SFT leaves it: it has the template's tokens
    block = {"student": str(toy), "base": str(cold), "batch": {"unit": "examples", "size": 8}, "rewards": rewards}
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
    with pytest.raises(
        InputError,
        match=r"asks 16 prompts 4 times.* 8 can .*1 overlong, 1 unreadable, 1 unverifiable.* row 9: it has no",
    ):
        grpo(recipe, toy_prompts(tmp_path / "prompts.jsonl"), out=tmp_path / "out")


def test_a_finished_training_is_known_without_its_work_folder(tmp_path: Path) -> None:
    recipe, prompts = toy_recipe(tmp_path, {"format": 1.0}), toy_prompts(tmp_path / "prompts.jsonl")
    result = finished(tmp_path / "out", recipe, prompts)
    assert grpo(recipe, prompts, out=tmp_path / "out") == result.model_copy(update={"was_done": True})
    with pytest.raises(RunError, match="a training with another verifier settings"):
        grpo(recipe, prompts, out=tmp_path / "out", verify=VerifySection(time_limit_s=2.0))


def test_a_base_that_never_saw_the_templates_tokens_is_refused_with_the_way_out(tmp_path: Path) -> None:
    recipe, prompts = toy_recipe(tmp_path, {"accuracy": 1.0}), toy_prompts(tmp_path / "prompts.jsonl")
    raw = [f"distill.base={tiny_base(tmp_path / 'raw')}"]
    with pytest.raises(RecipeError, match=r"never trained on .*<think>.*Fine-tune it first.*distill.template=r1-zero"):
        grpo(recipe, prompts, out=tmp_path / "out", overrides=raw)
    assert not (tmp_path / "out.work" / "prompts.jsonl").exists()
    own = [
        *raw,
        "distill.max_prompt_tokens=512",
        "distill.template=r1-zero",
        "distill.tokens={}",
        "distill.bos=null",
        "distill.eos=null",
    ]
    assert check(recipe, prompts, out=tmp_path / "out", overrides=own).document.endswith("Assistant:")


def test_a_wrong_value_is_refused_before_the_base_is_fetched(tmp_path: Path) -> None:
    recipe, prompts = toy_recipe(tmp_path, {"accuracy": 1.0}), toy_prompts(tmp_path / "prompts.jsonl")
    wrong = ["distill.base=nowhere/at-all", "lr_scheduler_type=grop"]
    for attempt in (partial(plan, recipe, num_gpus=1), partial(grpo, recipe, prompts), partial(check, recipe, prompts)):
        with pytest.raises(RecipeError, match="grop"):
            attempt(out=tmp_path / "out", overrides=wrong)


def test_what_is_checked_is_ready_to_launch_and_says_which_references_nothing_could_match(tmp_path: Path) -> None:
    recipe, prompts = toy_recipe(tmp_path, {"accuracy": 1.0}), toy_prompts(tmp_path / "prompts.jsonl")
    with prompts.open("a") as file:
        file.write(json.dumps({"id": "odd", "prompt": "Which?", "choices": ["red", "blue"], "answer": "D"}) + "\n")
    found = check(recipe, prompts, out=tmp_path / "out")
    assert len(found.prompts.prompts) == NUM_PROMPTS + 1
    assert found.document.endswith("<｜User｜>What is 0 + 0?<｜Assistant｜><think>\n")
    assert list(found.objections) == ["odd"]
    work = tmp_path / "out.work"
    assert found.serve is None
    assert "distill.training.grpo.worker" in (work / "launch.sh").read_text()
    assert {"train.yaml", "rewards.json", "worker.json", "prompts.jsonl"} <= {file.name for file in work.iterdir()}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("curriculum", ["easy_first", "hard_first", None])
def test_a_curriculum_is_the_order_in_which_the_trainer_asks(tmp_path: Path, curriculum: str | None) -> None:
    recipe, prompts = toy_recipe(tmp_path, {"format": 1.0}), tmp_path / "prompts.jsonl"
    rows = [{"prompt": f"What is {n} + {n}?", "answer": str(2 * n), "pass_rate": n / 10} for n in range(NUM_PROMPTS)]
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    check(recipe, prompts, out=tmp_path / "out", overrides=[f"distill.curriculum={curriculum or 'null'}"])
    asked = [str(turns[0]["content"]) for turns in asked_by_trainer(tmp_path / "out.work")]
    in_order = [str(row["prompt"]) for row in rows]
    if curriculum is None:
        assert asked not in (in_order, in_order[::-1])
    else:
        assert asked == (in_order[::-1] if curriculum == "easy_first" else in_order)


def asked_by_trainer(work: Path) -> list[list[dict[str, str]]]:
    """The prompts in the order in which TRL's trainer takes them up, by the settings in a work folder."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer  # type: ignore[attr-defined]

    rows = Dataset.from_list(read_written(work))
    training, model = parse(work / "train.yaml", GRPOConfig)
    trainer = GRPOTrainer(
        model=str(model.model_name_or_path), reward_funcs=[lambda **_: [0.0]], args=training, train_dataset=rows
    )
    indices = dict.fromkeys(trainer._get_train_sampler())
    return [rows[index]["prompt"] for index in indices]


def test_an_engine_on_gpus_of_its_own_is_started_by_the_line_that_is_shown(tmp_path: Path) -> None:
    server = ["vllm_mode=server", "vllm_server_port=8123", "distill.student=qwen-32b", "distill.base=students/cold"]
    shown = plan("r1-stage1", out=tmp_path / "out", overrides=server, num_gpus=64).line.splitlines()
    assert shown[0] == (
        f"trl vllm-serve --model {tmp_path}/out.work/student --tensor_parallel_size 2 --max_model_len 32768 "
        "--gpu_memory_utilization 0.9 --port 8123 --dtype bfloat16"
    )
    assert shown[1].startswith("accelerate launch")
    served = taken_by_trl(shown[0])
    assert (served.tensor_parallel_size, served.max_model_len, served.port) == (2, 32768, 8123)
    assert len(plan("r1-stage1", out=tmp_path / "out", overrides=server[2:], num_gpus=64).line.splitlines()) == 1


def taken_by_trl(line: str) -> "ScriptArguments":
    """What TRL's own parser makes of a line that starts its server."""
    from trl import TrlParser  # type: ignore[attr-defined]
    from trl.scripts.vllm_serve import ScriptArguments

    (found,) = TrlParser((ScriptArguments,)).parse_args_and_config(shlex.split(line)[2:])  # type: ignore[arg-type]
    assert isinstance(found, ScriptArguments)
    return found


def finished(out: Path, recipe: Path, prompts: Path) -> GrpoResult:
    """Leave what a training leaves in its model folder, after its work folder was removed."""
    loaded = load(recipe)
    settings = {"recipe": loaded.digest, "base": student.prepare(loaded.distill).digest}
    result = GrpoResult(
        model=out,
        lineage=lineage_of(loaded, settings, (), {"seconds": 1.0, "hardware": "1 × CPU"}),
        prompts=str(prompts),
        prompts_digest=prepare(prompts, student.prepare(loaded.distill).folder, loaded, VerifySection()).digest,
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

    trained = load(out / "recipe.yaml")
    assert (trained.trl, trained.distill) == (load(recipe).trl, load(recipe).distill)
    shutil.rmtree(tmp_path / "out.work")  # what is finished needs it no more
    assert grpo(recipe, prompts, out=out) == result.model_copy(update={"was_done": True})
    with pytest.raises(RunError, match="a training with another recipe"):
        grpo(recipe, prompts, out=out, overrides=["learning_rate=1e-4"])
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "| rewards | format × 1, length × 0.1, raises × 1 |" in card
    assert "| step | reward | format | length | raises | tokens | cut off | undecided |" in card
    assert "| completions that nothing could decide on | 0.0%, which taught nothing |" in card
    assert (
        "| sampling | num_generations 4, temperature 1.0, max_completion_length 12, generation_batch_size 8 |" in card
    )
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
def test_what_earns_more_is_written_more_often(tmp_path: Path) -> None:
    keys = {"max_steps": 40, "learning_rate": 5e-3, "lr_scheduler_type": "constant"}
    recipe = toy_recipe(tmp_path, {"tests.planted_rewards:share_of_digits": 1.0}, **keys)
    curve = grpo(recipe, toy_prompts(tmp_path / "prompts.jsonl"), out=tmp_path / "out").curve
    first, last = (fmean(point.reward or 0.0 for point in part) for part in (curve[:10], curve[-10:]))
    assert last > 2 * first


@pytest.mark.slow
@pytest.mark.real
def test_a_real_model_is_scored_reinforced_and_scored_again(tmp_path: Path) -> None:
    """That it learns takes ten minutes: `distill run r1-zero-toy` shows it."""
    held_out = tmp_path / "heldout.jsonl"
    held_out.write_text("".join((recipes_folder() / "quickstart" / "heldout.jsonl").read_text().splitlines(True)[:8]))
    fewer = [f"{stage}.{key}" for stage in ("before", "score") for key in (f"file={held_out}", "num_samples=2")]
    fewer += ["zero.overrides.max_steps=2", "zero.overrides.distill.batch.size=16"]
    pipeline = load_any("r1-zero-toy", [f"run={tmp_path / 'run'}", *fewer])
    assert isinstance(pipeline, Pipeline)
    run_pipeline(pipeline)
    curve = json.loads((tmp_path / "run" / "zero" / "model" / "grpo.json").read_text())["curve"]
    assert [(point["step"], 0 <= point["reward"] <= 1) for point in curve] == [(1, True), (2, True)]
    scores = read_scores(tmp_path / "run")
    assert [(scores[name].num_prompts, scores[name].num_samples) for name in ("before", "score")] == [(8, 16), (8, 16)]
