"""Plain data across the wall: what goes in comes out, in exact builtin types."""

import json
from collections import Counter, OrderedDict, deque
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.sandbox.plain import Opaque, decode, encode

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()) | st.binary()
    | st.complex_numbers(allow_nan=False) | st.fractions() | st.decimals(allow_nan=False)
)  # fmt: skip
VALUES: st.SearchStrategy[object] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(SCALARS) | st.sets(st.integers()) | st.builds(deque, st.lists(inner))
    ),
)  # fmt: skip


@given(VALUES)
def test_values_survive(value: object) -> None:
    back = decode(json.loads(json.dumps(encode(value))))
    assert back == value
    assert type(back) is type(value)


class Sly(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Sly(3), 3),
        ([Sly(3)], [3]),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (10**4000, 10**4000),
        ("\ud800", "\ud800"),
        (Fraction(1, 3), Fraction(1, 3)),
        (Decimal("1.10"), Decimal("1.10")),
    ],
)
def test_subclasses_become_what_they_extend(value: object, plain: object) -> None:
    back = decode(json.loads(json.dumps(encode(value))))
    assert back == plain
    assert type(back) is type(plain)


@pytest.mark.parametrize("value", [object(), len, pytest])
def test_what_is_not_plain_data_keeps_only_the_name_of_its_class(value: object) -> None:
    back = decode(encode(value))
    assert isinstance(back, Opaque)
    assert back.kind == type(value).__name__
    assert back != decode(encode(value))


@pytest.mark.parametrize(
    "data",
    [{}, {"a": 1, "b": 2}, {"nothing": 1}, {"set": [[1]]}, {"int": 3}, {"fraction": [1, 0]}, {"fraction": [1]},
     {"ref": 1}, {"dict": 3}, {"tuple": {"tuple": 3}}, {"bytes": "x"}, {"complex": ["a", 1]}],
)  # fmt: skip
def test_malformed_data_is_refused(data: object) -> None:
    with pytest.raises(ValueError):
        decode(data)
