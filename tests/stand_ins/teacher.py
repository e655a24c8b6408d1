"""A teacher that streams where it is asked to, remembers every request, and can be given a fault."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from tests.endpoint import Endpoint, answer, reply

Body = dict[str, object]
Fault = Callable[[web.Request, Body, int], Awaitable[web.StreamResponse | None]]
"""Given a request, its body and how often this prompt was asked before; None: answer as usual."""


class StandIn(Endpoint):
    """Counts in `asked` every request, answered or not."""

    def __init__(self, fault: Fault | None = None, model: str = "toy") -> None:
        super().__init__(model)
        self._fault = fault
        self.bodies: list[Body] = []
        self.headers: list[dict[str, str]] = []

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body: Body = await request.json()
        question = asked_of(body)
        number = self.asked[question]
        self.asked[question] += 1
        self.num_requests += 1
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        strange = await self.meet(request, body, number)
        return strange if strange is not None else await self.say(request, body, answer(question, 0))

    async def meet(self, request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        """What is odd about this teacher."""
        return await self._fault(request, body, number) if self._fault else None

    async def say(self, request: web.Request, body: Body, text: str, finish_reason: str = "stop") -> web.StreamResponse:
        """Answer as was asked for: in events or whole."""
        if not body.get("stream"):
            return web.json_response(reply(text, finish_reason=finish_reason))
        half = len(text) // 2
        choices = [delta(content=text[:half]), delta(content=text[half:]), delta(finish_reason=finish_reason)]
        return await stream(request, [*map(event, choices), event({}, completion_tokens=12, prompt_tokens=5), DONE])


DONE = b"data: [DONE]\n\n"


def asked_of(body: Body) -> str:
    """The prompt of a request."""
    messages = body["messages"]
    assert isinstance(messages, list)
    return str(messages[-1]["content"])


def delta(finish_reason: object = None, *, index: int = 0, **said: object) -> Body:
    """A choice of an event."""
    return {"index": index, "delta": said, "finish_reason": finish_reason}


def event(choice: Body, **usage: object) -> bytes:
    """A server-sent event as OpenAI's API has it; with counts, and no choice, the one that ends a stream."""
    data: Body = {"choices": [choice] if choice else []}
    if usage:
        data["usage"] = usage
    return b"data: " + json.dumps(data).encode() + b"\n\n"


async def stream(
    request: web.Request, pieces: Sequence[bytes], content_type: str = "text/event-stream"
) -> web.StreamResponse:
    """Send pieces, each in a packet of its own."""
    response = web.StreamResponse(headers={"Content-Type": content_type})
    with contextlib.suppress(ConnectionError):  # the client has what it wanted, or is gone
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(0)
    return response


def refusal(status: int, message: str, **fields: object) -> web.Response:
    """An error in OpenAI's form."""
    return web.json_response({"error": {"message": message, **fields}}, status=status)


def sent_first(fault: Fault, times: int = 1) -> Fault:
    """The fault on a prompt's first requests only."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        return await fault(request, body, number) if number < times else None

    return meet


def sent_to(question: str, fault: Fault) -> Fault:
    """The fault on requests of one prompt only."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        return await fault(request, body, number) if question in asked_of(body) else None

    return meet
