"""An OpenAI-compatible chat endpoint, asked for one completion a request.

One request a sample, so that a lost connection costs one sample and each can be cancelled alone. aiohttp
closes the connection when a request is cancelled, which is how an engine learns to stop. What the endpoint does not
take is learnt from its refusals, once, and the request sent again in the form that it does take.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

import aiohttp

from distill.errors import TeacherError
from distill.files import json_bytes
from distill.progress import say as say_aloud
from distill.records import RefusalKind
from distill.teacher.asking.ask import Ask
from distill.teacher.asking.body import chat_body, continued_body, drawn, fitted
from distill.teacher.asking.connection import Connection
from distill.teacher.asking.departure import Departures
from distill.teacher.asking.form import EndpointForm, learnt, room_for, told
from distill.teacher.asking.served import ServedModel, find_model, served_models, unlisted
from distill.teacher.replies.endings import ErrorInBody
from distill.teacher.replies.fields import turns_thinking_off
from distill.teacher.replies.reading import read
from distill.teacher.replies.reply import Completion
from distill.teacher.replies.resume import ENGINES, MIN_TOKENS, continued_prompt
from distill.teacher.trouble import grounds
from distill.teacher.trouble.kinds import EndpointRefused, RequestRefused, Stumble, Unresumable
from distill.teacher.trouble.statuses import ANSWERS, MISPLACED, trouble

__all__ = ["Ask", "Client"]

CHECK_TIMEOUT_S = 60.0
CHECK_INTERVAL_S = 30.0
"""Before an endpoint that was too busy to list its models is asked for them again."""
TEACHING = frozenset({RefusalKind.SETTING, RefusalKind.CONTEXT, RefusalKind.OTHER})
"""Refusals that may be about the form of a request."""
MAX_SLASHES = 3
"""Of an address that is a host, or a host and a word; a longer one is a path that somebody has looked up."""
_VERSION = re.compile(r"/v\d")


class Client:
    """Samples one model at one endpoint; use as an async context manager."""

    def __init__(  # noqa: PLR0913 - of one endpoint, by name
        self,
        url: str,
        model: str,
        idle_timeout_s: float,
        *,
        form: EndpointForm = EndpointForm(),  # noqa: B008 - a value
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        say: Callable[[str], None] = say_aloud,
    ) -> None:
        """`secrets` are headers that no other host is sent."""
        self.url = url.rstrip("/")
        self.model = model
        self.form = form
        """What the endpoint takes, as far as it is known."""
        self.kind: str | None = None
        """The engine, as `/models` has it in `owned_by`: `vllm`, `sglang`, `llamacpp`."""
        self._say = say
        self._said: set[str] = set()
        self._has_answered = False
        self._check_at: float | None = None
        """When `/models` is to be asked again; None: it need not."""
        self.connection = Connection(self.url, idle_timeout_s, headers or {}, secrets or {})
        self._departures = Departures(self.url)
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.connection.__aenter__()
        self._looking = asyncio.create_task(self._departures.look_often())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._looking is not None:
            self._looking.cancel()
        await self.connection.__aexit__(kind, error, traceback)

    async def check(self) -> None:
        """Raise TeacherError where nothing answers. What is said of the models is a hint: requests tell the truth."""
        try:
            status, body = await self.connection.get("models", CHECK_TIMEOUT_S)
        except EndpointRefused as refusal:
            raise TeacherError(f"{self.url} cannot be used: {refusal}.") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TeacherError(
                f"Nothing answers at {self.url} ({_cause(error)}). Start the teacher there, or name another endpoint."
            ) from None
        if status in ANSWERS:
            self._learn_models(served_models(body))
            return
        problem = trouble(status, {}, body)
        if isinstance(problem, Stumble):
            self._check_at = _now() + CHECK_INTERVAL_S
            return
        advice = self._path_advice() if status in MISPLACED else problem.advice
        self._say_once(f"does not list its models ({problem}); going on all the same. {advice}".rstrip())

    def _learn_models(self, models: tuple[ServedModel, ...]) -> None:
        if not models:
            self._say_once(f"lists no models in a form that is known here; asking for {self.model!r} all the same.")
        elif self.model not in {each.id for each in models}:
            self._say_once(unlisted(models, self.model))
        model = find_model(models, self.model)
        if model is not None:
            self.kind = model.owned_by
            context, most_tokens = self.form.context or model.context, self.form.most_tokens or model.most_tokens
            self.form = replace(self.form, context=context, most_tokens=most_tokens)

    async def _check_again(self) -> None:
        """Learn the engine of an endpoint that was too busy to say what it is."""
        if self._check_at is None or _now() < self._check_at:
            return
        self._check_at = None
        try:
            await self.check()
        except TeacherError:  # requests tell it better
            self._check_at = _now() + CHECK_INTERVAL_S

    async def complete(self, ask: Ask, so_far: Completion, watch: Callable[[Completion], None]) -> Completion:
        """Ask for one completion; what comes is added to `so_far`, and `watch` is shown it.

        Raises Stumble, RequestRefused or EndpointRefused. Each lesson leaves out a field, or lowers the limit, so that
        the last comes soon.
        """
        await self._check_again()
        so_far.is_unthinking = turns_thinking_off(ask.sampling.extra_body)
        room: int | None = None
        while True:
            form, fit = self.form, fitted(ask, self.form, room)
            if fit.is_less:
                self._say_once(_too_much(form, ask))
            body = chat_body(ask, self.model, form, fit.limit, self.kind)
            path, sent = await self._request(ask, body, so_far)
            so_far.sent = drawn(ask.sampling, form, fit)
            try:
                done = await self._send(path, sent, so_far, watch)
            except RequestRefused as refusal:
                if self._refuses_to_continue(refusal, sent, so_far):
                    so_far.restart(f"its continuation is refused ({refusal})")
                    continue
                left = self._room_after(refusal, sent, form, so_far)
                room = left if room is None or left is None else min(room, left)
                if chat_body(ask, self.model, self.form, fitted(ask, self.form, room).limit, self.kind) == body:
                    raise
                continue
            self._check_at = self._check_at and _now()  # it answers now: it may say what it is
            return done

    def _refuses_to_continue(self, refusal: RequestRefused, sent: dict[str, object], so_far: Completion) -> bool:
        """Whether it may be the form of a continuation that is refused: then it is drawn again from the beginning."""
        is_about_form = refusal.kind in (RefusalKind.SETTING, RefusalKind.OTHER)
        is_first_word = so_far.resumed_at is not None and "prompt" in sent and not so_far.has_grown
        return is_about_form and is_first_word and learnt(self.form, sent, refusal.complaint) is None

    def learn(self, sent: Mapping[str, object], refusal: RequestRefused) -> bool:
        """Whether the refusal of a body teaches how it is to be asked instead, which is told and kept."""
        lesson = learnt(self.form, sent, refusal.complaint) if refusal.kind in TEACHING else None
        if lesson is None:
            return False
        for sentence in told(self.form, lesson):
            self._say(f"{self.url}: {sentence}.")
        self.form = lesson
        return True

    def _room_after(
        self, refusal: RequestRefused, sent: dict[str, object], form: EndpointForm, so_far: Completion
    ) -> int | None:
        """Learn from the refusal of what was `sent` in a form; returns the room that it names for this request.

        Raises the refusal where it teaches nothing.
        """
        written = so_far.resumed_at or 0
        if so_far.has_grown or not self.learn(sent, refusal):
            raise refusal
        room = room_for(form, sent, refusal.complaint)
        if room is not None and room < 1:
            raise refusal
        return None if room is None else room + written

    async def _request(self, ask: Ask, body: dict[str, object], so_far: Completion) -> tuple[str, dict[str, object]]:
        """The path of a request, and what is sent there."""
        if so_far.resumed_at is None:
            return "chat/completions", body
        if self.kind not in ENGINES:
            raise EndpointRefused("it cannot continue a text; endpoints of vLLM and llama.cpp can")
        root = self.url.removesuffix("/v1")
        try:
            prompt = await continued_prompt(self.connection.session, root, self.model, ask.messages, so_far)
        except Unresumable as problem:
            so_far.restart(str(problem))
            return "chat/completions", body
        return "completions", continued_body(body, prompt, so_far.num_tokens)

    def can_resume(self, so_far: Completion) -> bool:
        """Whether what has come so far can be continued here, and is worth it."""
        return self.kind in ENGINES and so_far.num_tokens - (so_far.resumed_at or 0) >= MIN_TOKENS

    async def _send(
        self, path: str, body: dict[str, object], so_far: Completion, watch: Callable[[Completion], None]
    ) -> Completion:
        try:
            async with self._departures.watched(so_far), await self.connection.post(path, json_bytes(body)) as answer:
                status = answer.status
                if status in ANSWERS:
                    done = await read(answer.content.iter_any(), so_far, watch)
                    self._has_answered = True
                    return done
                problem = trouble(status, answer.headers, await answer.read())
        except ErrorInBody as error:
            status, problem = error.status, trouble(error.status, {}, error.body)
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            raise Stumble(_cause(error), is_unreachable=isinstance(error, aiohttp.ClientConnectorError)) from None
        raise self._misplaced(problem) if status in MISPLACED and isinstance(problem, RequestRefused) else problem

    def _misplaced(self, refusal: RequestRefused) -> RequestRefused | Stumble:
        """What it means that nothing is at our path: where it was there before, something is being replaced."""
        if self._has_answered and not grounds.NO_MODEL.search(refusal.complaint.text):
            return Stumble(str(refusal))
        refusal.advice = self._path_advice() or refusal.advice
        return refusal

    def _path_advice(self) -> str:
        """What was probably meant, where nothing is at our paths: most APIs stand below `/v1`."""
        base, _, query = self.url.partition("?")
        meant = base.removesuffix("/chat/completions")
        if meant == base and not _VERSION.search(base) and base.count("/") <= MAX_SLASHES:
            meant = f"{base}/v1"
        return "" if meant == base else f"Did you mean --endpoint {meant}{query and f'?{query}'}?"

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._say(f"{self.url} {sentence}")


def _too_much(form: EndpointForm, ask: Ask) -> str:
    """Why a request asks for less than it should."""
    if form.most_tokens is not None and form.most_tokens < ask.limit:
        return f"gives answers of at most {form.most_tokens:,} tokens; asking for no more (--max-tokens)."
    room = f"{form.context or 0:,} tokens, prompt and answer together"
    return f"has room for {room}; asking for no more than the prompt leaves (--max-tokens)."


def _now() -> float:
    return asyncio.get_running_loop().time()


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__
