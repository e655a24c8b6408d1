"""What each piece of a text does."""

import pytest

from distill.verifiers.choice.option_texts import option_texts
from distill.verifiers.choice.tokens import kinds_of, tokens

OPTIONS = option_texts(("Mars", "Venus", "Earth", "Jupiter"))


def kinds(text: str) -> str:
    return kinds_of(tokens(text, OPTIONS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer is B.", "faiL."),
        ("Answer: (B)", "a:B"),
        ("Die Antwort lautet B", "faiL"),
        ("正确答案是B", "raiL"),
        ("选项B错误", "oLw"),
        ("정답은 B입니다", "aiLi"),
        ("الجواب: ب", "a:L"),
        ("l'option B", "foL"),
        ("It isn't A", "fnL"),
        ("we go with B", "fcL"),
        ("A, B or C", "L,L|L"),
        ("ACD", "R"),
        ("i.e. B", "sL"),
    ],
)
def test_words_have_kinds(text: str, expected: str) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize("text", ["A good idea", "A = 5", "B cells", "x_A", "B2", "I think", "CAB", "text-based"])
def test_words_and_variables_are_no_letters(text: str) -> None:
    assert not {*"LBRl"} & {*kinds(text)}


def test_an_options_own_text_behind_its_letter_is_left_out() -> None:
    assert kinds("(B) Venus.") == "B."
    assert kinds("B. Venus is hot") == "Lix"


def test_another_options_text_behind_a_letter_leaves_it_open() -> None:
    (sign,) = tokens("(B) Mars", OPTIONS)
    assert sign.places == ()


def test_letters_name_options_by_their_place() -> None:
    assert [sign.places for sign in tokens("A, (D)", OPTIONS) if sign.kind in "LB"] == [(0,), (3,)]
