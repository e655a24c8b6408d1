import json

import pytest

from distill.errors import InputError
from distill.rows.posted import posted_rows

ROW = {"completion": "4", "answer": "4"}


def test_an_array_holds_a_row_an_element() -> None:
    posted = posted_rows(b"\n " + json.dumps([ROW, ROW]).encode())
    assert posted.is_array
    assert [(row, where) for row, where in posted.rows] == [(ROW, "row 1"), (ROW, "row 2")]


def test_lines_hold_a_row_a_line_and_break_at_line_feeds_alone() -> None:
    row = {**ROW, "completion": "4\u2028"}
    posted = posted_rows(b"\n".join(json.dumps(each, ensure_ascii=False).encode() for each in (row, row)) + b"\n\n")
    assert not posted.is_array
    assert [found for found, _ in posted.rows] == [row, row]


@pytest.mark.parametrize("body", [b'[{"completion": "4", "answer": "4"}, 5]', b'{"completion": "4", "answer": "4"}\n5'])
def test_what_is_no_row_is_an_error_in_its_own_place(body: bytes) -> None:
    (first, _), (second, where) = posted_rows(body).rows
    assert first == ROW
    assert isinstance(second, InputError) and where == "row 2"


def test_lines_may_begin_with_an_array_where_they_are_said_to_be_lines() -> None:
    (first, _), (second, _) = posted_rows(b"[1]\n" + json.dumps(ROW).encode(), is_lines=True).rows
    assert isinstance(first, InputError)
    assert second == ROW


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"hello", "it is not JSON"),
        (b"[1, 2", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"a":' * 100_000, "it is not JSON"),
        (b"5", "it should be a JSON object"),
        (b" \n", "it is empty"),
    ],
)
def test_a_body_without_rows_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        posted_rows(body)


def test_an_empty_array_has_no_rows() -> None:
    assert posted_rows(b"[]").rows == []
