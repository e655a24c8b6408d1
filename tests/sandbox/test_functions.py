"""What is read of the lines on which a program's functions report."""

import pytest

from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.supervisor.functions import read_results

ENDED = Failure("runtime error: it ended")


def test_each_line_is_a_result() -> None:
    assert read_results([b"1", '"a"', b'{"tuple": [1]}'], [9, 9, 99], ENDED)[:2] == ([1, "a", {"tuple": [1]}], ENDED)


@pytest.mark.parametrize("line", [b"", b"\xff", b"{}", b'{"set": [], "tuple": []}', b"[" * 5000, b"9" * 5000])
def test_what_is_no_value_is_the_programs_error(line: bytes) -> None:
    shown = read_results([b"1", line, b"2"], [10**4] * 3, None)
    assert shown.results == [1]
    assert shown.failure == Failure("runtime error: a result that is not plain data")


def test_a_result_without_room_is_wrong_and_not_read() -> None:
    shown = read_results([b"[" * 100], [99], None)
    assert shown.failure == Failure("wrong answer: a result of 100 bytes")
