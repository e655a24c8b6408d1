"""Alike values have alike numbers, whatever their packing; others have others."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.dataset.digests import NONE, digests, row_digests

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int8(), pa.string())]
)
def test_a_text_has_one_number_in_every_packing(kind: pa.DataType) -> None:
    plain = pa.array(["a", None, "", "ä", "a"])
    assert digests(plain.cast(kind)).tolist() == digests(plain).tolist()
    assert digests(plain)[1] == NONE
    assert len(set(digests(plain).tolist())) == 4


def test_a_whole_number_is_the_same_as_a_float_of_its_value() -> None:
    whole = digests(pa.array([0, 1, -7, 2**40]))
    assert whole.tolist() == digests(pa.array([0.0, 1.0, -7.0, 2.0**40])).tolist()
    assert whole[0] != NONE
    assert len({*whole.tolist(), *digests(pa.array([0.5, float("nan"), None])).tolist()}) == 7


def test_messages_differ_by_text_role_and_order() -> None:
    ask, told = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}
    rows = [[ask], [told], [ask, told], [told, ask], [], None, [{"role": "user", "content": "Ho"}]]
    found = digests(pa.array(rows, MESSAGES)).tolist()
    assert len(set(found)) == 6
    assert found[4] == found[5] == NONE
    assert digests(pa.array(rows, pa.large_list(MESSAGES.value_type))).tolist() == found


def test_a_struct_that_gains_a_field_of_nulls_keeps_its_number_whatever_the_order_of_fields() -> None:
    before = pa.array([{"answer": "4", "tests": None}])
    after = pa.array([{"scorer": None, "tests": None, "answer": "4"}])
    assert digests(before).tolist() == digests(after).tolist()
    assert digests(before).tolist() != digests(pa.array([{"answer": None, "tests": "4"}])).tolist()


def test_a_slice_has_the_numbers_of_its_rows() -> None:
    rows = pa.array([[{"role": "user", "content": str(n)}] for n in range(9)], MESSAGES)
    assert digests(rows.slice(3, 4)).tolist() == digests(rows)[3:7].tolist()
    assert digests(pa.array(list("abcdef")).slice(2)).tolist() == digests(pa.array(list("abcdef")))[2:].tolist()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([date(2024, 1, 1), date(2024, 1, 2), None]),
        pa.array([[("a", 1)], [("a", 2)], None], pa.map_(pa.string(), pa.int64())),
        pa.array([[1.5, 2.0], [1.5, 3.0], None], pa.list_(pa.float32(), 2)),
        pa.array([True, False, None]),
    ],
)
def test_values_of_rarer_types_are_told_apart(column: pa.Array) -> None:
    found = digests(column).tolist()
    assert len(set(found)) == 3
    assert found[2] == NONE


@given(st.lists(st.text(), unique=True, max_size=40))
def test_texts_that_differ_have_numbers_that_differ(texts: list[str]) -> None:
    assert len(np.unique(digests(pa.array(texts, pa.string())))) == len(texts)


def test_rows_are_told_apart_by_all_their_columns() -> None:
    rows = pa.RecordBatch.from_pydict({"a": ["x", "x", "y"], "b": [1, 2, 1]})
    assert len(set(row_digests(rows).tolist())) == 3
    assert row_digests(rows.select(["b", "a"])).tolist() == row_digests(rows).tolist()
