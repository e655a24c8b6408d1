"""Work on many items at once, given back in their order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

WINDOW = 1024
"""Items worked on at once: enough to keep every worker busy, few enough to stay small."""
Item = TypeVar("Item")
Done = TypeVar("Done")


async def in_order(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Done]], window: int = WINDOW
) -> AsyncIterator[tuple[Item, Done]]:
    """Do `work` on up to `window` items at once, and give them back in the order in which they came.

    Where it ends early, what is under way is cancelled and has ended before the caller goes on.
    """
    pending: deque[tuple[Item, asyncio.Future[Done]]] = deque()
    try:
        for item in items:
            pending.append((item, asyncio.ensure_future(work(item))))
            if len(pending) >= window:
                first, result = pending.popleft()
                yield first, await result
        while pending:
            first, result = pending.popleft()
            yield first, await result
    finally:
        under_way = [result for _, result in pending]
        for result in under_way:
            result.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def ahead(tasks: Iterable[Item], window: int) -> Iterator[Item]:
    """The same tasks in the same order, of which `window` are taken before the first one is given.

    For tasks that begin when they are taken, such as futures.
    """
    remaining = iter(tasks)
    taken = deque(islice(remaining, window))
    while taken:
        yield taken.popleft()
        taken += islice(remaining, 1)
