"""Ctrl-C, and a terminal that goes away: the command ends within seconds, or goes on; what was answered is stored."""

import asyncio
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from aiohttp import web

from tests.stand_ins.drawing import NUM_PROMPTS, draw, generate_line, shell, write_prompts
from tests.stand_ins.teacher import Body, StandIn


def begun(folder: Path, endpoint: StandIn, *options: object) -> "subprocess.Popen[str]":
    """The command at work."""
    write_prompts(folder)
    environment = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return subprocess.Popen(
        generate_line(folder, endpoint, *options), stderr=subprocess.PIPE, text=True, env=environment
    )


class Dying(StandIn):
    """Answers one request, and refuses every connection's others with a gateway's error."""

    def __init__(self) -> None:
        super().__init__(self.die)
        self.has_died = threading.Event()

    async def die(self, request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        if self.num_requests == 1:
            return None
        if self.num_requests > 8:
            self.has_died.set()
        return web.Response(status=502, text="Bad Gateway")


def test_the_first_ctrl_c_with_a_dead_endpoint_ends_the_run_within_seconds(tmp_path: Path) -> None:
    with Dying().running() as endpoint:
        command = begun(tmp_path, endpoint, "--concurrency", 2)
        assert endpoint.has_died.wait(60)
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=20)
    assert "Traceback" not in said
    assert command.returncode == 2
    assert "To go on" in said
    with StandIn().running() as mended:
        attempt = draw(tmp_path, mended)
        assert mended.num_requests == NUM_PROMPTS - 1
    assert attempt.ends == {"stop": NUM_PROMPTS}


class Silent(StandIn):
    """Takes requests and says nothing until it is let go, and then answers."""

    def __init__(self) -> None:
        super().__init__(self.hold)
        self.is_asked = threading.Event()
        self.is_let_go = threading.Event()

    async def hold(self, request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        self.is_asked.set()
        while not self.is_let_go.is_set():  # noqa: ASYNC110 - by another thread
            await asyncio.sleep(0.02)
        return None


def test_ctrl_c_over_and_over_is_no_traceback(tmp_path: Path) -> None:
    with Silent().running() as endpoint:
        with begun(tmp_path, endpoint) as command:
            assert endpoint.is_asked.wait(60)
            command.send_signal(signal.SIGINT)
            said = heard_until(command, "Stopping")
            while command.poll() is None:
                command.send_signal(signal.SIGINT)
                time.sleep(0.1)
            assert command.stderr is not None
            said += command.stderr.read()
        endpoint.is_let_go.set()
    assert "Traceback" not in said, said
    assert command.returncode in (2, 130, -signal.SIGINT)


def heard_until(command: "subprocess.Popen[str]", word: str) -> str:
    """What a command says up to a line with that word."""
    assert command.stderr is not None
    said = ""
    for line in command.stderr:
        said += line
        if word in line:
            return said
    raise AssertionError(f"it ended without a word of {word}: {said}")


def test_a_reader_of_our_words_that_goes_away_does_not_end_the_run(tmp_path: Path) -> None:
    with StandIn().running() as endpoint:
        write_prompts(tmp_path)
        line = " ".join(f"'{part}'" for part in generate_line(tmp_path, endpoint, "--policy", "fixed(20)"))
        done = shell(["bash", "-c", f"{{ {line}; echo $? > {tmp_path}/rc; }} 2>&1 | head -1"])
        assert done.returncode == 0
        attempt = draw(tmp_path, endpoint, policy="fixed(20)")
        assert endpoint.num_requests == 20 * NUM_PROMPTS
    assert attempt.ends == {"stop": 20 * NUM_PROMPTS}
    assert (tmp_path / "rc").read_text() == "0\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_being_answered_when_the_run_is_stopped_is_stored(tmp_path: Path, number: int) -> None:
    with Silent().running() as endpoint:
        with begun(tmp_path, endpoint, "--concurrency", 2) as command:
            assert endpoint.is_asked.wait(60)
            command.send_signal(number)
            heard_until(command, "Stopping")
            endpoint.is_let_go.set()
            command.communicate(timeout=60)
        num_asked = endpoint.num_requests
        attempt = draw(tmp_path, endpoint)
        assert endpoint.num_requests == NUM_PROMPTS
    assert command.returncode == 2
    assert num_asked <= 2
    assert attempt.ends == {"stop": NUM_PROMPTS}
