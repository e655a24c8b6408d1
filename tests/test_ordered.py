"""Results come in the order of their items, whatever takes long."""

import asyncio
from collections.abc import Iterator

from distill.ordered import ahead, in_order


async def test_order_is_kept_whatever_takes_long() -> None:
    async def work(item: int) -> int:
        await asyncio.sleep(0.02 if item % 3 == 0 else 0)
        return item * item

    found = [pair async for pair in in_order(range(50), work, window=8)]
    assert found == [(item, item * item) for item in range(50)]


def test_tasks_are_taken_ahead_but_no_more_than_the_window() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(6):
            taken.append(number)
            yield number

    num_taken = [(task, len(taken)) for task in ahead(tasks(), 3)]
    assert num_taken == [(0, 3), (1, 4), (2, 5), (3, 6), (4, 6), (5, 6)]
