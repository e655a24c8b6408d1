"""Numerals in a base, and times of day."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import Based, Phrase


@pytest.mark.parametrize(
    "text",
    ["1203_4", "1203_{(4)}", "(1203)_4", r"1203 \text{ (base 4)}", "1203 (base 4)", r"1203_{\text{four}}",
     r"1203_{\text{base } 4}", "1203 base 4"],
)  # fmt: skip
def test_a_numeral_names_its_base_in_many_ways(text: str) -> None:
    assert parse(text) == Based(99, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [("4:25 PM", "4:25pm"), (r"4{:}25\text{ p.m.}", "4:25pm"), ("4:25 am", "4:25am"), ("12 PM", "12:00pm")],
)
def test_a_time_of_day_with_its_half_is_words(text: str, words: str) -> None:
    assert parse(text) == Phrase(words)


def test_a_ratio_may_be_in_words() -> None:
    assert parse("4 to 9") == parse("4:9")
