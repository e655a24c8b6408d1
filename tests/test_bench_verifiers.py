"""`scripts/bench/verifiers.py` and `serve_verifier.py` on toy files of the public form: what they read and write."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

BENCH = Path(__file__).parent.parent / "scripts" / "bench"
RIGHT, WRONG = "So it is \\boxed{4}.", "So it is \\boxed{5}."


def rated(question: str, model: str, response: str, rating: int) -> dict[str, object]:
    return {"question_id": question, "model": model, "answer": "4 ", "response": response, "rating_match": rating}


def rated_together(question: str, ratings: Sequence[int]) -> dict[str, object]:
    """A row of GPQA's form: the models' answers side by side."""
    models, responses = ["one", "two", "three"], ["4", "5", "4.0"]
    return {**rated(question, "", "", 0), "model": models, "response": responses, "rating_match": ratings}


def fact(label: bool | None, *, is_improper: bool = False) -> dict[str, object]:
    """A question of EVOUNA's form, its answer spelled in two ways."""
    return {
        "question": "?", "golden_answer": "four/4", "answer_fid": "4", "judge_fid": label,
        "answer_gpt4": "\\boxed{5}", "judge_gpt4": label and False, "improper": is_improper,
    }  # fmt: skip


SETS: dict[str, object] = {
    "tinyv/HardVerify-Math.json": [{"ground_truth": "$x=4$", "fn_output": "x=4", "tn_output": "\\boxed{x=5}"}],
    "am/2907.jsonl": [
        rated("a", "one", "4", 5), rated("a", "two", "5", 1), rated("b", "one", "4", 4), rated("c", "one", "4", 5),
    ],
    "am/strat1shash.jsonl": [rated("b", "one", "4", 3), rated("a", "two", "5", 2), rated("a", "one", "4", 4)],
    "am/nikhil_gpqa.jsonl": [rated_together("a", [5, 1, 4]), rated_together("b", [5, 2, 5])],
    "am/ameya_gpqa.jsonl": [rated_together("b", [4, 1, 5]), rated_together("a", [5, 1, 1])],
    "scoring_examples.json": [
        {"GT": "4", "Ans": [{"answer": "4", "equal": True}, {"answer": "5", "equal": False}]},
        {"GT": "4", "Ans": [{"answer": "4.1", "precision": "0.1", "equal": True}]},
    ],
    "NQ.json": [fact(True), fact(None), fact(True, is_improper=True)],
    "TQ.json": [fact(True)],
    "example_model_solutions.jsonl": [
        {
            "question": "?", "ground_truth": "2 + 2 = <<2+2=4>>4\nA: 4",
            "6b": {"solution": RIGHT, "is_correct": True}, "175b": {"solution": WRONG, "is_correct": False},
        }
    ],
    "math_cot_100.jsonl": [{"gt": "4", "code": [RIGHT, WRONG, "\u2028\\boxed{4}"], "score": [True, False, True]}],
}  # fmt: skip
COUNTS = {
    "HardVerify-Math": (1, 1), "MMLU-Pro free-form, two people": (1, 1), "GPQA free-form, two people": (3, 2),
    "OlympiadBench judge": (1, 1), "EVOUNA NQ": (1, 1), "EVOUNA TQ": (1, 1), "GSM8K outputs": (1, 1),
    "Qwen2.5-Math, 100 × 8": (2, 1),
}  # fmt: skip
"""Right and wrong answers of the files above."""


def written(folder: Path) -> Path:
    for name, rows in SETS.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        assert isinstance(rows, list)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file.write_text(json.dumps(rows) if file.suffix == ".json" else lines, encoding="utf-8")
    return folder


def bench(part: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, str(BENCH / f"{part}.py"), *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=True)


def figures(file: Path) -> dict[str, dict[str, object]]:
    return {figure["case"]: figure for figure in json.loads(file.read_text())}


def test_every_set_is_read_in_its_own_form(tmp_path: Path) -> None:
    folder = tmp_path / "sets"
    folder.mkdir()
    done = bench("verifiers", "--sets", written(folder), "--checkers", "--policies", "strict", "--json", tmp_path / "f")
    found = figures(tmp_path / "f")
    for name, (num_right, num_wrong) in COUNTS.items():
        right, wrong = found[f"{name}: right answers passed, of {num_right}"], f"{name}: wrong answers passed, of"
        assert right["value"] == 100.0 and right["higher_is_better"]
        low, high = right["low"], right["high"]
        assert isinstance(low, float) and low < 100.0 == high
        assert found[f"{wrong} {num_wrong}"]["value"] == 0.0
        assert f"{name}: abstains, of {num_right + num_wrong}" in found
    assert "| verifiers: EVOUNA TQ: wrong answers failed, of 1 | %, more is better |" in done.stdout
    assert "Wilson" in done.stderr and "is not measured" not in done.stderr


def test_what_is_not_there_is_told_and_where_it_is_to_be_had(tmp_path: Path) -> None:
    (tmp_path / "2907.jsonl").write_text("")
    done = bench("verifiers", "--sets", tmp_path, "--checkers", "--policies", "lenient", "--json", tmp_path / "figures")
    assert json.loads((tmp_path / "figures").read_text()) == []
    assert "put HardVerify-Math.json of uw-nsl/TinyV benchmarks/ into" in done.stderr
    assert "put 2907.jsonl and strat1shash.jsonl of nikhilchandak/answer-matching" in done.stderr
    assert "there is no policy lenient; there are strict" in done.stderr


@pytest.mark.parametrize("module", ["verifiers", "verifier_sets"])
def test_its_modules_do_what_their_examples_show(module: str) -> None:
    line = [sys.executable, "-m", "doctest", f"{module}.py"]
    assert subprocess.run(line, cwd=BENCH, capture_output=True, text=True, check=True).stdout == ""


@pytest.mark.slow
def test_the_service_is_measured_beside_the_file(tmp_path: Path) -> None:
    bench("serve_verifier", "--quick", "--clients", 4, "--batch", 32, "--json", tmp_path / "figures")
    found = json.loads((tmp_path / "figures").read_text())
    assert [figure["system"] for figure in found[:2]] == ["distill, service", "distill, verify FILE"]
    assert [figure["unit"] for figure in found] == ["verdicts/s", "verdicts/s", "%", "ms"]
