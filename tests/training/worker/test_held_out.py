import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from distill.errors import DistillError
from distill.records import Outcome
from distill.training.job import TrainingEvent
from distill.training.sft import check, sft
from distill.training.work_folder import METRICS, work_of
from distill.training.worker import sft as worker
from distill.training.worker.held_out import Examined, measures
from distill.verifiers import dispatch
from tests.training.tiny import kill_training, tiny_base, tiny_dataset, tiny_recipe

Entry = dict[str, float]
BEST = ["load_best_model_at_end=true", "metric_for_best_model=pass_at_1", "greater_is_better=true"]
SAVING = ["save_strategy=steps", "save_steps=4", "save_total_limit=2"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def sums(path: Path, num_rows: int = 4) -> Path:
    """Prompts that `tiny_dataset` has the answers to."""
    rows = ({"prompt": f"What is {n} + {n}?", "answer": str(2 * n)} for n in range(num_rows))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def examining(tmp_path: Path, *overrides: str, num_prompts: int = 4) -> list[str]:
    prompts = sums(tmp_path / "sums.jsonl", num_prompts)
    return [f"distill.held_out.prompts={prompts}", "eval_strategy=steps", "eval_steps=4", *overrides]


def prepared(tmp_path: Path, overrides: list[str], num_rows: int = 16, name: str = "out") -> Path:
    """The work folder of a tiny student that is ready to be trained."""
    recipe = tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base"))
    rows = tiny_dataset(tmp_path / "rows.jsonl", num_rows)
    check(recipe, rows, out=tmp_path / name, overrides=overrides)
    return work_of(tmp_path / name)


def trained(work: Path) -> dict[str, Any]:
    """Train in this process, and give the measures."""
    worker.main(work)
    return measured(work)


def measured(work: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((work / METRICS).read_text(encoding="utf-8"))
    return found


def examinations(found: dict[str, Any]) -> list[Entry]:
    """The evaluations in a log, without what they took."""
    timed = ("eval_runtime", "eval_samples_per_second", "eval_steps_per_second")
    entries = [entry for entry in found["log"] if "eval_num_answers" in entry]
    return [{name: value for name, value in entry.items() if name not in timed} for entry in entries]


def losses(found: dict[str, Any]) -> list[tuple[float, float]]:
    return [(entry["loss"], entry["grad_norm"]) for entry in found["log"] if "loss" in entry]


LEARNING = ["num_train_epochs=60", "learning_rate=0.01", "eval_steps=20", "distill.held_out.temperature=0"]
"""By heart: the four sums of the prompts."""


def held_out_losses(found: dict[str, Any]) -> list[float]:
    return [entry["eval_loss"] for entry in found["log"] if "eval_loss" in entry]


def test_what_a_student_knows_by_heart_it_answers(tmp_path: Path) -> None:
    often = [*LEARNING, "eval_steps=5", "distill.held_out.max_tokens=40"]
    found = examinations(trained(prepared(tmp_path, examining(tmp_path, *often), num_rows=4)))
    assert [entry["step"] for entry in found] == list(range(5, 61, 5))
    assert (found[0]["eval_pass_at_1"], found[-1]["eval_pass_at_1"]) == (0, 1)
    counts = {name: found[-1][f"eval_num_{name}"] for name in ("answers", "truncated", "undecided")}
    assert counts == {"answers": 4, "truncated": 0, "undecided": 0}


def test_an_answer_that_is_cut_off_has_failed(tmp_path: Path) -> None:
    short = [*LEARNING, "eval_steps=60", "distill.held_out.max_tokens=2", "distill.held_out.num_samples=3"]
    found = examinations(trained(prepared(tmp_path, examining(tmp_path, *short), num_rows=4)))
    counts = [(entry["eval_num_truncated"], entry["eval_num_undecided"], entry["eval_pass_at_1"]) for entry in found]
    assert counts == [(12, 0, 0)]


class Broken:
    """A verifier whose workers are gone."""

    def __init__(self, *_: object) -> None:
        pass

    async def verify(self, *_: object) -> None:
        raise BrokenPipeError("the workers are gone")

    async def close(self) -> None:
        raise BrokenPipeError("the workers are gone")


def test_a_training_outlives_its_verifiers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(dispatch.VERIFIERS, "math_answer", Broken)
    learning = [*LEARNING, "distill.held_out.max_tokens=40"]
    saving = ["save_strategy=steps", "save_steps=20", "distill.held_out.patience=1", *BEST]
    work = prepared(tmp_path, examining(tmp_path, *learning, *saving), num_rows=4)
    found = trained(work)
    assert [entry["eval_num_undecided"] for entry in examinations(found)][-1] == 4
    assert not any("eval_pass_at_1" in entry for entry in examinations(found)[1:])
    assert (found["log"][-1]["step"], found["best_step"]) == (60, None)
    assert "the workers are gone" in capsys.readouterr().out


def test_the_rate_is_a_mean_over_prompts_of_what_was_decided() -> None:
    outcomes = [(0, Outcome.PASS), (0, Outcome.FAIL), (1, Outcome.PASS), (1, Outcome.ABSTAIN), (2, Outcome.ABSTAIN)]
    found = measures([Examined(prompt, outcome, is_truncated=False) for prompt, outcome in outcomes])
    assert found == {"eval_pass_at_1": 0.75, "eval_num_answers": 5, "eval_num_truncated": 0, "eval_num_undecided": 2}
    assert "eval_pass_at_1" not in measures([Examined(0, Outcome.ABSTAIN, is_truncated=False)])


LORA = ["use_peft=true", "lora_r=4", "lora_dropout=0.5", "lora_target_modules=[q_proj, v_proj]"]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks transformers
@pytest.mark.parametrize(
    "overrides", [[], ["activation_checkpointing=true"], LORA, [*LORA, "activation_checkpointing=true"]],
    ids=["full", "checkpointed", "lora", "lora checkpointed"],
)  # fmt: skip
def test_a_training_learns_the_same_whether_it_is_examined_or_not(tmp_path: Path, overrides: list[str]) -> None:
    evaluating = [
        "distill.held_out.share=0.3",
        "eval_strategy=steps",
        "eval_steps=1",
        "distill.held_out.max_tokens=8",
        *overrides,
    ]
    without = trained(prepared(tmp_path, evaluating, name="without"))
    with_them = trained(prepared(tmp_path, examining(tmp_path, *evaluating), name="with"))
    assert losses(with_them) == losses(without)
    assert held_out_losses(with_them) == held_out_losses(without)
    assert (len(examinations(with_them)), len(examinations(without))) == (len(losses(without)), 0)


@pytest.mark.slow
def test_the_kept_checkpoint_outlives_the_others_and_is_what_is_exported(tmp_path: Path) -> None:
    """No answer is right, so the first evaluation stays the best."""
    keeping = ["distill.held_out.max_tokens=2", "distill.export_dtype=float32", *SAVING, *BEST]
    recipe, rows = (
        tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base")),
        tiny_dataset(tmp_path / "r.jsonl", 48),
    )
    sft(recipe, rows, out=tmp_path / "out", overrides=examining(tmp_path, *keeping))
    work = work_of(tmp_path / "out")
    assert measured(work)["best_step"] == 4
    assert sorted(folder.name for folder in work.glob("checkpoint-*")) == ["checkpoint-12", "checkpoint-4"]
    best, last, ours = (
        load_file(folder / "model.safetensors")
        for folder in (work / "checkpoint-4", work / "checkpoint-12", tmp_path / "out")
    )
    assert all(ours[name].equal(best[name]) for name in ours)
    assert not all(ours[name].equal(last[name]) for name in ours)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["cpu", "fsdp2"])
def test_two_killed_processes_examine_as_unbroken_ones(tmp_path: Path, layout: str) -> None:
    recipe, rows = (
        tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base")),
        tiny_dataset(tmp_path / "r.jsonl", 48),
    )
    drawing = ["distill.held_out.temperature=1", "distill.held_out.max_tokens=8", *SAVING, *BEST]
    overrides = examining(tmp_path, *drawing, f"distill.accelerate={layout}", num_prompts=5)

    train = partial(sft, recipe, rows, overrides=overrides, num_gpus=2)
    train(out=tmp_path / "whole")

    def kill(progress: TrainingEvent) -> None:
        if progress.stage == "train" and progress.done == 6:
            kill_training()

    with pytest.raises(DistillError, match="exit code"):
        train(out=tmp_path / "broken", report=kill)
    train(out=tmp_path / "broken")
    found = [measured(work_of(tmp_path / name)) for name in ("whole", "broken")]
    assert losses(found[0]) == losses(found[1])
    assert examinations(found[0]) == examinations(found[1])
    assert found[0]["best_step"] == found[1]["best_step"]
    assert [entry["eval_num_answers"] for entry in examinations(found[0])] == [5, 5, 5]
    whole, broken = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert all(tensor.equal(broken[name]) for name, tensor in whole.items())
