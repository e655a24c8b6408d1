"""Keeps a pool of endpoints equal to its roster: an endpoint that is named joins, one no longer named drains."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from distill.errors import TeacherError
from distill.teacher.pool.pool import EndpointPool
from distill.teacher.roster.named import FileRoster, Roster
from distill.teacher.roster.ray_serve import ServeApp, ServeRoster

INTERVAL_S = 2.0
DISMISSED_S = 60.0
"""How long an endpoint that refused us is left alone while it stays named: for a moment Ray's proxies answer 404
where one version of an application follows another."""
NUM_MISSED = 3
"""Reads in a row that fail before it is told; a file may be replaced at the moment of one."""


def roster_of(place: str) -> Roster:
    """What a recipe's `endpoints_from` stands for."""
    app = ServeApp.parse(place)
    return FileRoster(Path(place)) if app is None else ServeRoster(app)


class Follower:
    """Reads a roster again and again. Endpoints that are named elsewhere, in `others`, stay."""

    def __init__(self, roster: Roster, others: Iterable[str], pool: EndpointPool, say: Callable[[str], None]) -> None:
        self._roster = roster
        self._others = tuple(url.rstrip("/") for url in others)
        self._pool = pool
        self._say = say
        self._told: set[str] = set()
        self._num_missed = 0
        self._is_waiting = False
        pool.is_followed = True

    async def follow(self) -> None:
        """Until cancelled. A roster that cannot be read leaves the pool as it is."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                urls, reason = await self._roster.read()
            except TeacherError as problem:
                self._num_missed += 1
                if self._num_missed == NUM_MISSED:
                    self._say(f"{problem} Meanwhile its endpoints of before are used.")
                continue
            if self._num_missed >= NUM_MISSED:
                self._say(f"{self._roster} can be read again.")
            self._num_missed = 0
            self._drain(urls, reason)
            await self._join(urls)

    def _drain(self, urls: tuple[str, ...], reason: str) -> None:
        wanted, now = {*urls, *self._others}, asyncio.get_running_loop().time()
        for url, since in list(self._pool.dismissed.items()):
            if url not in wanted or now >= since + DISMISSED_S:
                del self._pool.dismissed[url]  # it is tried anew: at once if it went and comes back
        for url in [endpoint.url for endpoint in self._pool.endpoints if endpoint.url not in wanted]:
            self._say(f"{self._roster} has {url} no more; what is under way there finishes.")
            self._pool.drain(url)
        was_waiting, self._is_waiting = self._is_waiting, not urls and not self._pool.endpoints
        if self._is_waiting and not was_waiting:
            self._say(f"No endpoint is left ({reason}); waiting for one.")

    async def _join(self, urls: tuple[str, ...]) -> None:
        present = {endpoint.url for endpoint in self._pool.endpoints} | self._pool.dismissed.keys()
        for url in [url for url in urls if url not in present]:
            problem = await self._pool.join(url)
            if problem is None:
                self._told.discard(url)
                self._say(f"{url} joins.")
            elif url not in self._told:
                self._told.add(url)
                self._say(f"{problem} Trying it again from time to time.")
