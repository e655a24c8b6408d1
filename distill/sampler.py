"""Draws samples: takes requests from the agenda to the pool, answers to the disk, and verdicts back to the agenda."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from distill.agenda import Agenda, Key, Request
from distill.errors import DistillError
from distill.policy import Ended
from distill.progress import Tally, say
from distill.records import Outcome, Sample
from distill.sections import GenerateSection, TeacherSection
from distill.store import RunFolder, schemas
from distill.teacher.client import Ask
from distill.teacher.pool import Lease, Pool
from distill.teacher.reply import Completion
from distill.teacher.trouble import RequestRefused
from distill.verifiers import Verifiers

WINDOW = 1024
"""Answers that may wait for the disk or for a verdict at once."""


class Job(NamedTuple):
    """What is drawn, and where it goes."""

    run: RunFolder
    teacher: TeacherSection
    settings: GenerateSection
    agenda: Agenda
    tally: Tally


@dataclass(eq=False, slots=True)
class Flight:
    """A request that was given a place."""

    request: Request
    ask: Ask
    lease: Lease
    start: float = field(default_factory=time.monotonic)
    so_far: Completion = field(default_factory=Completion)
    task: "asyncio.Task[None] | None" = None
    has_begun: bool = False
    """Before that, cancelling its task would skip the code that gives its place back."""
    is_unwanted: bool = False


class Sampler:
    """One pass over an agenda. `verifiers` None: verdicts are left to the `verify` stage."""

    def __init__(self, job: Job, pool: Pool, verifiers: Verifiers | None) -> None:
        self._job = job
        self._pool = pool
        self._verifiers = verifiers
        self._flights: dict[Key, Flight] = {}
        self._num_landed = 0
        self._changed = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None
        self._sampling = job.settings.sampling.model_dump()
        self.is_stopping = False

    async def all(self, tend: Callable[[], None], tend_interval_s: float = 1.0) -> None:
        """Draw until the agenda is empty; `tend` is called now and then meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            tender = tasks.create_task(_tend(tend, tend_interval_s))
            async with asyncio.TaskGroup() as flights:
                self._dispatcher = flights.create_task(self._dispatch(flights))
            tender.cancel()

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
            is_race=policy.is_race,
        )
        flight = self._flights[request.key] = Flight(request, ask, lease)
        flight.task = tasks.create_task(self._fly(flight))

    async def _fly(self, flight: Flight) -> None:
        flight.has_begun = True
        key, agenda = flight.request.key, self._job.agenda
        sample = await self._draw(flight)
        self._num_landed += 1
        del self._flights[key]
        self._job.run.samples.append(vars(sample) | {"sampling": self._sampling})
        self._cancel(agenda.end(key, _ended(sample)))
        try:
            await self._settle(flight.request, sample)
        finally:
            self._num_landed -= 1
            self._changed.set()

    async def _draw(self, flight: Flight) -> Sample:
        """The sample that a request becomes: answered, refused, or cancelled by the policy."""
        if flight.is_unwanted:
            self._pool.release(flight.lease)
            return self._sample(flight, flight.so_far, "cancelled")
        try:
            done = await self._pool.complete(flight.ask, flight.lease, lambda so_far: self._watch(flight, so_far))
        except RequestRefused as refusal:
            return self._sample(flight, Completion(), "refused", str(refusal))
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
        if self._job.agenda.policy.is_race:
            self._cancel(self._job.agenda.progress(flight.request.key, so_far.num_tokens))

    def _cancel(self, keys: list[Key]) -> None:
        for key in keys:
            flight = self._flights.get(key)
            if flight is None or flight.is_unwanted:
                continue
            flight.is_unwanted = True
            if flight.has_begun and flight.task is not None:
                flight.task.cancel()

    async def _settle(self, request: Request, sample: Sample) -> None:
        """Wait until a sample is on disk; give its verdict back to the policy, and store that behind it."""
        run, tally, agenda = self._job.run, self._job.tally, self._job.agenda
        verifiers = self._verifiers
        verdict = None
        if verifiers is not None and (agenda.policy.needs_verdicts or self._num_landed <= WINDOW):
            try:
                verdict = await verifiers.verify_sample(request.prompt, sample)
            except DistillError as error:
                if agenda.policy.needs_verdicts:
                    raise
                self._leave_verdicts(error)
        if verdict is not None:
            self._cancel(agenda.decide(request.key, verdict.outcome))
        await run.samples.commit()
        if verdict is None:
            tally.add(sample.finish_reason)
        else:
            run.verdicts.append(schemas.verdict_row(*request.key, verdict))
            tally.add(verdict.outcome.value)

    def _leave_verdicts(self, error: DistillError) -> None:
        if self._verifiers is not None:
            self._verifiers = None
            say(f"{error} Sampling goes on; `distill verify` gives the verdicts.")

    def _sample(self, flight: Flight, done: Completion, finish_reason: str, error: str | None = None) -> Sample:
        parts = done.parts()
        prompt, index = flight.request.prompt, flight.request.index
        return Sample.model_construct(
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
