"""Formulas between delimiters, dollars that are money, and texts that are nothing but an answer."""

import pytest

from distill.verifiers.math_answer.extracting.formulas import formulas, is_bare


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"so $x = 1$ and \(y\) and \[z\] and $$w$$", ["x = 1", "y", "z", "w"]),
        ("it cost $119 + $160 = $279.", []),
        ("from $5, $7 to $9", []),
        ("the value $5$.", ["5"]),
        (r"$90\text{ square units}$", [r"90\text{ square units}"]),
        ("$5 and then some more for $6", []),
        (r"\(" * 50 + "x", []),
    ],
)
def test_formulas_and_money(text: str, expected: list[str]) -> None:
    assert [span.text for span in formulas(text)] == expected


@pytest.mark.parametrize(
    "text", ["42", r"\frac{1}{2}", "12 cm", "a = 4 or a = -7", "Monday", "May 5", r"5 \text{ red ones}"]
)
def test_an_answer_alone_is_bare(text: str) -> None:
    assert is_bare(text)


@pytest.mark.parametrize(
    "text",
    [
        "The sum is 5",
        "A resposta final é 31.",
        "答案是36",
        "3, I'm quite sure",
        "36'dır",
        "5. Then 6",
        "no more than 7 of them",
    ],
)
def test_a_sentence_is_not(text: str) -> None:
    assert not is_bare(text)
