"""One real student, all the way: adapters on the quickstart's sums, examined while it trains, exported merged."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from distill.reasoning import join
from distill.recipe.loading import recipes_folder
from distill.training.work_folder import METRICS, work_of

LORA = ["use_peft=true", "learning_rate=1e-3", "distill.batch.size=2", "per_device_train_batch_size=2", "max_steps=20"]
EXAMINED = ["eval_strategy=steps", "eval_steps=10", "distill.held_out.max_tokens=48", "distill.held_out.temperature=0"]
KEPT = ["save_strategy=steps", "save_steps=10", "load_best_model_at_end=true", "metric_for_best_model=loss"]


def sums(name: str, number: int) -> list[dict[str, str]]:
    """Prompts of the quickstart that are one operation."""
    lines = (recipes_folder() / "quickstart" / name).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if re.fullmatch(r"What is \d+ \S \d+\?", row["prompt"])][:number]


def solved(prompt: dict[str, str]) -> dict[str, object]:
    """A row that answers a prompt as the quickstart's teacher does."""
    asked = prompt["prompt"].removeprefix("What is ").removesuffix("?")
    content = join(None, f"{asked} = {prompt['answer']}\nThe answer is \\boxed{{{prompt['answer']}}}.")
    turns = {"prompt": [{"role": "user", "content": prompt["prompt"]}]}
    return {"id": asked, **turns, "completion": [{"role": "assistant", "content": content}], "domain": "math"}


def written(path: Path, rows: list[dict[str, str]] | list[dict[str, object]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.real
def test_a_real_student_is_examined_while_adapters_train_and_is_exported_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForCausalLM

    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    rows = written(tmp_path / "rows.jsonl", [solved(prompt) for prompt in sums("train.jsonl", 40)])
    aside = written(tmp_path / "aside.jsonl", [solved(prompt) for prompt in sums("heldout.jsonl", 4)])
    prompts = written(tmp_path / "prompts.jsonl", sums("heldout.jsonl", 6))
    held_out = [f"distill.held_out.rows={aside}", f"distill.held_out.prompts={prompts}"]
    line = [sys.executable, "-m", "distill", "sft", "--recipe", "smollm2-135m", "--dataset", str(rows)]
    out = tmp_path / "student"
    subprocess.run([*line, "--out", str(out), *LORA, *EXAMINED, *KEPT, *held_out], check=True)

    log = json.loads((work_of(out) / METRICS).read_text(encoding="utf-8"))["log"]
    examined = {entry["step"]: entry for entry in log if "eval_loss" in entry}
    assert list(examined) == [10, 20]
    assert examined[20]["eval_loss"] < examined[10]["eval_loss"]
    assert [entry["eval_num_answers"] for entry in examined.values()] == [6, 6]
    assert all(0 <= entry["eval_pass_at_1"] <= 1 for entry in examined.values())

    assert not list(out.glob("adapter*"))
    base = AutoModelForCausalLM.from_pretrained(next((tmp_path / "cache" / "students").iterdir()))
    model = AutoModelForCausalLM.from_pretrained(out)
    changed = {name for name, tensor in model.state_dict().items() if not tensor.equal(base.state_dict()[name])}
    assert {name.split(".")[-2] for name in changed} == {"q_proj", "v_proj"}

    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| 20 | {examined[20]['eval_loss']:.3f} | {examined[20]['eval_pass_at_1']:.1%} |" in card
