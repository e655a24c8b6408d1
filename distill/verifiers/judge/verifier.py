"""The verifier that asks a language model, on one event loop."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import uuid4

from pydantic import JsonValue

from distill.progress import say
from distill.recipe.loading import load_named
from distill.recipe.sections import JudgeSection, Price
from distill.records import Message, Outcome, Prompt, Verdict
from distill.teacher.asking.access import connector
from distill.teacher.asking.client import Ask, Client
from distill.teacher.pool.pool import EndpointPool, PoolLimits
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import RequestRefused
from distill.verifiers.judge import template as ask_for
from distill.verifiers.judge.opinion import Opinion, read_opinion, tally, unanimous
from distill.verifiers.judge.template import Template

KEYS = ("DISTILL_JUDGE_API_KEY", "DISTILL_API_KEY", "OPENAI_API_KEY")
"""Variables that may hold the judge's key; the first that is set is used."""
MAX_REASON_CHARS = 300
_SIGNS = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.ABSTAIN: "undecided"}


class JudgeSpending(NamedTuple):
    """What judging has cost so far."""

    num_calls: int = 0
    num_repairs: int = 0
    num_prompt_tokens: int = 0
    num_tokens: int = 0

    def cost(self, price: Price) -> float:
        """In the price's currency."""
        return (self.num_prompt_tokens * price.prompt + self.num_tokens * price.completion) / 1e6


class _Vote(NamedTuple):
    outcome: Outcome
    note: str


class Judge:
    """Asks an OpenAI-compatible endpoint about an answer; whatever is not a clear verdict is left undecided.

    Raises TeacherError where its endpoints are gone for good: then no verdict is better than thousands of abstains.
    """

    def __init__(self, settings: JudgeSection) -> None:
        self._settings = settings
        self._with_reference = load_template(settings.with_reference)
        self._without_reference = load_template(settings.without_reference)
        self._pool: EndpointPool | None = None
        self._opening = asyncio.Lock()
        self._is_structured = True
        self.spent = JudgeSpending()

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer` by the votes of the judge; more than half of them must agree."""
        started_s = time.monotonic()
        if not answer.strip():
            return Verdict.failed("judge", "no answer")
        template = self._template(prompt)
        if template is None:
            return Verdict.undecided("judge", f"a judge cannot decide on {prompt.verifier} by reading")
        votes = await asyncio.gather(*(self._vote(template, prompt, answer, n) for n in range(self._settings.votes)))
        outcome = tally([vote.outcome for vote in votes])
        counts = Counter(_SIGNS[vote.outcome] for vote in votes)
        note = next((vote.note for vote in votes if vote.outcome is outcome), votes[0].note)
        shown = ", ".join(f"{count} {name}" for name, count in counts.items())
        reason = f"{shown}: {note}"[:MAX_REASON_CHARS]
        return Verdict.decided(outcome, "judge", reason, seconds=time.monotonic() - started_s)

    async def close(self) -> None:
        """Close the connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)

    def describe(self) -> tuple[str, ...]:
        """The model that judged, and what that has cost in this attempt."""
        spent, price = self.spent, self._settings.price
        cost = f", {spent.cost(price):.2f} currency units" if price else ""
        return (
            self._settings.model,
            f"{spent.num_calls} calls of which {spent.num_repairs} for the form",
            f"{spent.num_prompt_tokens} + {spent.num_tokens} tokens{cost}",
        )

    def _template(self, prompt: Prompt) -> Template | None:
        if prompt.reference is None:
            return self._without_reference
        return self._with_reference if ask_for.reference_text(prompt) is not None else None

    async def _open(self) -> EndpointPool:
        async with self._opening:
            if self._pool is None:
                self._pool = EndpointPool(self._connector(), PoolLimits(self._settings.concurrency), say)
                await self._pool.open(self._settings.endpoints)
            return self._pool

    def _connector(self) -> Callable[[str], Client]:
        settings = self._settings
        return connector(settings, settings.model, settings.idle_timeout_s, settings.endpoints, KEYS)

    async def _vote(self, template: Template, prompt: Prompt, answer: str, number: int) -> _Vote:
        """One vote: the opinion that all orders share."""
        orders = range(len(template.orders))
        opinions = [await self._opinion(template, prompt, answer, (number, order)) for order in orders]
        missing = next((opinion for opinion in opinions if isinstance(opinion, str)), None)
        given = [opinion for opinion in opinions if isinstance(opinion, Opinion)]
        if missing is not None:
            return _Vote(Outcome.ABSTAIN, missing)
        outcome = unanimous([opinion.outcome for opinion in given])
        if outcome is Outcome.ABSTAIN and len({opinion.outcome for opinion in given}) > 1:
            return _Vote(outcome, "the orders disagree")
        return _Vote(outcome, " ".join(given[0].analysis.split()))

    async def _opinion(self, template: Template, prompt: Prompt, answer: str, place: tuple[int, int]) -> Opinion | str:
        """Ask once, and once more for the form where the reply holds no verdict; else say why there is none."""
        number, order = place
        ticket = secrets.token_hex(4)
        turns: Sequence[Message] = ask_for.messages(template, order, prompt, answer, ticket)
        reply = await self._ask(template, turns, number)
        opinion = _read(template, reply, ticket)
        if isinstance(opinion, Opinion) or isinstance(reply, RequestRefused):
            return opinion
        self.spent = self.spent._replace(num_repairs=self.spent.num_repairs + 1)
        said = Message(role="assistant", content=reply.parts().answer or "(nothing)")
        again = Message(role="user", content=f"{ask_for.REPAIR}\n{ask_for.form(template, ticket)}")
        return _read(template, await self._ask(template, (*turns, said, again), number), ticket)

    async def _ask(self, template: Template, turns: Sequence[Message], number: int) -> Completion | RequestRefused:
        """Ask for a structured reply, or for a plain one where the endpoint has refused the other."""
        plain = Ask(uuid4().hex, turns, self._settings.sampling, number)
        if not self._is_structured:
            return await self._complete(plain)
        reply = await self._complete(replace(plain, response_format=_response_format(template)))
        if isinstance(reply, Completion):
            return reply
        reply = await self._complete(plain)
        if isinstance(reply, Completion) and self._is_structured:
            self._is_structured = False
            say(f"{self._settings.model} gives no structured output; its replies are read as text.")
        return reply

    async def _complete(self, ask: Ask) -> Completion | RequestRefused:
        pool = await self._open()
        try:
            reply = await pool.complete(ask, await pool.lease(ask.group), lambda _: None)
        except RequestRefused as refusal:
            return refusal
        self.spent = JudgeSpending(
            self.spent.num_calls + 1,
            self.spent.num_repairs,
            self.spent.num_prompt_tokens + reply.num_prompt_tokens,
            self.spent.num_tokens + reply.num_tokens,
        )
        return reply


def load_template(name: str) -> Template:
    """A template by its name under `recipes/judges/`, or by its file. Raises RecipeError where it makes no sense."""
    return load_named(Template, name, "judges")


def _response_format(template: Template) -> dict[str, JsonValue]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "strict": True, "schema": ask_for.schema(template)},
    }


def _read(template: Template, reply: Completion | RequestRefused, ticket: str) -> Opinion | str:
    if isinstance(reply, RequestRefused):
        return f"the judge's endpoint refused: {reply}"
    if reply.finish_reason == "length":
        return "the judge's reply was cut off"
    said = reply.parts().answer
    return read_opinion(template, said, ticket) or f"no single verdict in {said[:80]!r}"
