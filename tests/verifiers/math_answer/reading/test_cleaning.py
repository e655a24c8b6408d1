"""What is only presentation leaves no trace."""

import pytest

from distill.verifiers.math_answer.reading.cleaning import MAX_CHARS, clean
from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import UnreadableError


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("7²⁵", "7^{25}"),
        ("t⁻³", "t^{-3}"),
        ("b₁₄", "b_{14}"),
        ("－８", "-8"),
        ("𝟕𝑥", "7x"),
        (r"8{,}25", "8.25"),
        (r"0{,}125", "0.125"),
        (r"31{,}250", "31250"),
        (r"2{,}7182", "2.7182"),
        ("98 765,4", "98765.4"),
        ("98.765,4", "98765.4"),
        ("9.876.543", "9876543"),
        (r"45\,600", "45600"),
        ("3.1 x 10^7", r"3.1\times 10^7"),
        (r"\color{green}{19}", "19"),
        (r"\textcolor{blue}{19}\ \checkmark", "19"),
        ("{19}", "19"),
        ("19 \\\\\n\\noindent", "19"),
        (r"a^{\prime\prime}", "a''"),
        (r"w^2_3", "w_3^2"),
        (r"\text{EUR } 75", "€ 75"),
        ("USD 75", r"\$ 75"),
        ("The answer is 19", "19"),
        ("$u = 3t$\n$v = 8t$", "u = 3t, v = 8t"),
        (r"{}_7C_2", "_7C_2"),
    ],
)
def test_two_spellings_of_one_answer_are_one_tree(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


@pytest.mark.parametrize(
    ("text", "other"), [("7²⁵", "7^2"), ("2^{nd}", "2"), ("1{,}5,2", "1.52"), ("t⁻³", "t^3"), ("3.5e2", "3.5e3")]
)
def test_what_differs_stays_different(text: str, other: str) -> None:
    assert parse(text) != parse(other)


def test_degrees_minutes_and_seconds_are_one_angle() -> None:
    assert clean(r"12^{\circ} 30' 36''") == r"(12+30/60+36/3600)^{\circ}"


def test_a_text_beyond_the_limit_is_not_read() -> None:
    with pytest.raises(UnreadableError, match="longer than"):
        clean("1" * (MAX_CHARS + 1))
