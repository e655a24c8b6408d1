"""Verdicts over HTTP: what `distill verify FILE` says of the rows of a file, said of the rows of a request.

`POST /verify` takes completion rows as a JSON array, or as JSON lines (`Content-Type: application/x-ndjson`, or a body
that does not begin with `[`), and answers with one verdict a row, in their order and in the same form. A row that
cannot be read is an abstain of its own. `GET /healthz` answers as long as the service does.

All requests share the verifiers, the rows that are worked on at once, and the memory that bodies may take: a request
beyond them is not refused, but waits unread in its socket, so that its sender waits too. Other answers than 200 hold
`{"error": SENTENCE}`: 400 for a body that is not JSON, 408 for one that does not arrive, 413 for one that is too
large, 503 where this machine cannot verify as asked. It knows no users and no keys: whoever reaches the port may post.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

import distill
from distill.errors import DistillError, InputError, RecipeError
from distill.ordered import WINDOW, in_order
from distill.recipe.sections import VerifySection
from distill.rows.posted import Posted, posted_rows
from distill.rows.read import Located
from distill.rows.verdict_file import verdict_line
from distill.verifiers.dispatch import Verifiers
from distill.verifiers.verify import verify_row

NUM_BODIES = 4
"""Bodies of the largest size that are held at once; of smaller ones, as many as weigh the same."""
BODY_TIMEOUT_S = 60.0
"""In which a body has to arrive, since others wait for the room that it takes."""
GRACE_S = 3.0
"""What requests under way are given to end when the service stops; as much again, once they were cancelled."""
LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/jsonlines"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Room:
    """An amount that requests share; they are served in the order in which they came."""

    def __init__(self, amount: int) -> None:
        self._left = amount
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def taken(self, amount: int) -> AsyncIterator[None]:
        """Wait until there is so much, and hold it while the block runs. Never more than there is in all."""
        async with self._turn:
            while self._left < amount:
                self._freed.clear()
                await self._freed.wait()
            self._left -= amount
        try:
            yield
        finally:
            self._left += amount
            self._freed.set()


class VerdictService:
    """Answers requests with the verdicts of verifiers that somebody else closes."""

    def __init__(self, verifiers: Verifiers, max_bytes: int) -> None:
        self._verifiers = verifiers
        self._max_bytes = max_bytes
        self._bodies = Room(NUM_BODIES * max_bytes)
        self._rows = asyncio.Semaphore(WINDOW)

    def app(self) -> web.Application:
        """The two addresses, and errors as sentences."""
        app = web.Application(client_max_size=self._max_bytes, middlewares=[_with_sentences])
        app.add_routes([web.post("/verify", self._verify), web.get("/healthz", self._health)])
        return app

    async def _verify(self, request: web.Request) -> web.Response:
        async with self._bodies.taken(self._weight(request)):
            try:
                async with asyncio.timeout(BODY_TIMEOUT_S):
                    body = await request.read()
            except TimeoutError:
                raise web.HTTPRequestTimeout(text=f"the body did not arrive within {BODY_TIMEOUT_S:g} s") from None
            return await self._answer(posted_rows(body, is_lines=request.content_type in LINES))

    async def _health(self, _request: web.Request) -> web.Response:
        about = {"status": "ok", "distill": distill.__version__, "verifiers": self._verifiers.describe()}
        return web.json_response(about)

    def _weight(self, request: web.Request) -> int:
        """The bytes that a body may take; one that is packed or does not say may take all that a body can."""
        if request.content_length is None or "Content-Encoding" in request.headers:
            return self._max_bytes
        return min(request.content_length, self._max_bytes)

    async def _answer(self, posted: Posted) -> web.Response:
        lines = [line async for _, line in in_order(posted.rows, self._verdict)]
        if posted.is_array:
            return web.Response(body=b"[" + b",".join(lines) + b"]", content_type="application/json")
        return web.Response(body=b"".join(line + b"\n" for line in lines), content_type="application/x-ndjson")

    async def _verdict(self, located: Located) -> bytes:
        async with self._rows:
            return verdict_line(*await verify_row(located, self._verifiers))


async def serve(settings: VerifySection, host: str, port: int, max_bytes: int, ready: Callable[[str], None]) -> None:
    """Answer until SIGINT or SIGTERM, then end the workers; `ready` gets the address once there is one.

    Port 0 is a free one. Raises RecipeError where the address cannot be had.
    """
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with Verifiers(settings) as verifiers:
        service = VerdictService(verifiers, max_bytes)
        runner = web.AppRunner(service.app(), access_log=None, handler_cancellation=True, shutdown_timeout=GRACE_S)
        await runner.setup()
        try:
            ready(await _listen(runner, host, port))
            await stopped.wait()
        finally:
            await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> str:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise RecipeError(
            f"The service cannot listen on {host}, port {port} ({error.strerror}); name another with --port, or 0 for "
            "a free one."
        ) from None
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{runner.addresses[0][1]}"


@web.middleware
async def _with_sentences(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What went wrong, as the sentence that a command would end with."""
    try:
        return await handler(request)
    except InputError as error:
        return _error(400, f"The body holds no rows: {error}. Post a JSON array of completion rows, or JSON lines.")
    except DistillError as error:
        return _error(503, str(error))
    except web.HTTPRequestEntityTooLarge as error:
        return _error(error.status, "The body is too large; post fewer rows at once, or start with more --max-request.")
    except web.HTTPException as error:
        return _error(error.status, f"{error.text or error.reason}; post rows to /verify, or get /healthz.")


def _error(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
