"""Many endpoints of one teacher, used as one: requests are sent again after trouble, and troubled ones left alone."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from distill.errors import TeacherError
from distill.teacher.client import Ask, Client
from distill.teacher.leases import Lease, Leases, PooledEndpoint
from distill.teacher.reply import Completion
from distill.teacher.trouble import MAX_TRIES, EndpointRefused, RequestRefused, Stumble, delay

PATIENCE_S = 900.0
"""How long no endpoint may answer anything before the run stops; a restart of a 671B model fits in."""
REMINDER_S = 30.0
"""Between two sentences about the trouble of one endpoint."""


class EndpointPool:
    """Use as an async context manager. No more than `concurrency` requests are under way at once."""

    def __init__(
        self, connect: Callable[[str], Client], concurrency: int, say: Callable[[str], None], patience_s: float
    ) -> None:
        self._connect = connect
        self._say = say
        self._patience_s = patience_s
        self._open = AsyncExitStack()
        self._leases = Leases(concurrency)
        self._silent_since: float | None = None
        """When the first request failed after which none was answered."""
        self.lease = self._leases.lease
        self.release = self._leases.release
        self.dismissed: dict[str, float] = {}
        """URLs that refused to serve us, and when."""
        self.is_followed = False
        """Whether others may join, so that having none is no end."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leases.close()
        await self._open.aclose()

    @property
    def endpoints(self) -> Sequence[PooledEndpoint]:
        """Those that get requests."""
        return self._leases.endpoints

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
        self._leases.add(client)
        return None

    def drain(self, url: str) -> None:
        """Send nothing more to an endpoint; what is under way there finishes."""
        self._leases.remove(url.rstrip("/"))

    def look(self) -> None:
        """To be called now and then: raises TeacherError where no endpoint has been there for too long."""
        if not self.endpoints and not self._leases.num_taken:
            now = asyncio.get_running_loop().time()
            self._silent_since = self._silent_since or now
            self._lose_patience(now, "none is there")

    async def complete(
        self, ask: Ask, lease: Lease, watch: Callable[[Completion], None], earlier: Completion | None = None
    ) -> Completion:
        """The answer to a request, from the leased place or, after trouble, from another one.

        `earlier` is what an earlier run has paid for. Raises RequestRefused where it will never be answered,
        TeacherError where no endpoint is left.
        """
        so_far, num_tries = _fresh(earlier), 0
        while True:
            result = await self._complete_once(ask, lease, watch, so_far)
            if isinstance(result, Completion):
                return result
            num_tries += not (isinstance(result, Stumble) and (result.is_overload or result.is_unreachable))
            if num_tries >= MAX_TRIES:
                raise RequestRefused(f"{num_tries} tries failed, the last with: {result}")
            if not self._leases.has_room_beside(lease.endpoint):
                await asyncio.sleep(delay(result, num_tries))
            lease = await self.lease(ask.group, avoid=lease.endpoint)
            so_far = so_far.resume() if lease.endpoint.client.can_resume(so_far) else _fresh(earlier)

    async def _complete_once(
        self, ask: Ask, lease: Lease, watch: Callable[[Completion], None], so_far: Completion
    ) -> Completion | Stumble | EndpointRefused:
        """The answer, or why there is none yet. The place is given back."""

        def heard(so_far: Completion) -> None:
            self._silent_since = None
            watch(so_far)

        try:
            done = await lease.endpoint.client.complete(ask, so_far, heard)
        except (Stumble, EndpointRefused) as caught:
            problem = self._beyond_patience(caught)
            self._fail(lease, problem)
            return problem
        else:
            self._succeed(lease, done)
            return done
        finally:
            self.release(lease)

    def _succeed(self, lease: Lease, done: Completion) -> None:
        self._silent_since = None
        self._leases.measure(lease, done.num_tokens)
        lease.endpoint.limit.accept(lease.sent)
        if lease.endpoint.breaker.succeed():
            self._say(f"{lease.endpoint.url} answers again.")

    def _beyond_patience(self, problem: Stumble | EndpointRefused) -> Stumble | EndpointRefused:
        """An endpoint that asks for a longer pause than we would wait for any answer serves us no more."""
        if isinstance(problem, EndpointRefused) or problem.retry_after_s <= self._patience_s:
            return problem
        return EndpointRefused(f"{problem}; it asks to wait {problem.retry_after_s:,.0f} s")

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
        self._silent_since = self._silent_since or now
        if self._leases.num_taken <= 1:
            self._lose_patience(now, f"the last said: {problem}")

    def _lose_patience(self, now: float, why: str) -> None:
        if self._silent_since is not None and now - self._silent_since > self._patience_s:
            raise TeacherError(
                f"No endpoint has answered for {self._patience_s:,.0f} s ({why}). What was answered before is stored; "
                "mend the endpoint and run the same command again."
            )

    def _dismiss(self, endpoint: PooledEndpoint, problem: EndpointRefused) -> None:
        """Stop using an endpoint that will not serve us."""
        if endpoint.is_leaving:
            return
        self.drain(endpoint.url)
        self.dismissed[endpoint.url] = asyncio.get_running_loop().time()
        if not self.endpoints and not self.is_followed:
            raise TeacherError(f"{endpoint.url} refuses ({problem}), and no other endpoint is left.")
        self._say(f"{endpoint.url} refuses ({problem}); going on without it.")


def _fresh(earlier: Completion | None) -> Completion:
    """What a request starts from: nothing, or what was there before it."""
    return Completion() if earlier is None or earlier.resumed_at is None else earlier.resume()
