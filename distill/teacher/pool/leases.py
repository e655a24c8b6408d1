"""Which endpoint gets the next request: places at many, handed out in the order in which they are asked for."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import NamedTuple

from distill.teacher.asking.client import Client
from distill.teacher.pool.breaker import Breaker
from distill.teacher.pool.limit import Limit
from distill.teacher.pool.refusals import Refusals

NUM_REMEMBERED = 65536
"""Groups whose endpoint is kept in mind."""
GUESSED_TOKENS = 1000.0
"""Of an answer, before the first has come."""


@dataclass(eq=False, slots=True)
class PooledEndpoint:
    """One of the pool, and how it fares."""

    client: Client
    limit: Limit
    breaker: Breaker = field(default_factory=Breaker)
    refusals: Refusals = field(default_factory=Refusals)
    num_under_way: int = 0
    num_tokens: float = 0.0
    """Expected of the requests under way."""
    speed: float | None = None
    """Tokens a second of one request, as it has lately been; None: not known yet."""
    is_leaving: bool = False
    """It gets no more requests; what is under way finishes."""
    remind_at: float = 0.0
    """When its trouble may be told again."""

    @property
    def url(self) -> str:
        """Its base URL."""
        return self.client.url

    def has_room(self, now: float) -> bool:
        """Whether it may get another request."""
        return not self.is_leaving and self.num_under_way < self.limit.value and self.breaker.allows(now)


class Lease(NamedTuple):
    """A place at an endpoint for one request."""

    endpoint: PooledEndpoint
    sent: int
    """Under which state of its limit."""
    num_tokens: float
    """Expected of the answer."""
    start: float


class _Waiter(NamedTuple):
    future: "asyncio.Future[Lease]"
    group: str
    avoid: PooledEndpoint | None


class Leases:
    """The places of all endpoints. No more than `concurrency` are taken at once."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._waiters: deque[_Waiter] = deque()
        self._homes: OrderedDict[str, PooledEndpoint] = OrderedDict()
        self.mean_tokens = GUESSED_TOKENS
        """Of an answer, lately."""
        self._timer: asyncio.TimerHandle | None = None
        self.endpoints: list[PooledEndpoint] = []
        self.num_taken = 0

    def close(self) -> None:
        """Let nobody in any more."""
        if self._timer is not None:
            self._timer.cancel()

    def add(self, client: Client) -> None:
        """Use another endpoint from now on."""
        self.endpoints.append(PooledEndpoint(client, Limit(self._concurrency)))
        self._serve_waiters()

    def remove(self, url: str) -> None:
        """Give an endpoint no more requests."""
        for endpoint in self.endpoints:
            endpoint.is_leaving |= endpoint.url == url
        self.endpoints = [endpoint for endpoint in self.endpoints if not endpoint.is_leaving]

    async def lease(self, group: str, avoid: PooledEndpoint | None = None) -> Lease:
        """A place at an endpoint, as soon as there is one: where the group is at home if it has room."""
        if not self._waiters:
            lease = self._place(group, avoid, asyncio.get_running_loop().time())
            if lease is not None:
                return lease
        future: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()
        self._waiters.append(_Waiter(future, group, avoid))
        self._serve_waiters()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.release(future.result())
            raise

    def release(self, lease: Lease) -> None:
        """Give a place back."""
        lease.endpoint.num_under_way -= 1
        lease.endpoint.num_tokens -= lease.num_tokens
        lease.endpoint.breaker.withdraw()
        self.num_taken -= 1
        self._serve_waiters()

    def measure(self, lease: Lease, num_tokens: int) -> None:
        """Learn from an answer how long answers are, and how fast its endpoint is."""
        self.mean_tokens += 0.02 * (num_tokens - self.mean_tokens)
        seconds = asyncio.get_running_loop().time() - lease.start
        speed = max(num_tokens, 1) / max(seconds, 1e-3)
        before = lease.endpoint.speed
        lease.endpoint.speed = speed if before is None else before + 0.1 * (speed - before)

    def has_room_beside(self, endpoint: PooledEndpoint) -> bool:
        """Whether any other may get a request now."""
        now = asyncio.get_running_loop().time()
        return any(each.has_room(now) for each in self.endpoints if each is not endpoint)

    def _place(self, group: str, avoid: PooledEndpoint | None, now: float) -> Lease | None:
        if self.num_taken >= self._concurrency:
            return None
        home = self._homes.get(group)
        if home is None or home is avoid or not home.has_room(now):
            free = [endpoint for endpoint in self.endpoints if endpoint.has_room(now)]
            if not free:
                return None
            home = min(free, key=lambda each: (each is avoid, self._wait_s(each)))
            self._remember(group, home)
        return self._take(home, now)

    def _remember(self, group: str, home: PooledEndpoint) -> None:
        """Where there is a choice at all."""
        if len(self.endpoints) > 1:
            self._homes[group] = home
        if len(self._homes) > NUM_REMEMBERED:
            self._homes.popitem(last=False)

    def _take(self, endpoint: PooledEndpoint, now: float) -> Lease:
        endpoint.num_under_way += 1
        endpoint.num_tokens += self.mean_tokens
        endpoint.breaker.send()
        self.num_taken += 1
        return Lease(endpoint, endpoint.limit.send(), self.mean_tokens, now)

    def _wait_s(self, endpoint: PooledEndpoint) -> float:
        """Outstanding tokens over speed: an endpoint that is ten times slower gets a tenth of the places."""
        known = [each.speed for each in self.endpoints if each.speed is not None]
        speed = endpoint.speed or max(known, default=1.0)
        return (endpoint.num_tokens + self.mean_tokens) / speed

    def _serve_waiters(self) -> None:
        """One reading of the clock says who may go and who comes back later, or a pause could end between the two."""
        now = asyncio.get_running_loop().time()
        while self._waiters:
            waiter = self._waiters[0]
            if waiter.future.done():
                self._waiters.popleft()
                continue
            lease = self._place(waiter.group, waiter.avoid, now)
            if lease is None:
                self._serve_later(now)
                return
            self._waiters.popleft()
            waiter.future.set_result(lease)

    def _serve_later(self, now: float) -> None:
        """Come back when the first endpoint may be tried again."""
        times = [each.breaker.open_until for each in self.endpoints if each.breaker.open_until is not None]
        later = [time for time in times if time > now]
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(min(later), self._serve_waiters) if later else None
