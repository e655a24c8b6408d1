"""The audit of a dataset: what it reports, that it goes on where it was killed, and what it refuses."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from distill.audit import plan
from distill.audit.audit import FACTS, PAGE, audit
from distill.audit.facts import AuditFacts
from distill.audit.flagged import FILE as FLAGGED
from distill.audit.plan import AuditOptions
from distill.audit.state import WorkFolder
from distill.errors import InputError, RunError
from tests.audit.killed import CHUNK_ROWS

NAMES = "Anna Boris Clara David Elena Frank Greta Hamid Irina Jonas Karin Louis".split()
THINGS = "apples pencils marbles stamps tickets cookies candles bottles ribbons magnets".split()
BENCHMARK = "A train leaves Lyon at 9:40 and reaches Paris at 11:37. How many minutes does the journey take?"


def line(number: int) -> dict[str, object]:
    """A row without a fault."""
    chance = random.Random(number)
    name, thing, a, b = chance.choice(NAMES), chance.choice(THINGS), 100 + number, chance.randrange(3, 90)
    text = f"{name} has {a} {thing} in a box and buys {b} more at the market. How many {thing} are there now?"
    thought = f"{name} starts with {a} {thing}. Then {b} more come. So {a} + {b} = {a + b}. That is all there is to it."
    return {
        "problem": text,
        "solution": f"<think>\n{thought}\n</think>\n\nThere are \\boxed{{{a + b}}} {thing}.",
        "answer": str(a + b),
        "source": "toys",
        "license": "mit",
        "domain": "math" if number % 2 else "counting",
    }


def faults() -> list[dict[str, object]]:
    """Rows with a fault each."""
    cut = line(1001) | {"solution": "<think>\nWe begin with the apples, and then"}
    loop = line(1002) | {"solution": f"<think>\n{'Let me check that again. ' * 200}\n</think>\n\n\\boxed{{5}}"}
    mixed = str(line(1003)["solution"]).replace("That is all", "所以答案就是这样。That is all")
    wrong = str(line(1004)["solution"]).replace("boxed{", "boxed{9")
    leaked = line(1005) | {"problem": BENCHMARK, "answer": "117"}
    return [cut, loop, line(1003) | {"solution": mixed}, line(1004) | {"solution": wrong}, leaked, line(3), line(3)]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "bench.jsonl").write_text(json.dumps({"problem": BENCHMARK, "answer": "117"}) + "\n", encoding="utf-8")
    return write(tmp_path / "rows.jsonl", [line(number) for number in range(60)] + faults())


def run(dataset: Path, out: Path, **options: object) -> AuditFacts:
    return audit([str(dataset)], out, AuditOptions.model_validate({"num_workers": 1} | options))


def test_each_fault_is_in_its_measure(dataset: Path, tmp_path: Path) -> None:
    found = run(dataset, tmp_path / "out", against=(str(tmp_path / "bench.jsonl"),))
    assert (found.num_rows, found.num_traces, found.num_set_aside) == (67, 67, 0)
    assert found.contamination and found.duplicates and found.labels and found.languages
    assert found.truncation and found.repetition and found.lengths and found.licences
    (benchmark,) = found.contamination
    assert (benchmark.prompts.num, benchmark.num_problems_hit, benchmark.rules) == (1, 1, {"verbatim": 1})
    assert found.duplicates.copies and found.duplicates.copies.num == 2
    assert (found.duplicates.num_exact, found.duplicates.largest_cluster) == (2, 3)
    assert found.duplicates.num_traces_under_other_prompts == 0
    assert found.labels.table["unlabelled"]["fail"] >= 1
    assert found.languages.switches and found.languages.switches.num == 1
    assert found.truncation.traces.num == 1
    assert found.repetition.traces.num == 1
    assert [(domain.domain, domain.num_traces) for domain in found.lengths.domains] == [("math", 35), ("counting", 32)]
    assert [(share.hub_id, share.num_rows) for share in found.licences.rows] == [("mit", 67)]
    assert found.not_examined == {}


def test_the_worst_examples_say_where_they_stand(dataset: Path, tmp_path: Path) -> None:
    found = run(dataset, tmp_path / "out")
    assert found.truncation and found.repetition and found.languages
    for measure, row in ((found.truncation, 61), (found.repetition, 62), (found.languages, 63)):
        (example,) = measure.worst
        assert example.where == f"{dataset}, row {row}"
        assert example.excerpt
        assert example.why


def test_the_facts_lie_in_a_file_beside_the_page(dataset: Path, tmp_path: Path) -> None:
    found = run(dataset, tmp_path / "out")
    assert AuditFacts.model_validate_json((tmp_path / "out" / FACTS).read_bytes()) == found
    assert (tmp_path / "out" / PAGE).read_text(encoding="utf-8").startswith("<!")
    assert not WorkFolder(tmp_path / "out").path.exists()


def test_what_cannot_be_examined_has_a_reason_and_no_number(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"problem": line(n)["problem"], "solution": line(n)["solution"]} for n in range(9)]
    found = run(write(tmp_path / "bare.jsonl", rows), tmp_path / "out")
    assert (found.contamination, found.labels, found.licences) == (None, None, None)
    assert set(found.not_examined) == {"contamination", "labels", "licences"}


def test_a_bad_row_is_set_aside_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [line(number) for number in range(5)])
    with path.open("a", encoding="utf-8") as file:
        file.write("{not json}\n" + json.dumps(line(5) | {"solution": None}) + "\n")
    found = run(path, tmp_path / "out")
    assert (found.num_rows, found.num_traces, found.num_set_aside) == (7, 5, 2)
    assert sum(found.set_aside.values()) == 2
    assert found.set_aside_worst[0].where == f"{path}, row 6"


def test_rows_with_several_traces_count_once_for_their_prompt(tmp_path: Path) -> None:
    rows = [
        line(n) | {"solution": None, "generations": [line(n)["solution"], line(n + 50)["solution"]]} for n in range(9)
    ]
    found = run(write(tmp_path / "rows.jsonl", rows), tmp_path / "out")
    assert (found.num_rows, found.num_traces) == (9, 18)
    assert found.duplicates and found.duplicates.copies
    assert (found.duplicates.copies.num, found.duplicates.copies.num_examined) == (0, 9)


def test_only_the_first_rows_are_read_where_so_asked(dataset: Path, tmp_path: Path) -> None:
    found = run(dataset, tmp_path / "out", num_rows=10)
    assert (found.num_rows, found.is_partial) == (10, True)


def kill(dataset: Path, out: Path, when: str, number: int) -> None:
    line = [sys.executable, "-m", "tests.audit.killed", str(dataset), str(out), when, str(number)]
    assert subprocess.run(line, check=False, capture_output=True, timeout=120).returncode == 9


@pytest.mark.parametrize(("when", "number"), [("within", 2), ("after", 4)])
def test_a_killed_audit_goes_on_and_reports_the_same(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, number: int
) -> None:
    monkeypatch.setattr(plan, "CHUNK_ROWS", CHUNK_ROWS)
    monkeypatch.setattr("distill.audit.audit.CHUNK_ROWS", CHUNK_ROWS)
    whole = run(dataset, tmp_path / "whole")
    kill(dataset, tmp_path / "killed", when, number)
    done = list(WorkFolder(tmp_path / "killed").path.glob("*[0-9].json"))
    assert len(done) == number + (when == "after")
    assert run(dataset, tmp_path / "killed") == whole
    for name in (FACTS, FLAGGED):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_an_audit_under_other_settings_is_refused_with_what_differs(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill.audit.audit.CHUNK_ROWS", CHUNK_ROWS)
    kill(dataset, tmp_path / "out", "before", 0)
    with pytest.raises(RunError, match=r"begun under other settings \(num_rows: null → 5\)"):
        run(dataset, tmp_path / "out", num_rows=5)
    with dataset.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line(99)) + "\n")
    with pytest.raises(RunError, match=r"\(bytes and time of \S*rows\.jsonl: \[\d+, \d+\] → \[\d+, \d+\]\)"):
        run(dataset, tmp_path / "out")


@pytest.mark.slow
def test_several_processes_report_what_one_does(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [line(number) for number in range(2_300)] + faults())
    assert run(rows, tmp_path / "two", num_workers=2) == run(rows, tmp_path / "one", num_workers=1)


def test_a_dataset_without_traces_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [line(n) | {"solution": ""} for n in range(5)])
    with pytest.raises(InputError, match="--map trace="):
        run(path, tmp_path / "out")
