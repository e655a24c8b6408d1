"""Notices that a server has gone though its connections stay open, so that what was under way there is sent again.

vLLM 0.32 ends its engine on SIGTERM, and then waits for its connections to close, in which nothing comes any more: a
client that waits as well does so for its whole idle time-out. But nothing listens there any longer, which can be asked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from yarl import URL

from distill.teacher.asking.connection import proxy_for
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import Stumble

INTERVAL_S = 20.0
"""Between two looks; what has got no token in between is silent."""
ASK_TIMEOUT_S = 5.0


@dataclass(slots=True)
class _UnderWay:
    """A request that waits for its answer, or for more of it."""

    limit: asyncio.Timeout
    so_far: Completion
    num_tokens: int = -1
    """At the last look."""


class Departures:
    """Watches one server. Behind a proxy it cannot be asked, and is not."""

    def __init__(self, url: str) -> None:
        self._url = URL(url)
        self._requests: dict[int, _UnderWay] = {}
        self._num = 0

    @asynccontextmanager
    async def watched(self, so_far: Completion) -> AsyncIterator[None]:
        """Raises Stumble where the server goes while the block waits in silence."""
        self._num += 1
        number = self._num
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._requests[number] = _UnderWay(limit, so_far)
                try:
                    yield
                finally:
                    del self._requests[number]
        except TimeoutError:
            if not limit.expired():
                raise
            raise Stumble("it was silent, and nothing listens there any more", is_unreachable=True) from None

    async def look(self) -> None:
        """Look once: where requests are silent and nothing listens any more, their waiting ends."""
        silent = [each for each in self._requests.values() if each.num_tokens == each.so_far.num_tokens]
        if silent and await self._has_gone():
            for each in silent:
                if not each.limit.expired():
                    each.limit.reschedule(asyncio.get_running_loop().time())
        for each in self._requests.values():
            each.num_tokens = each.so_far.num_tokens

    async def look_often(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self.look()

    async def _has_gone(self) -> bool:
        """Whether a connection is refused; a server that is merely slow takes it."""
        if proxy_for(self._url) is not None:
            return False
        try:
            async with asyncio.timeout(ASK_TIMEOUT_S):
                _, writer = await asyncio.open_connection(self._url.host, self._url.port)
        except ConnectionRefusedError:
            return True
        except (OSError, TimeoutError):
            return False
        writer.close()
        return False
