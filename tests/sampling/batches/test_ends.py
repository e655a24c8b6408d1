"""An attempt to draw by batches may end at any step: the next one buys nothing twice, and loses and repeats nothing."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from distill.store import RunFolder
from tests.teacher.batches.server import BatchServer, answered

NUM_PROMPTS = 4


class Ended(NamedTuple):
    """How an attempt ended."""

    returncode: int
    said: str


Attempt = Callable[..., Ended]
"""Called with a folder, a server, and the operation at which it dies, if any."""


@pytest.fixture(scope="module")
def attempt() -> Iterator[Attempt]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sampling.batches.dying"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def ask(folder: Path, server: BatchServer, fatal: int = 0) -> Ended:
            asked.write(json.dumps([str(folder), server.url, fatal]) + "\n")
            asked.flush()
            return Ended(*json.loads(answers.readline()))

        yield ask
        asked.close()


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer().running() as server:
        assert isinstance(server, BatchServer)
        yield server


def write_prompts(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(NUM_PROMPTS)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def assert_whole(folder: Path, server: BatchServer) -> None:
    """Every sample once, with its verdict, and every request paid for once."""
    run = RunFolder.at(folder / "run")
    expected = {("q0", 0), *((f"q{i}", k) for i in range(1, NUM_PROMPTS) for k in range(2))}
    for table in (run.samples, run.verdicts):
        counts = Counter(map(table.key, table.rows()))
        assert set(counts) == expected
        assert set(counts.values()) == {1}
    assert run.manifest.stages["generate"].is_done
    bought = Counter(question for questions in server.submitted for question in questions)
    assert bought == Counter({f"What is {i} + 1?": 2 if i else 1 for i in range(NUM_PROMPTS)})
    assert [path.suffix for path in (folder / "run" / "batches").iterdir()] == [".json", ".json"]


def wrong_but_the_first(server: BatchServer) -> None:
    """So that a second wave asks again for all prompts but one."""
    server.result = lambda line, question, number: None if "0 +" in question else answered(line["custom_id"], "no idea")


@pytest.mark.parametrize("fatal", [*range(1, 180, 13)])
def test_a_kill_at_some_operations_buys_loses_and_repeats_nothing(
    tmp_path: Path, server: BatchServer, attempt: Attempt, fatal: int
) -> None:
    kill_and_go_on(attempt, write_prompts(tmp_path), server, fatal)


@pytest.mark.slow
def test_a_kill_at_any_operation_buys_loses_and_repeats_nothing(tmp_path: Path, attempt: Attempt) -> None:
    with BatchServer().running() as first:
        assert isinstance(first, BatchServer)
        wrong_but_the_first(first)
        done = attempt(write_prompts(tmp_path / "whole"), first)
        assert done.returncode == 0, done.said
    for fatal in range(1, int(done.said.splitlines()[-1]) + 1):
        with BatchServer().running() as server:
            assert isinstance(server, BatchServer)
            kill_and_go_on(attempt, write_prompts(tmp_path / str(fatal)), server, fatal)


def kill_and_go_on(attempt: Attempt, folder: Path, server: BatchServer, fatal: int) -> None:
    wrong_but_the_first(server)
    killed = attempt(folder, server, fatal)
    assert killed.returncode == -signal.SIGKILL, killed.said
    done = attempt(folder, server)
    assert done.returncode == 0, done.said
    assert_whole(folder, server)


def test_ctrl_c_ends_at_once_and_the_same_command_gathers(tmp_path: Path, server: BatchServer) -> None:
    server.is_held = True
    folder = write_prompts(tmp_path)
    options = ["--run", str(folder / "run"), "--endpoint", server.url, "--model", "toy", "--batch"]
    line = [sys.executable, "-m", "distill", "generate", str(folder / "prompts.jsonl"), *options]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        said = ""
        while "Submitted 4 requests" not in said:
            said += started.stderr.readline()
        started.send_signal(signal.SIGINT)
        said += started.stderr.read()
    assert started.returncode == 2
    assert "What is submitted goes on at the provider, and the same command gathers it." in said
    server.is_held = False
    again = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert again.returncode == 0, again.stderr
    assert "1 batches with 4 requests are under way from before" in again.stderr
    assert len(server.submitted) == 1
    assert RunFolder.at(folder / "run").samples.count() == NUM_PROMPTS
