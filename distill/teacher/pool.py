"""Many endpoints of one teacher, used as one: who gets the next request, and who is left alone for a while."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Self

from distill.errors import TeacherError
from distill.teacher.breaker import Breaker
from distill.teacher.client import Ask, Client
from distill.teacher.limit import Limit
from distill.teacher.reply import Completion
from distill.teacher.trouble import MAX_TRIES, EndpointRefused, RequestRefused, Stumble, delay

PATIENCE_S = 900.0
"""How long no endpoint may answer anything before the run stops; a restart of a 671B model fits in."""
REMINDER_S = 30.0
NUM_REMEMBERED = 65536
"""Groups whose endpoint is kept in mind."""
GUESSED_TOKENS = 1000.0
"""Of an answer, before the first has come."""


@dataclass(eq=False, slots=True)
class Endpoint:
    """One of the pool, and how it fares."""

    client: Client
    limit: Limit
    breaker: Breaker = field(default_factory=Breaker)
    num_flying: int = 0
    num_tokens: float = 0.0
    """Expected of the requests under way."""
    speed: float | None = None
    """Tokens a second of one request, as it has lately been; None: not known yet."""
    is_leaving: bool = False
    """It gets no more requests; what is under way finishes."""
    remind_at: float = 0.0

    @property
    def url(self) -> str:
        """Its base URL."""
        return self.client.url

    def has_room(self, now: float) -> bool:
        """Whether it may get another request."""
        return not self.is_leaving and self.num_flying < self.limit.value and self.breaker.allows(now)


class Lease(NamedTuple):
    """A place at an endpoint for one request."""

    endpoint: Endpoint
    sent: int
    """Under which state of its limit."""
    num_tokens: float
    start: float


class _Waiter(NamedTuple):
    future: "asyncio.Future[Lease]"
    group: str
    avoid: Endpoint | None


class Pool:
    """Use as an async context manager. No more than `concurrency` requests are under way at once."""

    def __init__(
        self, connect: Callable[[str], Client], concurrency: int, say: Callable[[str], None], patience_s: float
    ) -> None:
        self._connect = connect
        self._concurrency = concurrency
        self._say = say
        self._patience_s = patience_s
        self._open = AsyncExitStack()
        self._waiters: deque[_Waiter] = deque()
        self._homes: OrderedDict[str, Endpoint] = OrderedDict()
        self._mean_tokens = GUESSED_TOKENS
        self._dark_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.endpoints: list[Endpoint] = []
        self.dismissed: dict[str, float] = {}
        """URLs that refused to serve us, and when."""
        self.is_followed = False
        """Whether others may join, so that having none is no end."""
        self.num_flying = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._open.aclose()

    async def open(self, urls: Sequence[str]) -> None:
        """Join all. Raises TeacherError where none of them can be used; those that cannot now are left for later."""
        problems = [problem for problem in [await self.join(url) for url in urls] if problem is not None]
        if not self.endpoints:
            raise problems[0] if problems else TeacherError("No endpoint is named; add --endpoint URL.")
        for problem in problems:
            self._say(f"{problem} Going on without it.")

    async def join(self, url: str) -> TeacherError | None:
        """Use another endpoint from now on; returns why it cannot be used."""
        client = self._connect(url)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(client)
            try:
                await client.check()
            except TeacherError as problem:
                return problem
            self._open.push_async_exit(stack.pop_all().__aexit__)
        self.endpoints.append(Endpoint(client, Limit(self._concurrency)))
        self._serve_waiters()
        return None

    def drain(self, url: str) -> None:
        """Send nothing more to an endpoint; what is under way there finishes."""
        for endpoint in self.endpoints:
            if endpoint.url == url.rstrip("/"):
                endpoint.is_leaving = True
        self.endpoints = [endpoint for endpoint in self.endpoints if not endpoint.is_leaving]

    def look(self) -> None:
        """To be called now and then: raises TeacherError where no endpoint has been there for too long."""
        if not self.endpoints and not self.num_flying:
            now = asyncio.get_running_loop().time()
            self._dark_since = self._dark_since or now
            self._lose_patience(now, "none is there")

    async def lease(self, group: str, avoid: Endpoint | None = None) -> Lease:
        """A place at an endpoint, as soon as there is one: where the group is at home if it has room."""
        if not self._waiters:
            lease = self._place(group, avoid)
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
        lease.endpoint.num_flying -= 1
        lease.endpoint.num_tokens -= lease.num_tokens
        lease.endpoint.breaker.withdraw()
        self.num_flying -= 1
        self._serve_waiters()

    async def complete(
        self, ask: Ask, lease: Lease, watch: Callable[[Completion], None], begun: Completion | None = None
    ) -> Completion:
        """The answer to a request, from the leased place or, after trouble, from another one.

        `begun` is what an earlier run has paid for. Raises RequestRefused where it will never be answered,
        TeacherError where no endpoint is left.
        """
        so_far, num_tries = _fresh(begun), 0

        def alive(so_far: Completion) -> None:
            self._dark_since = None
            watch(so_far)

        while True:
            try:
                done = await lease.endpoint.client.complete(ask, so_far, alive)
            except (Stumble, EndpointRefused) as caught:
                problem = caught
                self._fail(lease, problem)
            else:
                self._succeed(lease, done)
                return done
            finally:
                self.release(lease)
            num_tries += not (isinstance(problem, Stumble) and (problem.is_overload or problem.is_unreachable))
            if num_tries >= MAX_TRIES:
                raise RequestRefused(f"{num_tries} tries failed, the last with: {problem}")
            if not self._has_room_beside(lease.endpoint):
                await asyncio.sleep(delay(problem, num_tries))
            lease = await self.lease(ask.group, avoid=lease.endpoint)
            so_far = so_far.resume() if lease.endpoint.client.can_resume(so_far) else _fresh(begun)

    def _place(self, group: str, avoid: Endpoint | None) -> Lease | None:
        if self.num_flying >= self._concurrency:
            return None
        now = asyncio.get_running_loop().time()
        home = self._homes.get(group)
        if home is None or home is avoid or not home.has_room(now):
            free = [endpoint for endpoint in self.endpoints if endpoint.has_room(now)]
            if not free:
                return None
            home = min(free, key=lambda each: (each is avoid, self._wait_s(each)))
            self._homes[group] = home
            if len(self._homes) > NUM_REMEMBERED:
                self._homes.popitem(last=False)
        return self._take(home)

    def _take(self, endpoint: Endpoint) -> Lease:
        endpoint.num_flying += 1
        endpoint.num_tokens += self._mean_tokens
        endpoint.breaker.send()
        self.num_flying += 1
        return Lease(endpoint, endpoint.limit.send(), self._mean_tokens, asyncio.get_running_loop().time())

    def _wait_s(self, endpoint: Endpoint) -> float:
        """Outstanding tokens over speed: an endpoint that is ten times slower gets a tenth of the places."""
        known = [each.speed for each in self.endpoints if each.speed is not None]
        speed = endpoint.speed or max(known, default=1.0)
        return (endpoint.num_tokens + self._mean_tokens) / speed

    def _serve_waiters(self) -> None:
        while self._waiters:
            waiter = self._waiters[0]
            if waiter.future.done():
                self._waiters.popleft()
                continue
            lease = self._place(waiter.group, waiter.avoid)
            if lease is None:
                self._serve_later()
                return
            self._waiters.popleft()
            waiter.future.set_result(lease)

    def _serve_later(self) -> None:
        """Come back when the first endpoint may be tried again."""
        loop = asyncio.get_running_loop()
        times = [each.breaker.open_until for each in self.endpoints if each.breaker.open_until is not None]
        later = [time for time in times if time > loop.time()]
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(min(later), self._serve_waiters) if later else None

    def _has_room_beside(self, endpoint: Endpoint) -> bool:
        now = asyncio.get_running_loop().time()
        return any(each.has_room(now) for each in self.endpoints if each is not endpoint)

    def _succeed(self, lease: Lease, done: Completion) -> None:
        self._dark_since = None
        self._mean_tokens += 0.02 * (done.num_tokens - self._mean_tokens)
        self._measure(lease, done.num_tokens)
        lease.endpoint.limit.accept(lease.sent)
        if lease.endpoint.breaker.succeed():
            self._say(f"{lease.endpoint.url} answers again.")

    def _measure(self, lease: Lease, num_tokens: int) -> None:
        seconds = asyncio.get_running_loop().time() - lease.start
        speed = max(num_tokens, 1) / max(seconds, 1e-3)
        before = lease.endpoint.speed
        lease.endpoint.speed = speed if before is None else before + 0.1 * (speed - before)

    def _fail(self, lease: Lease, problem: Stumble | EndpointRefused) -> None:
        endpoint = lease.endpoint
        now = asyncio.get_running_loop().time()
        if isinstance(problem, EndpointRefused):
            self._dismiss(endpoint, problem)
            return
        if endpoint.limit.reject(lease.sent) and now >= endpoint.remind_at:
            endpoint.remind_at = now + REMINDER_S
            self._say(f"{endpoint.url} has trouble ({problem}); giving it {endpoint.limit.value} requests at once.")
        pause_s = endpoint.breaker.fail(now, problem.retry_after_s)
        if pause_s is not None:
            self._say(f"{endpoint.url} does not answer ({problem}); trying it again in {pause_s:,.1f} s.")
        self._dark_since = self._dark_since or now
        if self.num_flying <= 1:
            self._lose_patience(now, f"the last said: {problem}")

    def _lose_patience(self, now: float, why: str) -> None:
        if self._dark_since is not None and now - self._dark_since > self._patience_s:
            raise TeacherError(
                f"No endpoint has answered for {self._patience_s:,.0f} s ({why}). What was answered before is stored; "
                "mend the endpoint and run the same command again."
            )

    def _dismiss(self, endpoint: Endpoint, problem: EndpointRefused) -> None:
        """Stop using an endpoint that will not serve us."""
        if endpoint.is_leaving:
            return
        self.drain(endpoint.url)
        self.dismissed[endpoint.url] = asyncio.get_running_loop().time()
        if not self.endpoints and not self.is_followed:
            raise TeacherError(f"{endpoint.url} refuses ({problem}), and no other endpoint is left.")
        self._say(f"{endpoint.url} refuses ({problem}); going on without it.")


def _fresh(begun: Completion | None) -> Completion:
    """What a request starts from: nothing, or what was there before it."""
    return Completion() if begun is None or begun.resumed_at is None else begun.resume()
