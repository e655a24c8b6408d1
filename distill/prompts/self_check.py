"""Whether a verifier accepts a reference as the answer to its own prompt; if not, no sample could ever pass."""

import asyncio
import re
from collections import OrderedDict

from distill.records import Message, Outcome, Prompt
from distill.references import Answer, Choice, Reference, Scorer, domain_for
from distill.verifiers.dispatch import VERIFIERS, Verifiers

NUM_REMEMBERED = 100_000
"""Answers such as `12` come back in every second row."""
_INTEGER = re.compile(r"-?[1-9]\d{0,17}|0", re.ASCII)


def answers_itself(reference: Reference | None) -> bool:
    """Whether no verifier need be asked: there is nothing to ask about, or the answer is a plain integer."""
    if isinstance(reference, Answer):
        return _INTEGER.fullmatch(reference.value) is not None
    return not isinstance(reference, Choice | Scorer)


class SelfCheck:
    """Asks the verifiers, and remembers what they said of short answers."""

    def __init__(self, verifiers: Verifiers) -> None:
        self._verifiers = verifiers
        self._said: OrderedDict[Reference, asyncio.Future[str | None]] = OrderedDict()

    async def objection(self, reference: Reference | None) -> str | None:
        """What the verifier says against a reference; None where it accepts it.

        Tests are not run: that needs a program that passes them, and a prompt row has none. Nor is a puzzle checked
        that came without a solution.
        """
        if answers_itself(reference):
            return None
        if isinstance(reference, Scorer):
            solution = reference.entry.get("answer")
            return await self._ask(reference, f"<answer>{solution}</answer>") if isinstance(solution, str) else None
        if not isinstance(reference, Answer | Choice):
            return None
        said = self._said.get(reference)
        if said is None:
            said = self._said[reference] = asyncio.ensure_future(
                self._ask(reference, f"\\boxed{{{_value(reference)}}}")
            )
            if len(self._said) > NUM_REMEMBERED:
                self._said.popitem(last=False)
        return await said

    async def _ask(self, reference: Answer | Choice | Scorer, answer: str) -> str | None:
        prompt = Prompt(
            id="-", messages=(Message(role="user", content="-"),), domain=domain_for(reference), reference=reference
        )
        if prompt.verifier not in VERIFIERS:
            return None
        verdict = await self._verifiers.verify(prompt, answer)
        return None if verdict.outcome is Outcome.PASS else f"{answer[:80]}: {verdict.reason}"


def _value(reference: Answer | Choice) -> str:
    return reference.value if isinstance(reference, Answer) else reference.answer
