r"""Texts that need no close reading are known by numbers; whatever brackets, indices and drawings change is read."""

import pytest

from distill.prompts.overlap.readings import readings
from distill.prompts.overlap.text import tokens

DRAWN = "How long is it? [asy]label(%s);[/asy]"


def is_same(first: str, second: str) -> bool:
    found = readings([first, second], tokens([first, second]))
    return found.is_same(0, found, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Find $x^2 + 3(x + 1)$.", r"Determine \(y^{2} + 3(y+1)\). Think step by step."),
        (r"If $a = 3$ and $b = 4$, what is $a - b$?", r"If $p = 3$ and $q = 4$, what is $p - q$?"),
        (
            "A car costs 30 euros. A bus costs 40 francs. How much are both?",
            "A bus costs 40 francs. A car costs 30 euros. How much are both?",
        ),
        (DRAWN % 3, DRAWN % 3),
    ],
)
def test_texts_that_say_the_same(first: str, second: str) -> None:
    assert is_same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is 88 / (4 / 2)?", "What is 88 / 4 / 2?"),
        ("What is $2^{x+1}$?", "What is $2^x+1$?"),
        ("Find $x_1 + x_2$.", "Find $x_1 + x_3$."),
        (r"If $a = 3$ and $b = 4$, what is $a - b$?", r"If $a = 3$ and $b = 4$, what is $b - a$?"),
        (DRAWN % 3, DRAWN % 4),
        (DRAWN % 3, "How long is it?"),
    ],
)
def test_texts_that_have_to_be_read(first: str, second: str) -> None:
    assert not is_same(first, second)


def test_a_text_may_be_compared_sign_by_sign() -> None:
    found = readings(["> >", ">>"], tokens(["> >", ">>"]))
    for number, text in enumerate(["> >", ">>"]):
        found.set(number, text)
    assert not found.is_same(0, found, 1)
    assert found.take(found.whole.argsort()).whole.tolist() == sorted(found.whole.tolist())
