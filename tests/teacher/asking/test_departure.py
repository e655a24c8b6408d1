"""A server that is told to end, as vLLM 0.32 is: it listens no more, and keeps its connections open in silence."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from distill.teacher.asking import departure
from tests.stand_ins.drawing import draw
from tests.stand_ins.teacher import Body, StandIn, delta, event


class Leaving(StandIn):
    """Stops listening in the middle of its first answers, and listens again once these are given up."""

    def __init__(self, num_answers: int) -> None:
        super().__init__()
        self.num_answers = num_answers
        self.num_given_up = 0

    async def meet(self, request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        if number > 0:
            return None
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(event(delta(content="The ans")))
        if self.num_requests == self.num_answers:
            await self.listen(is_open=False)
        while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - by the client
            await asyncio.sleep(0.01)
        self.num_given_up += 1
        if self.num_given_up == self.num_answers:
            await self.listen(is_open=True)
        return response

    async def listen(self, *, is_open: bool) -> None:
        """By the listening socket alone: connections stay."""
        assert self.runner is not None
        if is_open:
            await web.TCPSite(self.runner, "127.0.0.1", URL(self.url).port, reuse_address=True).start()
        else:
            (site,) = self.runner.sites
            await site.stop()


def test_a_server_that_has_gone_behind_open_connections_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departure, "INTERVAL_S", 0.1)
    with Leaving(4).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=4, concurrency=4)
        assert set(endpoint.asked.values()) == {2}
    assert attempt.ends == {"stop": 4}


def test_a_server_that_is_merely_slow_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departure, "INTERVAL_S", 0.05)

    async def think(request: web.Request, body: Body, number: int) -> None:
        await asyncio.sleep(0.5)  # ten looks

    with StandIn(think).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=4)
        assert set(endpoint.asked.values()) == {1}
    assert attempt.ends == {"stop": 4}
