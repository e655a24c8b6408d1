"""Draws samples: takes requests from the agenda to the pool, answers to the disk, and verdicts back to the agenda."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from distill import reasoning
from distill.errors import DistillError
from distill.progress import Tally, say
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.records import Outcome, Prompt, Sample, Verdict
from distill.rows import columns as schemas
from distill.sampling.agenda import Agenda, Key, Request
from distill.sampling.policy import Ended
from distill.store import RowLookup, RunFolder
from distill.teacher.client import Ask
from distill.teacher.pool import Lease, Pool
from distill.teacher.reply import Completion
from distill.teacher.trouble import RequestRefused
from distill.verifiers.dispatch import Verifiers

WINDOW = 1024
"""Answers that may wait for the disk or for a verdict at once."""

RACE_STEP = 16
"""Tokens between two looks at a race: a look costs as much as reading half a token, where each comes alone."""


class Job(NamedTuple):
    """What is drawn, and where it goes."""

    run: RunFolder
    teacher: TeacherSection
    settings: GenerateSection
    agenda: Agenda
    tally: Tally
    cut: RowLookup
    """Samples of an earlier run, to be continued."""


class Unwanted(Exception):  # noqa: N818 - a decision, not a failure
    """The policy has just found that a sample which is being read can no longer be selected."""


@dataclass(eq=False, slots=True)
class Flight:
    """A request that was given a place."""

    request: Request
    ask: Ask
    lease: Lease
    so_far: Completion
    start: float = field(default_factory=time.monotonic)
    task: "asyncio.Task[None] | None" = None
    has_begun: bool = False
    """Before that, cancelling its task would skip the code that gives its place back."""
    is_unwanted: bool = False
    look_at: int = 0
    """Tokens at which the policy is shown it next."""


class Landed(NamedTuple):
    """A sample that waits for the disk; its verdict is stored behind it."""

    key: Key
    finish_reason: str
    verdict: Verdict | None


class Sampler:
    """One pass over an agenda. `verifiers` None: verdicts are left to the `verify` stage."""

    def __init__(self, job: Job, pool: Pool, verifiers: Verifiers | None) -> None:
        self._job = job
        self._pool = pool
        self._verifiers = verifiers
        self._flights: dict[Key, Flight] = {}
        self._num_landed = 0
        self._landed: list[Landed] = []
        self._has_landed = asyncio.Event()
        self._is_over = False
        self._changed = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None
        self._sampling = job.settings.sampling.model_dump()
        self.is_stopping = False

    async def all(self, tend: Callable[[], None], tend_interval_s: float = 1.0) -> None:
        """Draw until the agenda is empty; `tend` is called now and then meanwhile."""
        with _rare_collections():
            async with asyncio.TaskGroup() as tasks:
                tender = tasks.create_task(_tend(tend, tend_interval_s))
                tasks.create_task(self._settle())
                async with asyncio.TaskGroup() as flights:
                    self._dispatcher = flights.create_task(self._dispatch(flights))
                tender.cancel()
                self._is_over = True
                self._has_landed.set()

    def stop(self) -> None:
        """Send nothing more; what is under way finishes."""
        self.is_stopping = True
        if self._dispatcher is not None:
            self._dispatcher.cancel()

    @property
    def num_under_way(self) -> int:
        """Requests that are not answered yet."""
        return len(self._flights)

    async def _dispatch(self, tasks: asyncio.TaskGroup) -> None:
        agenda = self._job.agenda
        most = self._job.settings.concurrency + WINDOW
        while True:
            is_full = len(self._flights) + self._num_landed >= most
            request = None if is_full else agenda.next()
            if request is None:
                if not self._flights and not self._num_landed:
                    return
                self._changed.clear()
                await self._changed.wait()
                continue
            lease = await self._pool.lease(request.prompt.id)
            if agenda.is_wanted(request.key):
                self._launch(request, lease, tasks)
            else:
                self._pool.release(lease)
                agenda.drop(request.key)

    def _launch(self, request: Request, lease: Lease, tasks: asyncio.TaskGroup) -> None:
        settings, policy = self._job.settings, self._job.agenda.policy
        ask = Ask(
            group=request.prompt.id,
            messages=(*settings.few_shot, *request.prompt.messages),
            sampling=settings.sampling,
            index=request.index,
            max_tokens=self._job.agenda.limit(request),
            is_race=policy.traits.is_race,
        )
        flight = self._flights[request.key] = Flight(request, ask, lease, self._begun(request.key))
        flight.task = tasks.create_task(self._fly(flight))

    def _begun(self, key: Key) -> Completion:
        """What is there of a sample already."""
        row = self._job.cut.find(key)
        if row is None:
            return Completion()
        sample = schemas.sample_of(row)
        return Completion(
            content=reasoning.begun(sample.reasoning, sample.answer),
            num_tokens=sample.num_tokens,
            num_prompt_tokens=sample.num_prompt_tokens,
            resumed_at=sample.num_tokens,
        )

    async def _fly(self, flight: Flight) -> None:
        flight.has_begun = True
        key, agenda = flight.request.key, self._job.agenda
        sample = await self._draw(flight)
        self._num_landed += 1
        del self._flights[key]
        self._job.run.samples.append(vars(sample) | {"sampling": self._sampling})
        self._cancel(agenda.end(key, _ended(sample)))
        verdict = await self._verdict(flight.request.prompt, sample)
        if verdict is not None:
            self._cancel(agenda.decide(key, verdict.outcome))
        self._landed.append(Landed(key, sample.finish_reason, verdict))
        self._has_landed.set()
        self._changed.set()

    async def _draw(self, flight: Flight) -> Sample:
        """The sample that a request becomes: answered, refused, or cancelled by the policy."""
        if flight.is_unwanted:
            self._pool.release(flight.lease)
            return self._sample(flight, flight.so_far, "cancelled")
        begun = flight.so_far
        try:
            watch = partial(self._watch, flight)
            done = await self._pool.complete(flight.ask, flight.lease, watch, begun)
        except RequestRefused as refusal:
            return self._sample(flight, begun, "refused", str(refusal))
        except Unwanted:
            return self._sample(flight, flight.so_far, "cancelled")
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not flight.is_unwanted or task is None:
                raise
            task.uncancel()
            return self._sample(flight, flight.so_far, "cancelled")
        is_cut_by_us = done.finish_reason == "length" and flight.ask.max_tokens is not None
        return self._sample(flight, done, "cancelled" if is_cut_by_us else done.finish_reason or "unknown")

    def _watch(self, flight: Flight, so_far: Completion) -> None:
        flight.so_far = so_far
        if not self._job.agenda.policy.traits.is_race or so_far.num_tokens < flight.look_at:
            return
        flight.look_at = so_far.num_tokens + RACE_STEP
        unwanted = self._job.agenda.progress(flight.request.key, so_far.num_tokens)
        # A task that cancels itself is told at its next await, which may lie behind the end of its answer.
        flight.is_unwanted |= flight.request.key in unwanted
        self._cancel(unwanted)
        if flight.is_unwanted and so_far.finish_reason is None:
            raise Unwanted

    def _cancel(self, keys: list[Key]) -> None:
        for key in keys:
            flight = self._flights.get(key)
            if flight is None or flight.is_unwanted:
                continue
            flight.is_unwanted = True
            if flight.has_begun and flight.task is not None:
                flight.task.cancel()

    async def _verdict(self, prompt: Prompt, sample: Sample) -> Verdict | None:
        """The verdict on a sample, unless it is left to the `verify` stage."""
        needs_verdicts = self._job.agenda.policy.traits.needs_verdicts
        if self._verifiers is None or (not needs_verdicts and self._num_landed > WINDOW):
            return None
        try:
            return await self._verifiers.verify_sample(prompt, sample)
        except DistillError as error:
            if needs_verdicts:
                raise
            self._leave_verdicts(error)
            return None

    async def _settle(self) -> None:
        """Count samples once they are on disk, and store their verdicts behind them: all of a commit at once."""
        run, tally = self._job.run, self._job.tally
        while self._landed or not self._is_over:
            await self._has_landed.wait()
            self._has_landed.clear()
            landed, self._landed = self._landed, []
            await run.samples.commit()
            for key, finish_reason, verdict in landed:
                if verdict is not None:
                    run.verdicts.append(schemas.verdict_row(*key, verdict))
                if verdict is None or finish_reason == "cancelled":
                    tally.add(finish_reason)
                else:
                    tally.add(verdict.outcome.value)
            self._num_landed -= len(landed)
            self._changed.set()

    def _leave_verdicts(self, error: DistillError) -> None:
        if self._verifiers is not None:
            self._verifiers = None
            say(f"{error} Sampling goes on; `distill verify` gives the verdicts.")

    def _sample(self, flight: Flight, done: Completion, finish_reason: str, error: str | None = None) -> Sample:
        parts = done.parts()
        prompt, index = flight.request.prompt, flight.request.index
        return Sample(
            prompt_id=prompt.id,
            index=index,
            reasoning=parts.reasoning,
            answer=parts.answer,
            finish_reason=finish_reason,
            num_tokens=done.num_tokens,
            num_prompt_tokens=done.num_prompt_tokens,
            teacher=self._job.teacher.model,
            sampling=flight.ask.sampling,
            seconds=round(time.monotonic() - flight.start, 3),
            resumed_at=done.resumed_at,
            error=error,
            finished_s=round(time.time(), 3),
        )


def _ended(sample: Sample) -> Ended:
    """What the policy sees of a sample before its verdict."""
    is_refused = sample.error is not None
    outcome = Outcome.ABSTAIN if is_refused or sample.is_cancelled else None
    return Ended(sample.num_tokens, outcome, is_cancelled=sample.is_cancelled, is_refused=is_refused)


async def _tend(tend: Callable[[], None], interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s)
        tend()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage cycles a hundredth as often as usual: requests leave few, and looking takes an eighth of all."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100 * usual[0], *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
