"""Answers as they come over a real connection: headers that are wrong, bytes in pieces, connections that break."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from distill.records import FinishReason
from distill.teacher.replies.reading import read
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import Stumble
from tests.endpoint import Endpoint
from tests.teacher.replies.read import piece, stream_of
from tests.teacher.test_faults import draw, settings

WHOLE = '{"choices": [{"message": {"content": "Fôur 😀"}, "finish_reason": "stop"}]}'.encode()
STREAM = stream_of(piece({"content": "Fôur "}), piece({"content": "😀"}), piece({}, "stop"), "[DONE]")
BROKEN = stream_of(piece({"content": "Fôur "}), piece({"content": "😀"}))


@asynccontextmanager
async def serving(chunks: Sequence[bytes], headers: dict[str, str], *, is_reset: bool) -> AsyncIterator[str]:
    """A server that sends these chunks, and then breaks the connection or ends the answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(0)
        if is_reset and request.transport is not None:
            await asyncio.sleep(0.05)  # else the kernel drops what the client has not read
            request.transport.abort()
        return response

    app = web.Application()
    app.add_routes([web.get("/", answer)])
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def received(
    chunks: Sequence[bytes], headers: dict[str, str], so_far: Completion | None = None, *, is_reset: bool = False
) -> Completion:
    """What the client makes of it."""

    async def ask() -> Completion:
        async with (
            serving(chunks, headers, is_reset=is_reset) as url,
            aiohttp.ClientSession() as http,
            http.get(url) as reply,
        ):
            return await read(reply.content.iter_any(), so_far or Completion(), lambda so_far: None)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "kind", ["text/event-stream", "application/json", "application/octet-stream", "text/plain", ""]
)
@pytest.mark.parametrize("body", [WHOLE, STREAM], ids=["whole", "stream"])
@pytest.mark.parametrize("before", [b"", b"\n\n", b": keep-alive\n\n: keep-alive\n\n", b"\xef\xbb\xbf"])
def test_the_form_of_an_answer_is_told_by_its_bytes(kind: str, body: bytes, before: bytes) -> None:
    done = received([before + body] if before != b"\n\n" else [before, body], {"Content-Type": kind} if kind else {})
    assert (done.parts().answer, done.finish_reason) == ("Fôur 😀", FinishReason.STOP)


@pytest.mark.parametrize("body", [WHOLE, STREAM, STREAM.replace(b"\n", b"\r\n"), STREAM.replace(b"\n", b"\r")])
def test_bytes_may_come_one_by_one(body: bytes) -> None:
    done = received([body[at : at + 1] for at in range(len(body))], {})
    assert done.parts().answer == "Fôur 😀"


def test_an_answer_may_be_compressed() -> None:
    done = received([gzip.compress(STREAM)], {"Content-Encoding": "gzip", "Content-Type": "text/event-stream"})
    assert done.parts().answer == "Fôur 😀"


def test_a_connection_that_breaks_after_the_end_has_cost_nothing() -> None:
    done = received([STREAM.removesuffix(b"data: [DONE]\n\n")], {}, is_reset=True)
    assert (done.parts().answer, done.finish_reason) == ("Fôur 😀", FinishReason.STOP)


def test_a_connection_that_breaks_before_the_end_leaves_what_came() -> None:
    so_far = Completion()
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        received([BROKEN], {}, so_far, is_reset=True)
    assert so_far.resume().content == "Fôur 😀"


def test_an_answer_that_just_ends_leaves_what_came() -> None:
    so_far = Completion()
    with pytest.raises(Stumble, match="broke off"):
        received([BROKEN], {}, so_far)
    assert (so_far.resume().content, so_far.num_tokens) == ("Fôur 😀", 2)


class Parsed(Endpoint):
    """A vLLM whose parser takes all text for reasoning, since the model was asked not to think."""

    async def chat(self, request: web.Request) -> web.StreamResponse:
        message = {"reasoning": "The answer is 1.", "content": None}
        return web.json_response({"choices": [{"message": message, "finish_reason": "stop"}]})


@pytest.mark.parametrize(("thinks", "parts"), [(False, (None, "The answer is 1.")), (True, ("The answer is 1.", ""))])
def test_the_client_tells_whether_it_asked_for_thoughts(
    tmp_path: Path, thinks: bool, parts: tuple[str | None, str]
) -> None:
    sampling = {"extra_body": {"chat_template_kwargs": {"enable_thinking": thinks}}}
    with Parsed().running() as endpoint:
        run = draw(tmp_path, (endpoint.url,), settings("fixed(1)", sampling=sampling), num_prompts=1)
    (row,) = run.samples.rows()
    assert (row["reasoning"], row["answer"]) == parts
