import json
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.errors import InputError
from distill.recipe.sections import VerifySection
from distill.verifiers.verify import verify_files

SETTINGS = VerifySection(workers=2)
ROWS: list[dict[str, object]] = [
    {"id": "right", "prompt": "?", "answer": "4", "completion": "<think>2+2</think>\\boxed{4}"},
    {"id": "wrong", "prompt": "?", "answer": "4", "completion": "<think>2+2</think>\\boxed{5}"},
    {"id": "only thought", "prompt": "?", "answer": "4", "completion": "<think>\\boxed{4}</think> I do not know."},
    {"id": "unfinished", "prompt": "?", "answer": "4", "completion": "<think>\\boxed{4}"},
    {"id": "empty", "prompt": "?", "answer": "4", "completion": ""},
]
OUTCOMES = ["pass", "fail", "fail", "fail", "fail"]


def write(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def verdicts(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_verdicts_come_one_a_line_in_input_order(tmp_path: Path) -> None:
    counts = verify_files([write(tmp_path / "c.jsonl", ROWS)], tmp_path / "v.jsonl", SETTINGS)
    found = verdicts(tmp_path / "v.jsonl")
    assert [v["id"] for v in found] == [row["id"] for row in ROWS]
    assert [v["outcome"] for v in found] == OUTCOMES
    assert list(found[0]) == ["id", "outcome", "verifier", "extracted", "reason", "seconds"]
    assert found[0]["verifier"] == "math_answer"
    assert counts == {"pass": 1, "fail": 4, "abstain": 0}


def test_parquet_goes_in_and_out(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "c.parquet")
    verify_files([tmp_path / "c.parquet"], tmp_path / "v.parquet", SETTINGS)
    assert pq.read_table(tmp_path / "v.parquet").column("outcome").to_pylist() == OUTCOMES


def test_a_row_that_cannot_be_read_is_an_abstain_that_says_why(tmp_path: Path) -> None:
    bad = [{"id": "no completion", "answer": "4"}, {"id": "bad answer", "answer": [], "completion": "4"}, ["no object"]]
    verify_files([write(tmp_path / "c.jsonl", [ROWS[0], *bad, ROWS[1]])], tmp_path / "v.jsonl", SETTINGS)
    found = verdicts(tmp_path / "v.jsonl")
    assert [v["outcome"] for v in found] == ["pass", "abstain", "abstain", "abstain", "fail"]
    assert "row 2: `completion` should be text, but is nothing" in str(found[1]["reason"])
    assert "row 3: `answer` should be text or a number" in str(found[2]["reason"])
    assert "row 4: it should be a JSON object" in str(found[3]["reason"])


def test_an_interrupted_file_is_continued_behind_its_last_whole_line(tmp_path: Path) -> None:
    file, out = write(tmp_path / "c.jsonl", ROWS), tmp_path / "v.jsonl"
    verify_files([file], out, SETTINGS)
    whole = verdicts(out)
    partial = tmp_path / "v.jsonl.partial"
    out.rename(partial)
    os.truncate(partial, partial.stat().st_size - 20)
    about = file.stat()
    origin = {"input": str(file), "bytes": about.st_size, "mtime_ns": about.st_mtime_ns, **SETTINGS.digested()}
    (tmp_path / "v.jsonl.partial.json").write_text(json.dumps(origin))
    verify_files([file], out, SETTINGS)
    again = verdicts(out)
    assert [v["outcome"] for v in again] == OUTCOMES
    assert again[:4] == whole[:4]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.jsonl", "v.jsonl"]


def test_leavings_of_another_input_are_not_continued(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl.partial").write_text('{"id": "old"}\n')
    (tmp_path / "v.jsonl.partial.json").write_text('{"input": "other"}')
    verify_files([write(tmp_path / "c.jsonl", ROWS)], tmp_path / "v.jsonl", SETTINGS)
    assert [v["id"] for v in verdicts(tmp_path / "v.jsonl")] == [row["id"] for row in ROWS]


def test_a_file_without_completions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 1 is no completion row"):
        verify_files([write(tmp_path / "c.jsonl", [{"prompt": "?"}])], tmp_path / "v.jsonl", SETTINGS)


HALF = "\ud83d"
"""Half of a surrogate pair, which UTF-8 cannot hold."""


@pytest.mark.parametrize(
    ("row", "is_right"),
    [
        ({"id": HALF, "answer": "4", "completion": "\\boxed{4}"}, True),
        ({"prompt": HALF, "answer": "4", "completion": "\\boxed{4}"}, True),
        ({"answer": HALF, "completion": "\\boxed{4}"}, False),
        ({"answer": "4", "completion": f"\\boxed{{4}} {HALF}"}, True),
        ({"answer": "red", "completion": f"\\boxed{{{HALF}}}"}, False),
        ({"answer": "A", "choices": [HALF, "blue"], "completion": f"The answer is (B). {HALF}"}, False),
        ({"constraints": [{"id": HALF}], "completion": HALF}, False),
    ],
)
def test_half_of_a_surrogate_pair_stops_nothing(tmp_path: Path, row: dict[str, object], is_right: bool) -> None:
    verify_files([write(tmp_path / "c.jsonl", [ROWS[0], row])], tmp_path / "v.jsonl", SETTINGS)
    assert [v["outcome"] == "pass" for v in verdicts(tmp_path / "v.jsonl")] == [True, is_right]


@pytest.mark.parametrize(
    "program",
    [
        r"print('\ud83d')",
        r"import sys; sys.stdout.buffer.write(b'\xed\xa0\xbd')",
        r"import sys; sys.stdout.reconfigure(errors='surrogatepass'); print('\ud83d')",
        f"print('{HALF}')",
        r"raise ValueError('\ud83d')",
    ],
)
def test_a_program_that_writes_half_of_a_surrogate_pair_fails(tmp_path: Path, program: str) -> None:
    row = {"tests": {"cases": [{"stdin": "", "stdout": "4"}]}, "completion": f"```python\n{program}\n```"}
    verify_files([write(tmp_path / "c.jsonl", [ROWS[0], row])], tmp_path / "v.jsonl", SETTINGS)
    assert [v["outcome"] for v in verdicts(tmp_path / "v.jsonl")] == ["pass", "fail"]


def test_a_row_that_is_nested_too_deeply_is_an_abstain(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(json.dumps(ROWS[0]) + "\n" + "[" * 100_000 + "\n")
    verify_files([tmp_path / "c.jsonl"], tmp_path / "v.jsonl", SETTINGS)
    assert [v["outcome"] for v in verdicts(tmp_path / "v.jsonl")] == ["pass", "abstain"]


def test_a_tolerance_is_opted_for_and_named_where_it_decided(tmp_path: Path) -> None:
    rounded = {"id": "rounded", "prompt": "?", "answer": "0.46", "completion": r"\boxed{\frac{6}{13}}"}
    file = write(tmp_path / "c.jsonl", [rounded, ROWS[0]])
    verify_files([file], tmp_path / "exact.jsonl", SETTINGS)
    verify_files([file], tmp_path / "rounded.jsonl", SETTINGS.model_copy(update={"tolerance": "reference-digits"}))
    assert [v["outcome"] for v in verdicts(tmp_path / "exact.jsonl")] == ["fail", "pass"]
    found = verdicts(tmp_path / "rounded.jsonl")
    assert [v["reason"] for v in found] == ["equal under policy reference-digits (boxed)", "equal (boxed)"]


def test_what_asks_for_no_tolerance_has_the_digest_of_older_runs() -> None:
    assert "tolerance" not in SETTINGS.digested()
    assert SETTINGS.model_copy(update={"tolerance": "reference-digits"}).digested()["tolerance"] == "reference-digits"
