"""`distill select` and `distill diff` as a user types them."""

import json
import shlex
from pathlib import Path

import pytest

from distill.cli import main
from tests.runs import group, make_run


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """What a command writes to stdout and to stderr."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    found = capsys.readouterr()
    assert ended.value.code == 0, found.err
    return found.out, found.err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a run of two prompts."""
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "run", [group("a", "pass 9", "pass 5", "fail 3"), group("b", "none 4")])
    return tmp_path


def test_select_tells_what_it_left_out_on_stderr_and_the_result_on_stdout(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, remarks = told(capsys, "select", "run", "--out", "data set")
    assert out == "1 rows of 1 of 2 prompts; the dataset is data set\n"
    lines = remarks.splitlines()
    assert [line.split()[-3:] for line in lines if line.startswith(("failed", "not verified"))] == [
        ["1", "25.0%", "0"],
        ["1", "25.0%", "1"],
    ]
    assert "  not verified: distill verify run" in lines
    assert lines[-1] == "run holds samples without a verdict (1). Verify them: distill verify run"


def test_the_option_that_select_names_is_one_that_select_takes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, remarks = told(capsys, "select", "run", "--out", "v1")
    [line] = [line for line in remarks.splitlines() if "is preferred: " in line]
    out, _ = told(capsys, "select", "run", "--out", "v2", *shlex.split(line.partition(": ")[2]))
    assert out.startswith("2 rows of 1 of 2 prompts")


def test_diff_prints_tables_and_writes_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "select", "run", "--out", "v1")
    told(capsys, "select", "run", "--out", "v2", "--policy", "all", "--since", "v1")
    out, _ = told(capsys, "diff", "v1", "v2", "--json", "changes.json")
    assert out.startswith("v1 ─▶ v2\n\n1 rows became 2: 1 stayed")
    assert max(map(len, out.splitlines())) <= 80
    printed, _ = told(capsys, "diff", "v1", "v2", "--json", "-")
    assert json.loads(printed) == json.loads((here / "changes.json").read_text())
    assert json.loads(printed)["total"]["num_replacing"] == 1
    assert "## Since v1" in (here / "v2" / "README.md").read_text()


def test_what_cannot_be_compared_is_one_sentence(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["diff", "run", "nothing/here.parquet"])
    assert ended.value.code == 2
    assert "run is a run and nothing/here.parquet is none" in capsys.readouterr().err
