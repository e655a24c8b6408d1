"""Which references need a verifier, and what it says of them."""

import asyncio

import pytest

from distill.prompts.self_check import SelfCheck, answers_itself
from distill.recipe.sections import VerifySection
from distill.records import Message, Outcome, Prompt, Verdict
from distill.references import Answer, Choice, Reference, Scorer, StdinCase, StdinTests
from distill.verifiers.dispatch import Verifiers

INTEGERS = ["0", "7", "-7", "10", "84", "-120", "936", "2002", "1000000", "123456789", "-999999999999999999"]
OTHERS = ["007", "-0", "+7", "1,000", "1.0", "1/2", r"\frac{1}{2}", "x", "", "7 cm", "٣", "1" * 19]


@pytest.mark.parametrize("value", INTEGERS)
def test_a_plain_integer_is_its_own_answer_as_the_verifier_says_too(value: str) -> None:
    reference = Answer(value=value)
    assert answers_itself(reference)
    assert _verify(reference, f"\\boxed{{{value}}}").outcome is Outcome.PASS


@pytest.mark.parametrize("value", OTHERS)
def test_of_other_answers_a_verifier_is_asked(value: str) -> None:
    assert not answers_itself(Answer(value=value))


def test_choices_and_puzzles_are_asked_about_and_tests_are_not() -> None:
    assert not answers_itself(Choice(answer="A", choices=("Mars", "Venus")))
    assert not answers_itself(Scorer(package="reasoning-gym", task="maze", entry={"answer": "3"}))
    assert answers_itself(StdinTests(cases=(StdinCase(stdin="1", stdout="1"),)))
    assert answers_itself(None)


def test_no_verifier_is_started_for_integers() -> None:
    async def check() -> tuple[list[str | None], dict[str, str]]:
        async with Verifiers(VerifySection(workers=1)) as verifiers:
            checked = SelfCheck(verifiers)
            return [await checked.objection(Answer(value=value)) for value in INTEGERS], verifiers.describe()

    assert asyncio.run(check()) == ([None] * len(INTEGERS), {})


def _verify(reference: Reference, answer: str) -> Verdict:
    async def verify() -> Verdict:
        messages = (Message(role="user", content="?"),)
        async with Verifiers(VerifySection(workers=1)) as verifiers:
            return await verifiers.verify(Prompt(id="1", messages=messages, domain="math", reference=reference), answer)

    return asyncio.run(verify())
