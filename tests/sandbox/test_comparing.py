"""Comparing outputs and results: what counts as the same, and that no value makes it slow."""

import json
import time
from collections import Counter, deque
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.sandbox.comparing.texts import text_differs
from distill.sandbox.comparing.values import is_deep, is_equal, is_true, room_for, shown_value, value_differs
from distill.sandbox.plain import encode


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
        ("tokens", "0.33333334", "0.333333333333", True),
        ("tokens", "0.333", "0.333333333333", False),
        ("tokens", "0.3333333", "0.3333334", True),
        ("tokens", "3.0000001", "3", False),
        ("tokens", "2.500003", "2.5", False),
        ("tokens", "2500002.0", "2500000.5", True),
        ("tokens", ".5", "0.5", True),
        ("tokens", "5.", "5", True),
        ("tokens", "+5", "5", True),
        ("tokens", "1_000", "1000", False),
        ("tokens", ".", "0", False),
        ("tokens", "1e20", "100000000000000000001", False),
        ("tokens", "١٢", "12", False),
        ("tokens", "1\u00a02", "1 2", True),
        ("tokens", "1\u20282", "1 2", False),
        ("tokens", "1\x1c2", "1 2", False),
        ("tokens", "5\0", "5", False),
        ("tokens", "\ud800", "\ud800", True),
        ("tokens", "1e999999", "1e999998", False),
        ("exact", "a b\r\n", "a b", True),
        ("exact", "a  b", "a b", False),
        ("exact", "a \nb", "a\nb", False),
        ("exact", "1.0", "1", False),
        ("float", "0.3333", "0.33333333", False),
        ("float", "0.3333333", "0.33333333333", True),
        ("float", "1000001.0", "1000000.5", True),
        ("float", "20.000000001", "20", True),
        ("float", "12345679", "12345678", False),
        ("float", "1e999999", "1.5", False),
        ("float", "nan", "1.5", False),
    ],
)
def test_text(checker: str, got: str, expected: str, is_same: bool) -> None:
    assert (text_differs(checker, raw(got), expected) is None) is is_same


def raw(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def test_a_difference_is_told_in_a_few_words() -> None:
    assert text_differs("tokens", b"1 2 4", "1 2 3") == "token 3: expected '3', got '4'"
    assert text_differs("tokens", b"1", "1 2 3") == "output ends after 1 of 3 tokens"
    assert text_differs("exact", b"a\nb\nc", "a\nb") == "output goes on after the expected 2 lines: 'c'"
    assert len(text_differs("tokens", b"x" * 10**6, "y" * 10**6) or "") < 200


@given(st.lists(st.integers() | st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1))
def test_an_output_is_the_same_as_itself_and_none_else(words: list[object]) -> None:
    text = " ".join(map(str, words))
    for checker in ("exact", "tokens", "float"):
        assert text_differs(checker, raw(text), text) is None
        assert text_differs(checker, raw(text + " x"), text) is not None


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
        ("tokens", float("nan"), float("nan"), True),
        ("tokens", float("-inf"), float("inf"), False),
        ("tokens", Decimal("sNaN"), 49, False),
        ("tokens", Decimal("NaN"), float("nan"), False),
        ("tokens", Decimal("0.5"), 0.5, True),
        ("tokens", Fraction(3, 2), 1.5, True),
        ("tokens", {1: "a", "1": "b"}, {"1": "b"}, False),
        ("tokens", {"a": 1, "1": 2}, {"a": 1, "1": 2}, True),
        ("tokens", {1 << 2100: 1, "a": 2}, {"a": 1, "b": 2}, False),
        ("tokens", {(1, 2): 3}, {"(1, 2)": 3}, False),
        ("tokens", range(3), [0, 1, 2], False),
        ("tokens", deque([1]), [1], False),
        ("tokens", "\ud800", "\ud800", True),
        ("tokens", 1 << 2100, 1 << 2100, True),
        ("tokens", None, None, True),
        ("tokens", [], None, False),
        ("tokens", 0, None, False),
        ("tokens", None, 0, False),
        ("tokens", True, 1, True),
        ("tokens", [[1]], [[1, 2]], False),
    ],
)
def test_values(checker: str, got: object, expected: object, is_same: bool) -> None:
    assert (value_differs(checker, sent(got), expected) is None) is is_same


def sent(value: object) -> object:
    """A value as it comes out of the sandbox."""
    return json.loads(json.dumps(encode(value)))


def test_a_number_too_large_to_print_is_still_told() -> None:
    assert value_differs("tokens", sent(10**9000), 1) == "expected 1, got a int too large to show"


def test_an_object_equals_nothing_not_even_the_list_of_the_name_of_its_class() -> None:
    for expected in (["foo"], ("foo",), "foo", {"opaque": "foo"}, None, 0, [], True):
        assert not is_equal({"opaque": "foo"}, expected)
        assert value_differs("tokens", {"opaque": "foo"}, expected)


VALUES = [
    (1, 2), [1, 2], {1, 2}, frozenset({1}), {1: (2, {3})}, {(1, 2): "x"}, b"x", 1j, "x", "", None, True, 0.5, 0,
    1 << 2100, [], (), set(), {}, Counter("aab"),
]  # fmt: skip


@pytest.mark.parametrize("got", VALUES)
@pytest.mark.parametrize("expected", VALUES)
def test_equality_is_that_of_python(got: object, expected: object) -> None:
    assert is_equal(sent(got), expected) is (got == expected)


@pytest.mark.parametrize("value", VALUES)
def test_truth_is_that_of_python(value: object) -> None:
    assert is_true(sent(value)) is bool(value)


COLLIDING = [number * ((1 << 61) - 1) for number in range(1, 30_000)]
ATTACKS = {
    "a set of integers with one hash": {"set": COLLIDING},
    "a dict of integers with one hash": {"dict": [[number, 1] for number in COLLIDING]},
    "a fraction whose terms have a million digits": {"fraction": [{"int": "f" * 10**6}, {"int": "e" * 10**6}]},
    "a decimal of a million digits": {"decimal": "9" * 10**6},
    "a nested set": {"frozenset": [{"frozenset": COLLIDING[:1000]}]},
    "many lists": [[]] * 10**6,
    "two tags": {"set": [1], "tuple": [1]},
    "no tag": {},
    "nonsense": {"int": 5},
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("expected", [49, [1], {"a": 1}, {1}, (1,), 1.5, "a", None])
def test_no_value_makes_comparing_slow(name: str, expected: object) -> None:
    started_s = time.process_time()
    assert not is_equal(ATTACKS[name], expected)
    if not isinstance(expected, (set, tuple)):
        assert value_differs("tokens", ATTACKS[name], expected) is not None
    shown_value(ATTACKS[name], 100)
    assert time.process_time() - started_s < 10  # built naively, the sets alone take a minute


def test_what_is_nested_beyond_all_encoding_is_told_apart() -> None:
    deep: object = 1
    for _ in range(600):
        deep = {"tuple": [deep]}
    assert is_deep(deep)
    assert not is_deep([[1], {"tuple": [[2]]}, "a"])


def test_the_room_of_a_result_grows_with_what_is_expected() -> None:
    assert room_for(1) < 10**5 < room_for("x" * 10**5)
