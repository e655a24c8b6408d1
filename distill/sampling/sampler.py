"""Draws samples: takes requests from the agenda to the pool, answers to the disk, and verdicts back to the agenda."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from distill import reasoning
from distill.errors import DistillError
from distill.progress import Tally, say
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.records import FinishReason, Prompt, Sample, Verdict
from distill.rows import columns as schemas
from distill.sampling.agenda import Agenda, Key, SampleRequest
from distill.sampling.garbage import rare_collections
from distill.sampling.held_back import HeldBack
from distill.sampling.messages import messages_of
from distill.sampling.purse import Purse
from distill.sampling.requests import TOLD, Answered, SentRequest, Unwanted, ended
from distill.store import RowLookup, RunFolder
from distill.teacher.asking.client import Ask
from distill.teacher.pool.leases import Lease
from distill.teacher.pool.pool import EndpointPool
from distill.teacher.pool.withdrawal import Withdrawn
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import RequestRefused, Unresumable
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
    purse: Purse


class Sampler:
    """One pass over an agenda. `verifiers` None: verdicts are left to the `verify` stage."""

    def __init__(self, job: Job, pool: EndpointPool, verifiers: Verifiers | None) -> None:
        self._job = job
        self._pool = pool
        self._verifiers = verifiers
        self._sent: dict[Key, SentRequest] = {}
        self._num_answered = 0
        self._answered: list[Answered] = []
        self._held_back = HeldBack()
        self._has_answers = asyncio.Event()
        self._is_over = False
        self._changed = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None
        self._sampling = schemas.sampling_row(job.settings.sampling)
        self.is_stopping = False
        self.is_purse_empty = False
        """Whether a limit on what is bought ended it, with more to draw."""

    async def draw_all(self, check: Callable[[], None], interval_s: float = 1.0) -> None:
        """Draw until the agenda is empty; `check` is called now and then meanwhile."""
        with rare_collections():
            async with asyncio.TaskGroup() as tasks:
                checker = tasks.create_task(_check_often(check, interval_s))
                tasks.create_task(self._store())
                async with asyncio.TaskGroup() as requests:
                    self._sender = requests.create_task(self._send_all(requests))
                await self._settle_refused()
                checker.cancel()
                self._is_over = True
                self._has_answers.set()

    def stop(self) -> None:
        """Send nothing more; what is being answered finishes."""
        self.is_stopping = True
        self._pool.stop()
        if self._sender is not None:
            self._sender.cancel()

    @property
    def parting(self) -> str:
        """Told when the user stops it."""
        return f"{len(self._sent):,} requests under way are waited for; once more to stop at once."

    async def _send_all(self, tasks: asyncio.TaskGroup) -> None:
        """Send what the agenda asks for, as endpoints have room, until nothing more can come."""
        agenda = self._job.agenda
        most = self._job.settings.concurrency + WINDOW
        while True:
            has_room = self._job.purse.has_room(len(self._sent))
            is_full = len(self._sent) + self._num_answered >= most or (bool(self._sent) and not has_room)
            request = None if is_full else agenda.next()
            if request is None:
                if not self._sent and not self._num_answered:
                    return
                self._changed.clear()
                await self._changed.wait()
                continue
            if not has_room:
                self.is_purse_empty = True
                return
            lease = await self._pool.lease(request.prompt.id)
            if agenda.is_wanted(request.key):
                self._send(request, lease, tasks)
            else:
                self._pool.release(lease)
                agenda.drop(request.key)

    def _send(self, request: SampleRequest, lease: Lease, tasks: asyncio.TaskGroup) -> None:
        settings = self._job.settings
        ask = Ask(
            group=request.prompt.id,
            messages=messages_of(request.prompt, settings),
            sampling=settings.sampling,
            index=request.index,
            max_tokens=self._job.agenda.limit(request),
        )
        sent = self._sent[request.key] = SentRequest(request, ask, lease, self._written_before(request.key))
        sent.task = tasks.create_task(self._draw(sent))

    def _written_before(self, key: Key) -> Completion:
        """What an earlier run has of a sample, to be continued."""
        row = self._job.cut.find(key)
        if row is None:
            return Completion()
        sample = schemas.sample_of(row)
        return Completion(
            content=reasoning.begun(sample.reasoning, sample.answer),
            num_tokens=sample.num_tokens,
            num_prompt_tokens=sample.num_prompt_tokens,
            resumed_at=sample.num_tokens,
            is_of_earlier_run=True,
            sent=sample.sampling,
        )

    async def _draw(self, sent: SentRequest) -> None:
        """From a request to a sample that waits for the disk, with its verdict."""
        sent.has_begun = True
        key = sent.request.key
        try:
            sample = await self._answer(sent)
        except Withdrawn:
            return
        finally:
            del self._sent[key]
            self._changed.set()
        self._job.purse.bought.add(sample.finish_reason, sample.num_prompt_tokens, sample.num_tokens)
        self._cancel(self._job.agenda.end(key, ended(sample)))
        if sample.finish_reason is FinishReason.REFUSED:
            self._held_back.add(sent, sample)
            return
        await self._keep(sent, sample)
        if not sample.is_cancelled:
            await self._keep_refused()

    async def _keep(self, sent: SentRequest, sample: Sample) -> None:
        """Have a sample stored, and its verdict given and stored behind it."""
        key = sent.request.key
        self._num_answered += 1
        is_as_asked = sample.sampling is self._job.settings.sampling
        sampling = self._sampling if is_as_asked else schemas.sampling_row(sample.sampling)
        self._job.run.samples.append(vars(sample) | {"sampling": sampling})
        verdict = await self._verdict(sent.request.prompt, sample)
        if verdict is not None and sample.finish_reason is not FinishReason.REFUSED:
            self._cancel(self._job.agenda.decide(key, verdict.outcome))
        self._answered.append(Answered(key, sample.finish_reason, verdict))
        self._has_answers.set()
        self._changed.set()

    async def _keep_refused(self) -> None:
        """Requests that were refused while others are answered are set aside for good."""
        for sent, sample in self._held_back.take():
            await self._keep(sent, sample)

    async def _settle_refused(self) -> None:
        """At the end, where no answer came behind the last refusals. Raises TeacherError where none ever came."""
        if self.is_stopping:
            return
        if not self._job.agenda.spending.num_answered:
            self._held_back.check()
        await self._keep_refused()

    async def _answer(self, sent: SentRequest) -> Sample:
        """The sample that a request becomes: answered, refused, or cancelled by the policy."""
        if sent.is_unwanted:
            self._pool.release(sent.lease)
            return self._sample(sent, sent.so_far, FinishReason.CANCELLED)
        try:
            return await self._ask(sent)
        except Unwanted:
            return self._sample(sent, sent.so_far, FinishReason.CANCELLED)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not sent.is_unwanted or task is None:
                raise
            task.uncancel()
            return self._sample(sent, sent.so_far, FinishReason.CANCELLED)

    async def _ask(self, sent: SentRequest) -> Sample:
        """The sample as the pool answers it, or refuses to."""
        earlier = sent.so_far
        try:
            done = await self._pool.complete(sent.ask, sent.lease, partial(self._watch, sent), earlier)
        except RequestRefused as refusal:
            return self._sample(sent, earlier, FinishReason.REFUSED, refusal)
        except Unresumable:
            return self._sample(sent, earlier, FinishReason.LENGTH)
        reason = FinishReason(done.finish_reason or "")
        is_cut_by_us = reason is FinishReason.LENGTH and _has_lower_limit(sent.ask, done)
        return self._sample(sent, done, FinishReason.CANCELLED if is_cut_by_us else reason)

    def _watch(self, sent: SentRequest, so_far: Completion) -> None:
        """Show the policy how long a sample in a race is. Raises Unwanted where it can no longer win."""
        sent.so_far = so_far
        if not self._job.agenda.policy.traits.is_race or so_far.num_tokens < sent.next_look:
            return
        sent.next_look = so_far.num_tokens + RACE_STEP
        unwanted = self._job.agenda.progress(sent.request.key, so_far.num_tokens)
        # A task that cancels itself is told at its next await, which may lie behind the end of its answer.
        sent.is_unwanted |= sent.request.key in unwanted
        self._cancel(unwanted)
        if sent.is_unwanted and so_far.finish_reason is None:
            raise Unwanted

    def _cancel(self, keys: list[Key]) -> None:
        for key in keys:
            sent = self._sent.get(key)
            if sent is None or sent.is_unwanted:
                continue
            sent.is_unwanted = True
            if sent.has_begun and sent.task is not None:
                sent.task.cancel()

    async def _verdict(self, prompt: Prompt, sample: Sample) -> Verdict | None:
        """The verdict on a sample, unless it is left to the `verify` stage."""
        needs_verdicts = self._job.agenda.policy.traits.needs_verdicts
        if self._verifiers is None or (not needs_verdicts and self._num_answered > WINDOW):
            return None
        try:
            return await self._verifiers.verify_sample(prompt, sample)
        except DistillError as error:
            if needs_verdicts:
                raise
            self._leave_verdicts(error)
            return None

    async def _store(self) -> None:
        """Count samples once they are on disk, and store their verdicts behind them: all of a commit at once."""
        run, tally = self._job.run, self._job.tally
        while self._answered or not self._is_over:
            await self._has_answers.wait()
            self._has_answers.clear()
            answered, self._answered = self._answered, []
            await run.samples.commit()
            for key, finish_reason, verdict in answered:
                if verdict is not None:
                    run.verdicts.append(schemas.verdict_row(*key, verdict))
                if verdict is None or finish_reason in TOLD:
                    tally.add(finish_reason.value)
                else:
                    tally.add(verdict.outcome.value)
            self._num_answered -= len(answered)
            self._changed.set()

    def _sample(
        self, sent: SentRequest, done: Completion, finish_reason: FinishReason, refusal: RequestRefused | None = None
    ) -> Sample:
        return sent.sample(self._job.teacher.model, done, finish_reason, refusal)

    def _leave_verdicts(self, error: DistillError) -> None:
        if self._verifiers is not None:
            self._verifiers = None
            say(f"{error} Sampling goes on; `distill verify` gives the verdicts.")


def _has_lower_limit(ask: Ask, done: Completion) -> bool:
    """Whether the policy's limit, not the endpoint's, is what cut an answer off."""
    sent = done.sent or ask.sampling
    return ask.max_tokens is not None and ask.max_tokens <= sent.max_tokens


async def _check_often(check: Callable[[], None], interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s)
        check()
