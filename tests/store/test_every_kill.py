"""A command may be killed at any of its operations on a folder: run again, it ends as if nothing had happened."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp import web

from tests.endpoint import Endpoint, reply
from tests.store.every_kill import ATTEMPT, Commands
from tests.verifiers.test_judge import opinion

NAMES = list(Commands("").named())
Attempt = Future["subprocess.CompletedProcess[str]"]
TICKET = re.compile(r"code ([0-9a-f]{8}) ")


class SameAgain(Endpoint):
    """Answers a request in the same way whenever it is asked; even samples are right. It is a judge as well."""

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        ticket = TICKET.search(body["messages"][0]["content"])
        assert self._log is not None
        with self._log.open("a") as log:
            log.write(f"{request.headers[ATTEMPT]}\n")
        if ticket is not None:
            return web.json_response(reply(opinion(ticket[1], helpful="yes", correct="yes")))
        if body["max_tokens"] < 20 and body["seed"] % 2:
            return web.json_response(reply("<think>so far", num_tokens=10, finish_reason="length"))
        letter = "AB"[body["seed"] % 2]
        return web.json_response(reply(f"<think>so</think>The answer is \\boxed{{{letter}}}.", num_tokens=10))


def killed(name: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    log = folder / name / "asked"
    log.parent.mkdir()
    with SameAgain(log=log).running() as endpoint:
        killer = [sys.executable, "-m", "tests.store.every_kill", name, str(folder / name), endpoint.url, str(log)]
        return subprocess.run(killer, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def attempts(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Attempt]]:
    """Each waits for the disk most of the time, so that all are under way at once."""
    folder = tmp_path_factory.mktemp("kills")
    with ThreadPoolExecutor(6) as threads:
        yield {name: threads.submit(killed, name, folder) for name in NAMES}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_killed_at_any_operation_a_command_ends_as_if_it_had_not_been(name: str, attempts: dict[str, Attempt]) -> None:
    done = attempts[name].result()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10, "hardly any operation was seen"
    print(done.stdout)
