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


async def test_what_is_under_way_has_ended_when_the_rest_is_given_up() -> None:
    begun, ended = set[int](), set[int]()

    async def work(item: int) -> int:
        begun.add(item)
        try:
            await asyncio.sleep(0 if item == 0 else 3600)
        finally:
            await asyncio.sleep(0)
            ended.add(item)
        return item

    async def all_of_them() -> list[int]:
        return [done async for _, done in in_order(range(5), work, window=3)]

    giving_up = asyncio.ensure_future(all_of_them())
    while len(begun) < 3:  # noqa: ASYNC110 - by tasks of their own
        await asyncio.sleep(0)
    giving_up.cancel()
    await asyncio.gather(giving_up, return_exceptions=True)
    assert ended == begun


def test_tasks_are_taken_ahead_but_no_more_than_the_window() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(6):
            taken.append(number)
            yield number

    num_taken = [(task, len(taken)) for task in ahead(tasks(), 3)]
    assert num_taken == [(0, 3), (1, 4), (2, 5), (3, 6), (4, 6), (5, 6)]
