"""Work on many items at once, given back in their order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

WINDOW = 1024
"""Items on their way at once: enough to keep every worker busy, few enough to stay small."""


Item = TypeVar("Item")


Done = TypeVar("Done")


async def in_order(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Done]], window: int = WINDOW
) -> AsyncIterator[tuple[Item, Done]]:
    """Do `work` on up to `window` items at once, and give them back in the order in which they came."""
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
        for _, result in pending:
            result.cancel()
