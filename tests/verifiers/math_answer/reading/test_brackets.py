"""Sets by their conditions, functions given piece by piece, lists in brackets."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import UnreadableError


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\{t \mid t \ne 6\}", r"t \ne 6"),
        (r"\{t : 2 < t < 9\}", "2 < t < 9"),
        (r"\{t \in \mathbb{R} : t > 2\}", "t > 2"),
        (r"\{t : 2 < t < 9, t \ne 6\}", r"\{t \mid 2 < t < 9, t \ne 6\}"),
        (r"\{t \mid t = 5k, k \in \mathbb{Z}\}", r"t = 5k, k \in \mathbb{Z}"),
        ("[u = 3, v = 8]", "u = 3, v = 8"),
        (r"\left\{\begin{array}{ll} t & t < 1 \\ 2 & t \ge 1 \end{array}\right.",
         r"\begin{cases} t & t < 1 \\ 2 & t \ge 1 \end{cases}"),
        (r"\begin{cases} t & t < 1 \\ 2 & \text{otherwise} \end{cases}",
         r"\begin{cases} t & t < 1 \\ 2 & t \ge 1 \end{cases}"),
    ],
)  # fmt: skip
def test_two_ways_to_say_it_are_one_tree(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


def test_a_set_in_a_set_is_not_the_set() -> None:
    assert parse(r"\{4,\{6\}\}") != parse(r"\{4,6\}")


@pytest.mark.parametrize("text", [r"\{t \mid s > 2, t < 1\}", r"\{s \mid t > 2\}", "[7, 5)", "(3, 4", "]3,4,5["])
def test_other_forms_are_refused_or_forgiven_at_the_end_only(text: str) -> None:
    if text == "(3, 4":
        assert parse(text) == parse("(3, 4)")
        return
    with pytest.raises(UnreadableError):
        parse(text)
