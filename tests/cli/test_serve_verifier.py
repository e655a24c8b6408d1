"""`distill serve-verifier` as users and trainers meet it."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_cli import distill, refused

README = Path(__file__).parents[2] / "README.md"
PROGRAM = {"tests": {"cases": [{"stdin": "", "stdout": "4"}]}, "completion": "```python\nprint(4)\n```"}


@contextmanager
def serving(*options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command at a free port, and its address once it answers."""
    line = [sys.executable, "-m", "distill", "serve-verifier", "--port", "0", *options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def post(address: str, rows: object) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{address}/verify", json.dumps(rows).encode()) as reply:
        found: list[dict[str, object]] = json.load(reply)
        return found


def readme_client() -> str:
    """The page's Python that posts rows."""
    blocks: list[str] = [
        block for block in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL) if "/verify" in block
    ]
    assert len(blocks) == 1
    return blocks[0]


def test_the_readmes_client_is_a_reward_function() -> None:
    code = readme_client()
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    with serving("--workers", "1") as (_, address):
        names: dict[str, object] = {}
        exec(code.replace("http://127.0.0.1:8017", address), names)
        reward = names["is_right"]
        assert callable(reward)
        completions = ["So \\boxed{4}.", "So \\boxed{5}.", "So \\boxed{4}."]
        assert reward(prompts=["?"] * 3, completions=completions, answer=["4", "4", r"\frac{"]) == [1.0, 0.0, None]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_workers(number: signal.Signals) -> None:
    with serving("--workers", "1") as (process, address):
        verdicts = post(address, [PROGRAM, {"answer": "2x", "completion": "\\boxed{x+x}"}])
        assert [verdict["outcome"] for verdict in verdicts] == ["pass", "pass"]
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) >= 2
        process.send_signal(number)
        assert process.wait(60) == 0
        assert not [child for child in children if Path(f"/proc/{child}").exists()]
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with serving() as (_, address):
        port = address.rpartition(":")[2]
        assert f"cannot listen on 127.0.0.1, port {port}" in refused(distill("serve-verifier", "--port", port))
