"""The same work on many chunks, in this process and in others; `test_ray.py` does it on a real cluster."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from distill.cluster.fan_out import CHUNKS_A_PROCESS, Here, fan_out
from distill.errors import InputError

CHUNKS = [[number, number + 1] for number in range(0, 12, 2)]


class Adding(NamedTuple):
    """Adds a number to every one of a chunk."""

    summand: int

    def set_up(self) -> "Adder":
        return Adder(self.summand)

    def describe(self, chunk: list[int]) -> str:
        return f"the numbers from {chunk[0]}"


class Adder:
    """Says with every result in which process it was found, and how many chunks this worker has seen."""

    def __init__(self, summand: int) -> None:
        self._summand, self._num_chunks, self.is_closed = summand, 0, False

    def __call__(self, chunk: list[int]) -> tuple[list[int], int, int]:
        if 13 in chunk:
            raise InputError("Nothing is added to 13.")
        self._num_chunks += 1
        return [number + self._summand for number in chunk], os.getpid(), self._num_chunks

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("num_processes", [1, 2])
def test_results_come_in_the_order_of_the_chunks(num_processes: int) -> None:
    results = fan_out(CHUNKS, Adding(100), Here(num_processes))
    assert [numbers for numbers, _, _ in results] == [[a + 100, b + 100] for a, b in CHUNKS]


def test_each_process_sets_its_worker_up_once() -> None:
    seen: dict[int, list[int]] = {}
    for _, process, num_chunks in fan_out(CHUNKS, Adding(1), Here(2)):
        seen.setdefault(process, []).append(num_chunks)
    assert os.getpid() not in seen
    assert len(seen) <= 2
    assert all(counts == list(range(1, len(counts) + 1)) for counts in seen.values())


@pytest.mark.parametrize("num_processes", [1, 2])
def test_what_the_work_raises_is_raised_here(num_processes: int) -> None:
    results = fan_out([[1], [13], [2]], Adding(1), Here(num_processes))
    assert next(results)[0] == [2]
    with pytest.raises(InputError, match="Nothing is added to 13"):
        next(results)


def test_few_chunks_are_taken_ahead() -> None:
    taken: list[int] = []

    def chunks() -> Iterator[list[int]]:
        for number in range(20):
            taken.append(number)
            yield [number]

    results = fan_out(chunks(), Adding(1), Here(2))
    next(results)
    assert len(taken) == 2 * CHUNKS_A_PROCESS


class Known(NamedTuple):
    """Gives a worker that the test can look at."""

    worker: Adder

    def set_up(self) -> Adder:
        return self.worker

    def describe(self, chunk: list[int]) -> str:
        return str(chunk)


def test_the_worker_of_this_process_is_closed_at_the_end() -> None:
    worker = Adder(1)
    assert len(list(fan_out(CHUNKS, Known(worker), Here()))) == len(CHUNKS)
    assert worker.is_closed
