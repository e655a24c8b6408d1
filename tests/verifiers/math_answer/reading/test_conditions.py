"""Names and conditions that are understood."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse, readings
from distill.verifiers.math_answer.tree import Num, Relation, Var, variables


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"x \in \mathbb{R}, x \ne 6", r"x \ne 6"),
        (r"b_n = 4n + 3, n \ge 1", "b_n = 4n + 3"),
        (r"b_n = 4n + 3\ (n \in \mathbb{N}^*)", "b_n = 4n + 3"),
        (r"\{(p,q)\} = \{(3,4),(5,8)\}", r"(p,q) = \{(3,4),(5,8)\}"),
        (r"3, 5, 7, \ldots, 41", r"3, 5, \ldots, 41"),
    ],
)
def test_what_is_understood_is_left_out(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (r"b_n = 4n + 3, n \ge 2", "b_n = 4n + 3"),
        (r"g(x) = 4, x > 0", "g(x) = 4"),
        (r"2, 4, 8, \ldots, 64", r"2, 4, \ldots, 64"),
        (r"3, 5, 8, \ldots, 41", r"3, 5, \ldots, 41"),
    ],
)
def test_what_says_more_stays(text: str, other: str) -> None:
    assert parse(text) != parse(other)


def test_a_combination_of_sets_is_a_name_where_it_is_given_a_value() -> None:
    assert parse(r"B \cap A = [2, 6]") == parse(r"A \cap B = [2, 6]") != parse(r"A \cup B = [2, 6]")
    assert variables(parse(r"A \cap B = [2, 6]")) == {"(A intersection B)"}


def test_a_letter_that_is_given_a_value_is_no_constant() -> None:
    assert parse("e = 6") == Relation((Var("e"), Num(6)), ("=",))


@pytest.mark.parametrize(
    ("text", "letter"), [("s(t) = 5t", "s = 5t"), (r"\theta(t) = 5t", r"\theta = 5t"), ("y(x) = e^x", "y = e^x")]
)
def test_a_quantity_that_depends_on_another_also_reads_as_its_letter(text: str, letter: str) -> None:
    assert parse(letter) in readings(text)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("[[4,6],[7,9]]", r"\begin{pmatrix} 4 & 6 \\ 7 & 9 \end{pmatrix}"),
        (r"4\text{ hours and } 20\text{ minutes}", r"4\text{ hours } 20\text{ minutes}"),
        (r"\overline{B}", "B^c"),
    ],
)
def test_what_may_be_written_otherwise_has_both_readings(text: str, other: str) -> None:
    assert parse(other) in readings(text)


@pytest.mark.parametrize("text", ["b(n) = 5n", "f(x) = 5x", "b_n = 5n", "y_p = 5x"])
def test_other_functions_do_not_read_as_their_letter(text: str) -> None:
    assert len(readings(text)) == 1
