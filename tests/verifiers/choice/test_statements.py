"""What sentences say of letters."""

import pytest

from distill.verifiers.choice.option_texts import option_texts
from distill.verifiers.choice.statements import NO_OPTION, Mood, statements
from distill.verifiers.choice.tokens import tokens

OPTIONS = option_texts(("Mars", "Venus", "Earth", "Jupiter"))


def said(text: str) -> list[tuple[Mood, set[int]]]:
    return [(statement.mood, set(statement.places)) for statement in statements(tokens(text, OPTIONS))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer is B.", [(Mood.PICKED, {1})]),
        ("B is correct.", [(Mood.CALLED_RIGHT, {1})]),
        ("B is wrong.", [(Mood.DENIED, {1})]),
        ("The answer isn't B.", [(Mood.DENIED, {1})]),
        ("We can eliminate A and C.", [(Mood.DENIED, {0, 2})]),
        ("There is no reason to choose B.", [(Mood.DENIED, {1})]),
        ("The answer is A or B.", [(Mood.OPEN, {0, 1})]),
        ("not A but B.", [(Mood.DENIED, {0}), (Mood.PICKED, {1})]),
        ("The answer is none of these.", [(Mood.PICKED, set(NO_OPTION))]),
        ("The answer is not listed.", [(Mood.OPEN, set(NO_OPTION))]),
        ("B is not hot.", []),
        ("B is not the answer.", [(Mood.DENIED, {1})]),
        ("Look at B again.", []),
        ("Is the answer B?", []),
        ("If the answer is B, then", []),
    ],
)
def test_moods(text: str, expected: list[tuple[Mood, set[int]]]) -> None:
    assert said(text) == expected


def test_a_statement_may_be_in_doubt() -> None:
    (statement,) = statements(tokens("Perhaps it is B.", OPTIONS))
    assert statement.is_doubted
