"""The folder that a command is called in is the user's: no file there is taken for a module."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = [
    {"prompt": f"{n}?", "answer": rf"\frac{{{n}}}{{7}}", "completion": rf"\boxed{{\frac{{{2 * n}}}{{14}}}}"}
    for n in range(3)
]


def distill(folder: Path, *arguments: object, path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """The command as its console script runs it, called in `folder`; with `path` before all that Python searches."""
    line = [sys.executable, "-P", "-m", "distill", *map(str, arguments)]
    searched = os.pathsep.join(filter(None, (str(path or ""), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        line, cwd=folder, env=os.environ | {"PYTHONPATH": searched}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Rows that only a worker can decide, in a folder full of names that Python's own modules have."""
    for name in ("dis", "socket", "queue", "random", "sympy", "distill"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name}.py was imported')")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path / "rows.jsonl"


def test_the_workers_of_a_verification_are_not_led_astray(rows: Path) -> None:
    done = distill(rows.parent, "verify", rows, "--out", "verdicts.jsonl")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (rows.parent / "verdicts.jsonl").read_text().splitlines()]
    assert [row["outcome"] for row in found if "outcome" in row] == ["pass"] * len(ROWS)


def test_nor_are_processes_that_share_other_work(rows: Path) -> None:
    done = distill(rows.parent, "prompts", rows, "--out", "prompts.jsonl", "--workers", "2")
    assert done.returncode == 0, done.stderr


def test_workers_that_cannot_start_end_the_command_with_a_sentence(rows: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sympy.py").write_text("raise ImportError('this sympy is broken')")
    done = distill(rows.parent, "verify", rows, "--out", "verdicts.jsonl", path=broken)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "cannot be started (status 1: ImportError: this sympy is broken)." in last
    assert "Put that right and start again" in last
