"""Many endpoints of one teacher, used as one: requests are sent again after trouble, and troubled ones left alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from distill.errors import TeacherError
from distill.teacher.client import Ask, Client
from distill.teacher.leases import Lease, Leases, PooledEndpoint
from distill.teacher.pace import Pace
from distill.teacher.reply import Completion
from distill.teacher.tries import Tries
from distill.teacher.trouble import EndpointRefused, RequestRefused, Stumble, delay

REMINDER_S = 30.0
"""Between two sentences about the trouble of one endpoint."""
Result = TypeVar("Result")


class Withdrawn(Exception):  # noqa: N818 - a decision, not a failure
    """The pool was asked to stop while a request waited for another try."""


class Limits(NamedTuple):
    """What the endpoints allow, and how long they are waited for."""

    concurrency: int
    patience_s: float = 900.0
    """How long no endpoint may answer anything; a restart of a 671B model fits in."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


class EndpointPool:
    """Use as an async context manager. No more than `concurrency` requests are under way at once."""

    def __init__(self, connect: Callable[[str], Client], limits: Limits, say: Callable[[str], None]) -> None:
        self._connect = connect
        self._say = say
        self._patience_s = limits.patience_s
        self._open = AsyncExitStack()
        self._leases = Leases(limits.concurrency)
        self._requests = limits.requests_per_minute and Pace(limits.requests_per_minute)
        self._tokens = limits.tokens_per_minute and Pace(limits.tokens_per_minute)
        self._silent_since: float | None = None
        """When the first request failed after which none was answered."""
        self._num_heard = 0
        """How often anything of an answer came, to whichever request."""
        self._num_asking = 0
        self._stopping = asyncio.Event()
        self.release = self._leases.release
        self.dismissed: dict[str, float] = {}
        """URLs that refused to serve us, and when."""
        self.is_followed = False
        """Whether others may join, so that having none is no end."""
        self.num_tokens_lost = 0
        """Of answers that broke off and could not be continued: paid for, and drawn again."""

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
        async with AsyncExitStack() as stack:
            try:
                client = await stack.enter_async_context(self._connect(url))
                await client.check()
            except TeacherError as problem:
                return problem
            self._open.push_async_exit(stack.pop_all().__aexit__)
        self._leases.add(client)
        return None

    def drain(self, url: str) -> None:
        """Send nothing more to an endpoint; what is under way there finishes."""
        self._leases.remove(url.rstrip("/"))

    def stop(self) -> None:
        """Begin nothing again: what is being answered finishes, what waits for another try is withdrawn."""
        self._stopping.set()

    def look(self) -> None:
        """To be called now and then: raises TeacherError where no endpoint has been there for too long."""
        if not self.endpoints and not self._leases.num_taken:
            now = asyncio.get_running_loop().time()
            self._silent_since = self._silent_since or now
            self._lose_patience(now, "none is there")

    async def lease(self, group: str, avoid: PooledEndpoint | None = None) -> Lease:
        """A place at an endpoint, as soon as there is one and the limits a minute allow it."""
        paces = [pace for pace in (self._requests, self._tokens) if pace]
        now = asyncio.get_running_loop().time
        while paces and (wait_s := max(pace.wait_s(now()) for pace in paces)) > 0:  # noqa: ASYNC110 - for a time
            await asyncio.sleep(wait_s)
        if self._requests:
            self._requests.spend(now(), 1)
        if self._tokens:
            self._tokens.spend(now(), self._leases.mean_tokens)
        return await self._leases.lease(group, avoid)

    async def complete(
        self, ask: Ask, lease: Lease, watch: Callable[[Completion], None], earlier: Completion | None = None
    ) -> Completion:
        """The answer to a request, from the leased place or, after trouble, from another one.

        `earlier` is what an earlier run has paid for. Raises RequestRefused where it will not be answered as it is,
        TeacherError where no endpoint is left, Withdrawn after `stop`.
        """
        self._num_asking += 1
        try:
            return await self._complete(ask, lease, watch, earlier)
        finally:
            self._num_asking -= 1

    async def _complete(
        self, ask: Ask, lease: Lease, watch: Callable[[Completion], None], earlier: Completion | None
    ) -> Completion:
        so_far, tries, refusing = _fresh(earlier), Tries(self._num_heard), set[PooledEndpoint]()
        while True:
            result = await self._complete_once(ask, lease, watch, so_far, tries)
            if isinstance(result, Completion):
                return result
            before = lease.endpoint
            if not self._leases.has_room_beside(before) and not isinstance(result, RequestRefused):
                await self._unless_stopped(asyncio.sleep(delay(result, tries.num)))
            if isinstance(result, RequestRefused):
                refusing.add(before)
                if not set(self.endpoints) - refusing:
                    raise result
            lease = await self._unless_stopped(self.lease(ask.group, avoid=before))
            if isinstance(result, RequestRefused) and lease.endpoint in refusing:
                self.release(lease)
                raise result
            so_far = self._resumed(lease, so_far, earlier)

    def _resumed(self, lease: Lease, so_far: Completion, earlier: Completion | None) -> Completion:
        """What the next try goes on from."""
        if lease.endpoint.client.can_resume(so_far):
            return so_far.resume()
        kept = _fresh(earlier)
        self.num_tokens_lost += so_far.num_tokens - kept.num_tokens
        return kept

    async def _complete_once(
        self, ask: Ask, lease: Lease, watch: Callable[[Completion], None], so_far: Completion, tries: Tries
    ) -> Completion | Stumble | RequestRefused | EndpointRefused:
        """The answer, or why there is none yet. The place is given back."""
        endpoint = lease.endpoint
        sent = endpoint.refusals.send()

        def heard(so_far: Completion) -> None:
            self._hear(endpoint)
            watch(so_far)

        try:
            done = await endpoint.client.complete(ask, so_far, heard)
        except RequestRefused as refusal:
            endpoint.breaker.succeed()  # it is there, and says no
            self._refuse(endpoint, sent, ask, refusal)
            return refusal
        except (Stumble, EndpointRefused) as caught:
            problem = self._beyond_patience(caught)
            self._fail(lease, problem)
            given_up = isinstance(problem, Stumble) and self._gives_up(problem, endpoint, tries)
            if given_up:
                self._refuse(endpoint, sent, ask, given_up)
                raise given_up from None
            return problem
        else:
            self._succeed(lease, done)
            return done
        finally:
            endpoint.refusals.end(sent)
            self.release(lease)

    def _refuse(self, endpoint: PooledEndpoint, sent: int, ask: Ask, refusal: RequestRefused) -> None:
        if endpoint.refusals.refuse(sent, ask.group, refusal):
            self._dismiss(endpoint, " ".join(filter(None, (f"every request alike ({refusal}).", refusal.advice))))

    def _hear(self, endpoint: PooledEndpoint) -> None:
        self._silent_since = None
        self._num_heard += 1
        endpoint.refusals.accept()

    def _succeed(self, lease: Lease, done: Completion) -> None:
        self._hear(lease.endpoint)
        self._leases.measure(lease, done.num_tokens)
        if self._tokens:
            now = asyncio.get_running_loop().time()
            self._tokens.spend(now, done.num_prompt_tokens + done.num_tokens - lease.num_tokens)
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
            self._dismiss(endpoint, f"({problem})")
            return
        if endpoint.limit.reject(lease.sent) and now >= endpoint.remind_at:
            endpoint.remind_at = now + REMINDER_S
            self._say(f"{endpoint.url} has trouble ({problem}); giving it {endpoint.limit.value} requests at once.")
        pause_s = endpoint.breaker.fail(now, problem.retry_after_s)
        if pause_s is not None:
            self._say(f"{endpoint.url} {_ails(problem)} ({problem}); trying it again in {pause_s:,.1f} s.")
        self._silent_since = self._silent_since or now

    def _gives_up(self, problem: Stumble, endpoint: PooledEndpoint, tries: Tries) -> RequestRefused | None:
        """A refusal where a request fails by itself. Raises TeacherError where nobody is answered any more.

        The last request of all has nobody beside it to tell the two apart. Where its endpoint has answered others
        before, patience ends with that request.
        """
        now = asyncio.get_running_loop().time()
        if tries.fail(problem, self._num_heard):
            return RequestRefused(f"{tries.num} tries failed, the last with: {problem}")
        is_out_of_patience = self._silent_since is not None and now - self._silent_since > self._patience_s
        is_last = self._num_asking == 1 and endpoint.refusals.has_answered
        if is_last and is_out_of_patience and not (problem.is_unreachable or problem.is_overload):
            return RequestRefused(f"it alone has failed for {self._patience_s:,.0f} s, the last time with: {problem}")
        if self._leases.num_taken <= 1:
            self._lose_patience(now, f"the last said: {problem}")
        return None

    async def _unless_stopped(self, waiting: Awaitable[Result]) -> Result:
        """The end of a wait; raises Withdrawn where `stop` comes first."""
        waited, stopped = asyncio.ensure_future(waiting), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((waited, stopped), return_when=asyncio.FIRST_COMPLETED)
            if waited.done():
                return waited.result()
            raise Withdrawn
        finally:
            waited.cancel()
            stopped.cancel()

    def _lose_patience(self, now: float, why: str) -> None:
        if self._silent_since is not None and now - self._silent_since > self._patience_s:
            raise TeacherError(
                f"No endpoint has answered for {self._patience_s:,.0f} s ({why}). What was answered before is stored; "
                "mend the endpoint and run the same command again."
            )

    def _dismiss(self, endpoint: PooledEndpoint, why: str) -> None:
        """Stop using an endpoint that will not serve us. Raises TeacherError where it was the last."""
        if endpoint.is_leaving:
            return
        self.drain(endpoint.url)
        self.dismissed[endpoint.url] = asyncio.get_running_loop().time()
        if not self.endpoints and not self.is_followed:
            raise TeacherError(
                f"{endpoint.url} refuses {why} No other endpoint is left. What was answered before is stored, and "
                "nothing of this is marked as done: mend it and run the same command again."
            )
        self._say(f"{endpoint.url} refuses {why} Going on without it.")


def _ails(problem: Stumble) -> str:
    """What is wrong with an endpoint, in a word or two."""
    if problem.is_overload:
        return "is busy"
    return "answers in a form that cannot be read" if problem.is_unreadable else "does not answer"


def _fresh(earlier: Completion | None) -> Completion:
    """What a request starts from: nothing, or what was there before it."""
    return Completion() if earlier is None or earlier.resumed_at is None else earlier.resume()
