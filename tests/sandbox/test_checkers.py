"""Comparing outputs and results: what counts as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.sandbox.supervisor.checkers import text_differs, values_differ


@pytest.mark.parametrize(
    ("checker", "got", "expected", "is_same"),
    [
        ("tokens", "1  2\n3", "1 2 3\n", True),
        ("tokens", "1 2", "1 2 3", False),
        ("tokens", "1 2 3 4", "1 2 3", False),
        ("tokens", "2 1", "1 2", False),
        ("tokens", "1e3", "1000", True),
        ("tokens", "-0", "0", True),
        ("tokens", "1.50", "1.5", True),
        ("tokens", "20.000000001", "20", False),
        ("tokens", "1000000000", "1000000007", False),
        ("tokens", "011", "11", False),
        ("tokens", "yes", "YES", False),
        ("tokens", "nan", "nan", True),
        ("tokens", "0.33333333", "0.333333333333", True),
        ("tokens", "0.33333334", "0.333333333333", False),
        ("tokens", "0.333", "0.333333333333", False),
        ("tokens", "0.3333333", "0.3333334", False),
        ("tokens", "١٢", "12", False),
        ("tokens", "1e999999", "1e999998", False),
        ("exact", "a b\r\n", "a b", True),
        ("exact", "a  b", "a b", False),
        ("exact", "a \nb", "a\nb", False),
        ("exact", "1.0", "1", False),
        ("float", "0.3333", "0.33333333", False),
        ("float", "0.3333333", "0.33333333333", True),
        ("float", "1000001.0", "1000000.5", True),
        ("float", "20.000000001", "20", False),
        ("float", "12345679", "12345678", False),
        ("float", "1e999999", "1.5", False),
        ("float", "nan", "1.5", False),
    ],
)
def test_text(checker: str, got: str, expected: str, is_same: bool) -> None:
    assert (text_differs(checker, got, expected) is None) is is_same


def test_a_difference_is_told_in_a_few_words() -> None:
    assert text_differs("tokens", "1 2 4", "1 2 3") == "token 3: expected '3', got '4'"
    assert text_differs("tokens", "1", "1 2 3") == "output ends after 1 of 3 tokens"
    assert text_differs("exact", "a\nb\nc", "a\nb") == "output goes on after the expected 2 lines: 'c'"
    assert len(text_differs("tokens", "x" * 10**6, "y" * 10**6) or "") < 200


@given(st.lists(st.integers() | st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1))
def test_an_output_is_the_same_as_itself_and_none_else(words: list[object]) -> None:
    text = " ".join(map(str, words))
    for checker in ("exact", "tokens", "float"):
        assert text_differs(checker, text, text) is None
        assert text_differs(checker, text + " x", text) is not None


@pytest.mark.parametrize(
    ("checker", "got", "expected", "is_same"),
    [
        ("tokens", (1, [2]), [1, [2]], True),
        ("tokens", {1, 2}, [1, 2], False),
        ("tokens", {1: "a"}, {"1": "a"}, True),
        ("tokens", {True: 1, None: 2}, {"true": 1, "null": 2}, True),
        ("tokens", 1, 1.0, True),
        ("tokens", "1", 1, False),
        ("tokens", 0.1 + 0.2, 0.3, True),
        ("tokens", [0.30001], [0.3], False),
        ("exact", 0.1 + 0.2, 0.3, False),
        ("float", [0.3000001], [0.3], True),
        ("float", 10**9 + 1, 10**9, False),
        ("float", 10**400, 1.5, False),
        ("tokens", float("nan"), 1.5, False),
        ("tokens", [[1]], [[1, 2]], False),
    ],
)
def test_values(checker: str, got: object, expected: object, is_same: bool) -> None:
    assert (values_differ(checker, got, expected) is None) is is_same


def test_a_number_too_large_to_print_is_still_told() -> None:
    assert values_differ("tokens", 10**9000, 1) == "expected 1, got a int too large to show"
