"""factory ─▶ dataset ─▶ verify: a row of each domain has the verdict that it had, and whoever changes one is told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from distill.cli import app
from distill.dataset.select import select
from distill.recipe.sections import JudgeSection, SelectSection, VerifySection
from distill.rows import columns as schemas
from distill.rows.parse import parse_prompt
from distill.store import RunFolder
from distill.verifiers.verify import rows_of, verify_files, verify_run
from tests.runs import Drawn, Group, group, make_run
from tests.verifiers.test_judge import Scripted, opinion

SETTINGS = VerifySection(workers=1)
Line = dict[str, object]


def drawn(answer: str, *, reasoning: str | None = "So be it.", finish_reason: str = "stop") -> Drawn:
    return Drawn("none", 5, reasoning, answer, finish_reason)


def prompt(name: str, *samples: Drawn, **columns: object) -> Group:
    question = {"id": name, "prompt": f"What is {name}?", "source": "toy", "license": "MIT"}
    return Group(schemas.prompt_row(parse_prompt(question | columns)), samples)


PROGRAM = "```python\nprint(int(input()) + 1)\n```"
ODD = 'The tag `</think>` ends what "<think>" began.\n\n\\boxed{4}\n'
DOMAINS = [
    prompt("math", drawn(r"\boxed{4}"), drawn(ODD, reasoning=None), drawn("5"), drawn("4", finish_reason="length"),
           drawn(r"<think>again</think> \boxed{4}", reasoning=""), drawn("x\n</think>\n\n\\boxed{4}"), answer="4"),
    prompt("choice", drawn("The answer is (B)."), drawn("(A)"), answer="B", choices=["red", "blue"]),
    prompt("code", drawn(PROGRAM), drawn("```python\nprint(1)\n```"), tests={"cases": [{"stdin": "1", "stdout": "2"}]}),
    prompt("rules", drawn("  No commas here.  "), drawn("One, two."), constraints=[{"id": "punctuation:no_comma"}]),
    prompt("open", drawn(r"\boxed{7}"), drawn(r"\boxed{7.0}"), drawn(r"\boxed{8}")),
]  # fmt: skip


def dataset(
    folder: Path, groups: Sequence[Group] = DOMAINS, checks: VerifySection = SETTINGS, **settings: object
) -> Path:
    run = make_run(folder / "run", groups)
    with RunFolder.open(run.path, lambda _: None) as opened:
        verify_run(opened, checks)
    chosen = {"policy": "all", "filters": [], "vote_share": 0.6, "held_out": 0.3} | settings
    select([RunFolder.at(run.path)], folder / "out", SelectSection.model_validate(chosen))
    return folder / "out"


def again(folder: Path, *files: Path, checks: VerifySection = SETTINGS) -> list[Line]:
    verify_files(files, folder / "v.jsonl", checks)
    return [json.loads(line) for line in (folder / "v.jsonl").read_text().splitlines()]


def table(folder: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(file) for file in sorted((folder / "data").iterdir()))


def test_a_row_of_each_domain_has_the_same_verdict_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = dataset(tmp_path)
    files = rows_of(out)
    assert files is not None
    found = again(tmp_path, files)
    assert {line["was_verifier"] for line in found} == {
        "math_answer", "choice", "unit_tests", "constraints", "majority_vote",
    }  # fmt: skip
    assert [(line["id"], line["outcome"], line["changed"]) for line in found] == [
        (name, "pass", False) for name in table(out).column("id").to_pylist()
    ]
    keys = [(line["id"], line["run"], line["sample_index"]) for line in found]
    assert len(set(keys)) == len(keys) == 9
    assert {index for name, _, index in keys if name == "math"} == {0, 1, 4, 5}
    assert "All 9 rows that were checked again have the verdict that the dataset states." in _said(capsys)


def test_rows_that_changed_are_marked_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(dataset(tmp_path)).to_pylist()
    for row in rows:
        if row["id"] in ("math", "code"):
            row["reference"] |= {"answer": row["answer"] and "5", "tests": None}
    pq.write_table(pa.Table.from_pylist(rows, schema=table(tmp_path / "out").schema), tmp_path / "c.parquet")
    found = again(tmp_path, tmp_path / "c.parquet")
    changed = {line["id"]: (line["was"], line["outcome"]) for line in found if line["changed"]}
    assert changed == {"math": ("pass", "fail"), "code": ("pass", "abstain")}
    said = _said(capsys)
    assert "5 of 9 rows changed their verdict; their lines say `changed`:" in said
    assert "math_answer: pass → fail, 4 rows: math (sample " in said
    assert "unit_tests: pass → abstain, 1 row: code (sample 0)" in said


def test_what_a_judge_decided_is_not_checked_without_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(dataset(tmp_path, [DOMAINS[0]])).slice(0, 1).to_pylist()
    rows[0] |= {"verifier": "judge", "judge": "wise", "answer": None}
    rows[0]["reference"] = dict.fromkeys(rows[0]["reference"])
    (tmp_path / "c.jsonl").write_text(json.dumps(rows[0]) + "\n")
    (line,) = again(tmp_path, tmp_path / "c.jsonl")
    assert (line["outcome"], line["was"], line["was_judge"], line["changed"]) == ("abstain", "pass", "wise", None)
    assert "Not checked again: 1 row, of which wise had decided; add --judge wise --judge-endpoint URL." in _said(
        capsys
    )


def test_a_judges_row_has_the_same_verdict_of_the_same_judge(tmp_path: Path) -> None:
    scripted = Scripted(lambda body, ticket: opinion(ticket, helpful="yes", harmless="yes"))
    groups = [prompt("open", drawn("Cheer up."), drawn("Hum a tune.")), DOMAINS[1]]
    with scripted.endpoint.running() as judge:
        checks = VerifySection(workers=1, judge=JudgeSection(model="judge", endpoints=(judge.url,)))
        out = dataset(tmp_path, groups, checks)
        asked = ["verify", str(out), "--out", str(tmp_path / "v.jsonl"), "--judge", "judge", "--judge-endpoint"]
        result = CliRunner().invoke(app, [*asked, judge.url])
    assert result.exit_code == 0, result.output
    rows = table(out).select(["id", "verifier", "judge"]).to_pylist()
    assert {(row["id"], row["verifier"], row["judge"]) for row in rows} == {
        ("open", "judge", "judge"), ("choice", "choice", None),
    }  # fmt: skip
    found = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    assert [(line["outcome"], line["was_judge"], line["changed"]) for line in found] == [
        ("pass", row["judge"], False) for row in rows
    ]
    assert len(scripted.asked) == 4, "twice for each of the two samples that only a judge can decide on"


def test_rows_of_another_tolerance_are_told_from_those_that_changed_under_the_same_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounded = VerifySection(workers=1, tolerance="reference-digits")
    out = dataset(tmp_path, [prompt("third", drawn(r"\boxed{1/3}"), answer="0.33")], rounded)
    assert [line["changed"] for line in again(tmp_path, out / "data")] == [True]
    assert "Rows of run had been verified with --tolerance reference-digits, and were now with --tolerance exact" in (
        _said(capsys)
    )
    (file,) = (out / "data").iterdir()
    assert [line["changed"] for line in again(tmp_path, file, checks=rounded)] == [False]
    assert "--tolerance" not in _said(capsys)


def test_verdicts_of_a_dataset_go_into_parquet_and_are_counted_there(tmp_path: Path) -> None:
    files = sorted((dataset(tmp_path, DOMAINS[:2]) / "data").iterdir())
    counts = verify_files(files, tmp_path / "v.parquet", SETTINGS)
    found = pq.read_table(tmp_path / "v.parquet")
    assert counts == {"pass": len(found), "fail": 0, "abstain": 0}
    assert found.column("changed").to_pylist() == [False] * len(found)


def test_a_folder_is_a_run_or_a_dataset_by_what_it_holds(tmp_path: Path) -> None:
    out = dataset(tmp_path, [group("q", drawn("4"))])
    assert rows_of(out) == out / "data"
    assert rows_of(tmp_path / "run") is None
    assert rows_of(tmp_path) is None


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())
