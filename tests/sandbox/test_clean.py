"""Whatever a program says becomes text that can be written and shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.files import json_bytes
from distill.sandbox.clean import clean


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("plain é 日\n\tline", "plain é 日\n\tline"),
        (b"\xc3\xa9", "é"),
        (b"\xff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("\0\x1b[31m\x85", "\\x00\\x1b[31m\\x85"),
        ("x" * 11, "x" * 10 + "…"),
        (b"x" * 10**6, "x" * 10 + "…"),
    ],
)
def test_clean(data: bytes | str, shown: str) -> None:
    assert clean(data, 10 if len(data) > 10 and data[:1] in {"x", b"x"} else 100) == shown


@given(st.binary() | st.text(st.characters()), st.integers(1, 50))
def test_any_text_can_be_written_and_is_short(data: bytes | str, limit: int) -> None:
    text = clean(data, limit)
    json_bytes({"reason": text})
    assert text.isprintable() or set(text) & set("\n\t\r") or not text.isascii()
    assert len(text) <= 10 * limit + 1
