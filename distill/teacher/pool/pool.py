"""Many endpoints of one teacher, used as one: requests are sent again after trouble, and troubled ones left alone."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import NamedTuple, Self

from distill.errors import TeacherError
from distill.records import RefusalKind
from distill.teacher.asking.client import Ask, Client
from distill.teacher.pool.leases import Lease, Leases, PooledEndpoint
from distill.teacher.pool.pace import Pace
from distill.teacher.pool.patience import Patience
from distill.teacher.pool.tries import Tries
from distill.teacher.pool.withdrawal import Withdrawal
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import EndpointRefused, RequestRefused, Stumble, Unresumable, delay

REMINDER_S = 30.0
"""Between two sentences about the trouble of one endpoint."""
NUM_ASKED_AGAIN = 4
"""How often an endpoint may say that a key, model or path is wrong before it is believed of one request."""


class PoolLimits(NamedTuple):
    """What the endpoints allow, and how long they are waited for."""

    concurrency: int
    patience_s: float = 900.0
    """How long no endpoint may answer anything; a restart of a 671B model fits in."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


class EndpointPool:
    """Use as an async context manager. No more than `concurrency` requests are under way at once."""

    def __init__(self, connect: Callable[[str], Client], limits: PoolLimits, say: Callable[[str], None]) -> None:
        self._connect = connect
        self._say = say
        self._patience = Patience(limits.patience_s)
        self._withdrawal = Withdrawal()
        self._open = AsyncExitStack()
        self._leases = Leases(limits.concurrency)
        self._requests = limits.requests_per_minute and Pace(limits.requests_per_minute)
        self._tokens = limits.tokens_per_minute and Pace(limits.tokens_per_minute)
        self._num_heard = 0
        """How often anything of an answer came, to whichever request."""
        self._num_asking = 0
        self.release = self._leases.release
        self.dismissed: dict[str, float] = {}
        """URLs that refused to serve us, and when."""
        self.is_followed = False
        """Whether others may join, so that having none is no end."""
        self.num_tokens_lost = 0
        """Of answers that broke off and could not be continued: paid for, drawn again, and in no other count."""

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
        self._withdrawal.ask()

    def look(self) -> None:
        """To be called now and then: raises TeacherError where no endpoint has been there for too long."""
        if not self.endpoints and not self._leases.num_taken:
            now = asyncio.get_running_loop().time()
            self._patience.miss(now)
            self._patience.check(now, "none is there")

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
        Unresumable where that cannot be continued, TeacherError where no endpoint is left, Withdrawn after `stop`.
        """
        self._num_asking += 1
        try:
            return await self._complete(ask, lease, watch, earlier)
        finally:
            self._num_asking -= 1

    async def _complete(
        self, ask: Ask, lease: Lease, watch: Callable[[Completion], None], earlier: Completion | None
    ) -> Completion:
        so_far, tries, num_refused = _fresh(earlier), Tries(self._num_heard), 0
        while True:
            result = await self._complete_once(ask, lease, watch, so_far, tries)
            if isinstance(result, Completion):
                return result
            before = lease.endpoint
            if isinstance(result, RequestRefused):
                num_refused += 1
                self._raise_final(result, num_refused)
            if not self._leases.has_room_beside(before):
                await self._withdrawal.unless_asked(asyncio.sleep(delay(result, tries.num + num_refused)))
            lease = await self._withdrawal.unless_asked(self.lease(ask.group, avoid=before))
            so_far = self._resumed(lease, so_far, earlier)

    def _raise_final(self, refusal: RequestRefused, num_refused: int) -> None:
        """Raise a refusal, unless another endpoint may think otherwise, or the same one in a moment.

        A path or a key may be missing for a moment, where one version of a service follows another.
        """
        num_times = NUM_ASKED_AGAIN if refusal.kind is RefusalKind.ACCESS else 1
        if num_refused >= num_times * max(1, len(self.endpoints)):
            raise refusal

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
        sent, num_paid = endpoint.refusals.send(), so_far.num_tokens

        def heard(so_far: Completion) -> None:
            self._hear(endpoint)
            watch(so_far)

        try:
            done = await endpoint.client.complete(ask, so_far, heard)
        except RequestRefused as refusal:
            endpoint.breaker.succeed()  # it is there, and says no
            self._refuse(endpoint, sent, ask, refusal)
            return refusal
        except Unresumable:
            raise
        except (Stumble, EndpointRefused) as caught:
            problem = self._beyond_patience(caught)
            self._fail(lease, problem)
            given_up = isinstance(problem, Stumble) and self._gives_up(problem, endpoint, tries)
            if given_up:
                self._refuse(endpoint, sent, ask, given_up)
                raise given_up from None
            return problem
        else:
            self.num_tokens_lost += num_paid - (done.resumed_at or 0)  # where it was not continued after all
            self._succeed(lease, done)
            return done
        finally:
            endpoint.refusals.end(sent)
            self.release(lease)

    def _refuse(self, endpoint: PooledEndpoint, sent: int, ask: Ask, refusal: RequestRefused) -> None:
        if endpoint.refusals.refuse(sent, ask.group, refusal):
            self._dismiss(endpoint, f"every request alike ({refusal})", refusal.advice)

    def _hear(self, endpoint: PooledEndpoint) -> None:
        self._patience.hear()
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
        if isinstance(problem, EndpointRefused) or problem.retry_after_s <= self._patience.limit_s:
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
        self._patience.miss(now)

    def _gives_up(self, problem: Stumble, endpoint: PooledEndpoint, tries: Tries) -> RequestRefused | None:
        """A refusal where a request fails by itself. Raises TeacherError where nobody is answered any more.

        The last request of all has nobody beside it to tell the two apart. Where its endpoint has answered others
        before, patience ends with that request.
        """
        now = asyncio.get_running_loop().time()
        if tries.fail(problem, self._num_heard, is_read=endpoint.refusals.has_answered):
            return RequestRefused(f"{tries.num} tries failed, the last with: {problem}")
        is_last = self._num_asking == 1 and endpoint.refusals.has_answered
        if is_last and self._patience.is_over(now) and not (problem.is_unreachable or problem.is_overload):
            limit_s = self._patience.limit_s
            return RequestRefused(f"it alone has failed for {limit_s:,.0f} s, the last time with: {problem}")
        if self._leases.num_taken <= 1:
            self._patience.check(now, f"the last said: {problem}")
        return None

    def _dismiss(self, endpoint: PooledEndpoint, what: str, advice: str = "") -> None:
        """Stop using an endpoint that will not serve us. Raises TeacherError where it was the last."""
        if endpoint.is_leaving:
            return
        self.drain(endpoint.url)
        self.dismissed[endpoint.url] = asyncio.get_running_loop().time()
        if not self.endpoints and not self.is_followed:
            raise TeacherError(
                f"{endpoint.url} refuses {what}, and no other endpoint is left. {advice}{' ' * bool(advice)}What was "
                "answered before is stored, and nothing of this is marked as done: mend it and run the same command "
                "again."
            )
        self._say(f"{endpoint.url} refuses {what}; going on without it. {advice}".strip())


def _ails(problem: Stumble) -> str:
    """What is wrong with an endpoint, in a word or two."""
    if problem.is_overload:
        return "is busy"
    return "answers in a form that cannot be read" if problem.is_unreadable else "does not answer"


def _fresh(earlier: Completion | None) -> Completion:
    """What a request starts from: nothing, or what was there before it."""
    return Completion() if earlier is None or earlier.resumed_at is None else earlier.resume()
