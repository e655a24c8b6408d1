"""A provider's batches in OpenAI's form: a file of requests that is answered within a day, at about half the price.

`POST /files`, `POST /batches`, `GET /batches/ID`, `GET /files/ID/content`. Other providers' own forms (Mistral's
`/batch/jobs`, Fireworks' data sets, Together's two-step upload, Anthropic's, Gemini's) are not spoken here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import orjson

from distill.errors import TeacherError
from distill.files import json_bytes, replacing
from distill.teacher.asking.connection import Connection
from distill.teacher.batches.answers import LABEL, BatchReply, FileReply, read_reply
from distill.teacher.trouble.kinds import RequestRefused, Stumble, delay
from distill.teacher.trouble.statuses import OVERLOAD, trouble

CHAT = "/v1/chat/completions"
"""What each request of a file names as its path, whatever stands before it in the provider's base URL."""
FIRST_LOOK_S, LAST_LOOK_S, LOOK_GROWTH = 1.0, 60.0, 1.5
"""Between two looks at what the provider works on: growing, since most batches take hours."""
NO_BATCHES = frozenset({404, 405, 501})
UNLISTED = frozenset({400, 403, 404, 405, 422, 501})
_NUM_UNKNOWN = 5
"""A file that was just uploaded may be unknown for some seconds: so often is a batch of it tried."""
Done = TypeVar("Done")


class BatchRefused(Exception):  # noqa: N818 - an answer, of which the caller decides what it means
    """The provider answers, and says no."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class BatchesRefused(TeacherError):  # noqa: N818 - an answer, as below
    """The provider does not take a batch, now or ever."""


class Unlisted(Exception):  # noqa: N818
    """The provider does not tell which batches there are."""


class _PerhapsDone(Stumble):
    """A request may have done its work although its answer is lost."""


class BatchApi:
    """The batches at one base URL. Passing trouble is waited out for `patience_s`, then it is a TeacherError."""

    def __init__(self, connection: Connection, patience_s: float, say: Callable[[str], None]) -> None:
        self._http = connection.session
        self._place = connection.place
        self._patience_s = patience_s
        self._say = say

    async def upload(self, file: Path) -> str:
        """Hand over a file of requests; its id, once the provider can use it."""
        try:
            found = read_reply(FileReply, await self._patiently(lambda: self._upload(file)))
        except BatchRefused as refusal:
            raise self._without_batches(refusal) from None
        wait_s = FIRST_LOOK_S
        while found.is_not_ready:
            await asyncio.sleep(wait_s)
            wait_s = min(LAST_LOOK_S, wait_s * LOOK_GROWTH)
            found = read_reply(FileReply, await self._get(f"files/{found.id}"))
        if found.is_broken:
            raise TeacherError(f"{self._place('files')} could not use the requests in {file}: {found.status}.")
        return found.id

    async def submit(self, file_id: str, name: str) -> BatchReply:
        """Have a file answered. A try of unknown fate is looked for in the list first, so that none is bought twice.

        Raises Unlisted, with what happened, where that cannot be known.
        """
        loop = asyncio.get_running_loop()
        end, num_tries = loop.time() + self._patience_s, 0
        while True:
            try:
                return await self._create(file_id, name)
            except BatchRefused as refusal:
                if refusal.status != 404 or num_tries >= _NUM_UNKNOWN:
                    raise self._without_batches(refusal) from None
                problem = Stumble(str(refusal), is_overload=True)
            except Stumble as stumble:
                problem = stumble
            num_tries += 1
            await self._wait(problem, num_tries, end)
            found = await self._find_after(problem, file_id, name)
            if found is not None:
                return found

    async def find(self, file_id: str, name: str) -> BatchReply | None:
        """The batch that we named so, or that was made of this file. Raises Unlisted where the provider lists none."""
        after: str | None = None
        seen: set[str] = set()
        while True:
            query = {"limit": "100"} | ({"after": after} if after else {})
            page, has_more = await self._page(query)
            fresh = [batch for batch in page if batch.id not in seen]
            for batch in fresh:
                if batch.name == name or batch.input_file_id == file_id:
                    return batch
            if not fresh or not has_more:
                return None
            seen |= {batch.id for batch in fresh}
            after = fresh[-1].id

    async def look(self, batch_id: str) -> BatchReply:
        """How a batch stands. Raises BatchRefused where there is none of this id."""
        return read_reply(BatchReply, await self._get(f"batches/{batch_id}"))

    async def cancel(self, batch_id: str) -> None:
        """Have no more of its requests answered; what is already answered is paid for."""
        await self._patiently(lambda: self._send("POST", f"batches/{batch_id}/cancel"))

    async def download(self, file_id: str, path: Path) -> None:
        """Fetch a file, whole or not at all."""
        await self._patiently(lambda: self._download(file_id, path))

    async def _find_after(self, problem: Stumble, file_id: str, name: str) -> BatchReply | None:
        try:
            return await self.find(file_id, name)
        except Unlisted:
            if not isinstance(problem, _PerhapsDone):
                return None
            raise Unlisted(f"{self._place('batches')} answered {problem}") from None

    async def _create(self, file_id: str, name: str) -> BatchReply:
        request = {"input_file_id": file_id, "endpoint": CHAT, "completion_window": "24h", "metadata": {LABEL: name}}
        try:
            body = await self._send("POST", "batches", request)
        except BatchRefused as refusal:
            if "metadata" not in str(refusal):
                raise
            del request["metadata"]
            body = await self._send("POST", "batches", request)
        try:
            return read_reply(BatchReply, body)
        except Stumble as problem:
            raise _PerhapsDone(str(problem)) from None

    async def _page(self, query: dict[str, str]) -> tuple[list[BatchReply], bool]:
        try:
            body = await self._patiently(lambda: self._send("GET", "batches", query=query))
            data = orjson.loads(body)
            rows = data if isinstance(data, list) else data["data"]
            has_more = isinstance(data, dict) and data.get("has_more") is True
            return [BatchReply.model_validate(row) for row in rows or ()], has_more
        except BatchRefused as refusal:
            if refusal.status not in UNLISTED:
                raise TeacherError(f"{self._place('batches')} refuses ({refusal}).") from None
            raise Unlisted(str(refusal)) from None
        except (ValueError, KeyError, TypeError) as error:
            raise Unlisted(f"its list cannot be read ({type(error).__name__})") from None

    async def _get(self, path: str) -> bytes:
        return await self._patiently(lambda: self._send("GET", path))

    async def _upload(self, file: Path) -> bytes:
        with file.open("rb") as content:
            form = aiohttp.FormData()
            form.add_field("purpose", "batch")
            form.add_field("file", content, filename=file.name, content_type="application/jsonl")
            parts = form()
            # The session's own content type would win over the form's, which names its boundary.
            headers = {"Content-Type": parts.headers["Content-Type"]}
            return await self._answered(lambda: self._http.post(self._place("files"), data=parts, headers=headers))

    async def _send(self, method: str, path: str, body: object = None, query: dict[str, str] | None = None) -> bytes:
        data = None if body is None else json_bytes(body)
        return await self._answered(lambda: self._http.request(method, self._place(path), data=data, params=query))

    async def _answered(self, send: "Callable[[], Any]") -> bytes:
        try:
            async with send() as answer:
                body: bytes = await answer.read()
                _refuse(answer, body)
                return body
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise _stumble(error) from None

    async def _download(self, file_id: str, path: Path) -> None:
        try:
            async with self._http.get(self._place(f"files/{file_id}/content")) as answer:
                if answer.status != 200:
                    _refuse(answer, await answer.read())
                with replacing(path) as partial, partial.open("wb") as file:
                    async for chunk in answer.content.iter_chunked(2**20):
                        file.write(chunk)
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise _stumble(error) from None

    async def _patiently(self, work: Callable[[], Awaitable[Done]]) -> Done:
        """Do it again while the trouble may pass."""
        end, num_tries = asyncio.get_running_loop().time() + self._patience_s, 0
        while True:
            try:
                return await work()
            except Stumble as problem:
                num_tries += 1
                await self._wait(problem, num_tries, end)

    async def _wait(self, problem: Stumble, num_tries: int, end: float) -> None:
        wait_s = delay(problem, num_tries)
        if asyncio.get_running_loop().time() + wait_s > end:
            raise TeacherError(
                f"{self._place('batches')} has not answered for {self._patience_s:,.0f} s (the last said: {problem}). "
                "What was submitted goes on there; run the same command again to gather it."
            )
        if num_tries == 3:
            self._say(f"{self._place('batches')} has trouble ({problem}); trying on.")
        await asyncio.sleep(wait_s)

    def _without_batches(self, refusal: BatchRefused) -> BatchesRefused:
        if refusal.status in NO_BATCHES:
            return BatchesRefused(
                f"{self._place('batches')} takes no batches ({refusal}); leave --batch out to sample it live."
            )
        return BatchesRefused(f"{self._place('batches')} refuses the batch ({refusal}). Nothing is marked as done.")


def _refuse(answer: aiohttp.ClientResponse, body: bytes) -> None:
    """Raise Stumble or BatchRefused for all but success."""
    if answer.status in (200, 201, 202):
        return
    problem = trouble(answer.status, answer.headers, body)
    if isinstance(problem, RequestRefused):
        raise BatchRefused(answer.status, str(problem))
    raise problem if answer.status in OVERLOAD else _PerhapsDone(str(problem), retry_after_s=problem.retry_after_s)


def _stumble(error: Exception) -> Stumble:
    words = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError):
        return Stumble(words, is_unreachable=True)
    return _PerhapsDone(words)
