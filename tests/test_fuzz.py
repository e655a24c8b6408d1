"""`scripts/fuzz`: hostile answers and programs raise nothing, and the work that they make is bounded."""

import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest

FUZZ = Path(__file__).parent.parent / "scripts" / "fuzz"
sys.path.insert(0, str(FUZZ))

import fuzz_programs  # noqa: E402 - scripts are no package
from fuzz_math import attempt  # noqa: E402
from pairs import pair  # noqa: E402

NUM_STRINGS, SEED = 2_000, 5
MAX_CALLS = 5_000_000
"""Calls and returns of functions for one string: about a second's."""


class _TooMuchWorkError(BaseException):
    """A string needs more calls than it may."""


def num_calls(number: int) -> int:
    """The calls and returns that a string takes on its way."""
    count = 0

    def counted(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1
        if count > MAX_CALLS:
            raise _TooMuchWorkError(f"string {number} takes more than {MAX_CALLS:,} calls: {pair(SEED, number)}")

    sys.setprofile(counted)
    try:
        attempt(SEED, number)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.slow
def test_hostile_strings_raise_nothing_and_take_bounded_work() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # as the workers have
    try:
        assert all(num_calls(number) <= MAX_CALLS for number in range(NUM_STRINGS))
    finally:
        sys.setrecursionlimit(limit)


def test_a_string_is_known_by_its_number() -> None:
    assert pair(1, 7) == pair(1, 7)
    assert len({pair(1, number) for number in range(100)}) > 90
    assert pair(1, 7) != pair(2, 7)


def test_the_command_counts_what_it_tried() -> None:
    line = [sys.executable, str(FUZZ / "fuzz_math.py"), "--num-strings", "20", "--first", "3"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-2].startswith("20 strings, ") or "\n20 strings, " in f"\n{done.stdout}"


def test_whatever_a_program_says_becomes_a_verdict() -> None:
    assert fuzz_programs.run_strings(SEED, 500) == []
    assert len({fuzz_programs.said(1, number) for number in range(100)}) > 90


async def test_programs_that_say_anything_are_decided_on() -> None:
    assert await fuzz_programs.run_programs(SEED, 40) == []
