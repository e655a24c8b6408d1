"""An OpenAI-compatible chat endpoint, asked for one completion a request.

One request a sample, so that a lost connection costs one sample and each can be cancelled alone. aiohttp
closes the connection when a request is cancelled, which is how an engine learns to stop. Time-outs are idle
times, not totals: a long answer is fine, silence is not.
"""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import JsonValue
from yarl import URL

from distill.errors import TeacherError
from distill.files import json_bytes
from distill.records import Message, Sampling
from distill.teacher.reply import Completion, models, whole
from distill.teacher.resume import ENGINES, MIN_TOKENS, continued_prompt
from distill.teacher.trouble import EndpointRefused, RequestRefused, Stumble

CONNECT_TIMEOUT_S = 30.0
CHECK_TIMEOUT_S = 60.0
KEEPALIVE_S = 4.0
"""An idle connection is closed before the server does so: uvicorn, under vLLM and SGLang, waits 5 s."""
STREAM_INTERVAL = 128
"""Tokens an event where the endpoint lets us choose: an event costs 16 µs here, whatever it holds."""
OVERLOAD_STATUS = frozenset({429, 503, 529})
RETRY_STATUS = OVERLOAD_STATUS | {408, 409, 425, 500, 502, 504, 520, 522, 524}
REFUSING_STATUS = frozenset({401, 402, 403, 404, 405, 407})
"""No key, no credit, no such model or path: the next request would fare the same."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: what is said, and how the answer is drawn."""

    group: str
    """Requests of one group share a prompt, which an endpoint keeps in its cache."""
    messages: Sequence[Message]
    sampling: Sampling
    index: int = 0
    max_tokens: int | None = None
    """A limit below that of the sampling."""
    is_race: bool = False
    """Whether tokens under way matter, so that any endpoint should stream."""
    response_format: Mapping[str, JsonValue] | None = None
    """What the answer has to look like, in OpenAI's form, where the endpoint can hold a model to it."""


class Client:
    """Samples one model at one endpoint; use as an async context manager."""

    def __init__(self, url: str, model: str, idle_timeout_s: float, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.model = model
        self.kind: str | None = None
        """The engine, as `/models` has it in `owned_by`: `vllm`, `sglang`, `llamacpp`."""
        self._chat = URL(f"{self.url}/chat/completions")
        self._completions = URL(f"{self.url}/completions")
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._refuses_streams = False
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=idle_timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, keepalive_timeout=KEEPALIVE_S)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, headers=self._headers, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.close()

    async def check(self) -> None:
        """Raise TeacherError where nothing answers, or where this model is not among those it serves."""
        patience = aiohttp.ClientTimeout(total=CHECK_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S)
        try:
            async with self._http.get(f"{self.url}/models", timeout=patience) as reply:
                body, status = await reply.read(), reply.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TeacherError(
                f"Nothing answers at {self.url} ({_cause(error)}). Start the teacher there, or name another endpoint."
            ) from None
        if status in (401, 403):
            raise TeacherError(f"{self.url} refuses (HTTP {status}): {_shown(body)}. Is its key in DISTILL_API_KEY?")
        cards = {card.id: card for card in models(body)}
        if cards and self.model not in cards:
            raise TeacherError(
                f"{self.url} does not know the model {self.model!r}; it serves {', '.join(cards)}. Name one of these."
            )
        self.kind = cards[self.model].owned_by if cards else None

    def streams(self, ask: Ask) -> bool:
        """Whether a stream is asked for: in coarse steps where the engine has them, else where it is needed."""
        return (ask.is_race or self.kind == "vllm") and not self._refuses_streams

    async def complete(self, ask: Ask, so_far: Completion, watch: Callable[[Completion], None]) -> Completion:
        """Ask for one completion; what comes is added to `so_far`, and `watch` is shown it.

        Raises Stumble, RequestRefused or EndpointRefused.
        """
        place, request = self._chat, self._body(ask)
        if so_far.resumed_at is not None:
            place, request = await self._continued(ask, request, so_far)
        try:
            async with await self._post(place, json_bytes(request)) as answer:
                if answer.status != 200:
                    raise self._trouble(ask, answer, await answer.read())
                if answer.content_type == "text/event-stream":
                    return await self._stream(answer, so_far, watch)
                body = await answer.read()
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise Stumble(_cause(error), is_unreachable=isinstance(error, aiohttp.ClientConnectorError)) from None
        try:
            return whole(body)
        except ValueError:
            raise Stumble(f"an answer that is no completion: {_shown(body)}") from None

    async def _post(self, place: URL, data: bytes) -> aiohttp.ClientResponse:
        """Send a request; once more where the connection turns out to be one that the server had given up."""
        try:
            return await self._http.post(place, data=data)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError):
            return await self._http.post(place, data=data)

    def can_resume(self, so_far: Completion) -> bool:
        """Whether what has come so far can be continued here, and is worth it."""
        return self.kind in ENGINES and so_far.num_tokens - (so_far.resumed_at or 0) >= MIN_TOKENS

    async def _continued(self, ask: Ask, body: dict[str, object], so_far: Completion) -> tuple[URL, dict[str, object]]:
        if self.kind not in ENGINES:
            raise EndpointRefused("it cannot continue a text; endpoints of vLLM and llama.cpp can")
        root = self.url.removesuffix("/v1")
        prompt = await continued_prompt(self._http, root, self.model, ask.messages, so_far.content)
        limit = min(ask.max_tokens or ask.sampling.max_tokens, ask.sampling.max_tokens)
        changes = {
            "prompt": prompt,
            "add_special_tokens": False,
            "max_tokens": max(1, limit - so_far.num_tokens),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return self._completions, {key: value for key, value in body.items() if key != "messages"} | changes

    def _trouble(self, ask: Ask, answer: aiohttp.ClientResponse, body: bytes) -> Exception:
        problem = trouble(answer.status, answer.headers.get("Retry-After"), body)
        if isinstance(problem, RequestRefused) and self.streams(ask) and b"stream" in body:
            self._refuses_streams = True
            return Stumble(f"it does not stream ({problem})")
        return problem

    async def _stream(
        self, answer: aiohttp.ClientResponse, so_far: Completion, watch: Callable[[Completion], None]
    ) -> Completion:
        async for event in events(answer.content.iter_any()):
            try:
                so_far.add(event)
            except (ValueError, AttributeError, TypeError):
                raise Stumble(f"an event that cannot be read: {_shown(event)}") from None
            watch(so_far)
        if so_far.finish_reason is None:
            raise Stumble("the stream broke off")
        return so_far

    def _body(self, ask: Ask) -> dict[str, object]:
        sampling = ask.sampling
        body: dict[str, object] = {
            "model": self.model,
            "messages": [vars(message) for message in ask.messages],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": min(ask.max_tokens or sampling.max_tokens, sampling.max_tokens),
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed + ask.index
        if ask.response_format is not None:
            body["response_format"] = ask.response_format
        if not self.streams(ask):
            return body
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        if self.kind == "vllm":
            body["stream_interval"] = STREAM_INTERVAL
            body["stream_options"] = {"include_usage": True, "continuous_usage_stats": True}
        return body

    @property
    def _http(self) -> aiohttp.ClientSession:
        assert self._session is not None, "the client is used as a context manager"
        return self._session


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each server-sent event up to `[DONE]`; comments and blank lines keep a connection alive."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            data = line.removeprefix(b"data:").strip()
            if not line.startswith(b"data:") or not data:
                continue
            if data == b"[DONE]":
                return
            yield data


def trouble(status: int, retry_after: str | None, body: bytes) -> Stumble | RequestRefused | EndpointRefused:
    """What an HTTP status other than 200 means for us."""
    problem = f"HTTP {status}: {_shown(body)}" if body.strip() else f"HTTP {status}"
    if status in RETRY_STATUS:
        is_overload = status in OVERLOAD_STATUS
        return Stumble(problem, is_overload=is_overload, is_fault=status == 500, retry_after_s=seconds(retry_after))
    return EndpointRefused(problem) if status in REFUSING_STATUS else RequestRefused(problem)


def seconds(retry_after: str | None) -> float:
    """`Retry-After`, a number of seconds or a date, as seconds from now; 0 where it is neither."""
    try:
        wait_s = float(retry_after or 0)
    except ValueError:
        wait_s = _seconds_until(str(retry_after))
    return max(0.0, wait_s) if math.isfinite(wait_s) else 0.0


def _seconds_until(date: str) -> float:
    try:
        return (parsedate_to_datetime(date).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return 0.0


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__


def _shown(body: bytes) -> str:
    return " ".join(body[:200].decode(errors="replace").split())
