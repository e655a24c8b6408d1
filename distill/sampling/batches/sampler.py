"""Draws samples by a provider's batches, as `sampler` does live: the same agenda, the same tables, the same verdicts.

All that the agenda asks for now is a wave: it goes out in one batch or a few, each is gathered when it has ended, and
the verdicts decide what the next wave asks for. What a batch leaves unanswered is asked for again in the next wave.
Nothing is cancelled in a batch: a race costs what `fixed` does.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

from distill.errors import RunError, TeacherError
from distill.progress import say
from distill.recipe.loading import digest
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.sampling.agenda import SampleRequest
from distill.sampling.batches.form import BatchForm
from distill.sampling.batches.gather import BatchGatherer, Fetched, UnreadResults
from distill.sampling.batches.notes import BatchLine, BatchNote, BatchNotes
from distill.sampling.batches.shelf import MOST_LINES, BatchShelf, WantedLine
from distill.sampling.sampler import Job, Sampler
from distill.store import Keys, RunFolder
from distill.teacher.asking.client import Client
from distill.teacher.batches.answers import BatchReply
from distill.teacher.batches.api import FIRST_LOOK_S, LAST_LOOK_S, LOOK_GROWTH, BatchApi
from distill.teacher.pool.pool import EndpointPool
from distill.verifiers.dispatch import Verifiers

MOST_UNDER_WAY = 200_000
"""Requests of a wave at most: each holds some 8 kB here until it is answered."""


class BatchSampler:
    """One pass over an agenda. `verifiers` None: verdicts are left to the `verify` stage."""

    parting = "What is submitted goes on at the provider, and the same command gathers it."
    """Told when the user stops it."""

    def __init__(self, job: Job, client: Client, verifiers: Verifiers | None) -> None:
        self._job = job
        self._form = BatchForm(client, job.settings)
        notes = BatchNotes(job.run.path)
        api = BatchApi(client.connection, job.settings.patience_s, say)
        self._shelf = BatchShelf(notes, api, client.url, asked_with(job.teacher, job.settings))
        self._gatherer = BatchGatherer(job, verifiers, self._shelf.tried(), client.learn)
        self._waiting: deque[SampleRequest] = deque()
        self._open: dict[str, BatchNote] = {}
        self._standing: dict[str, BatchReply] = {}
        self._room = MOST_LINES
        """Lines of a batch; fewer, and of all batches together, once the provider has had too much."""
        self._is_one_by_one = False
        self._work: asyncio.Task[None] | None = None
        self.is_stopping = False
        self.is_purse_empty = False
        """Whether a limit on what is bought ended it, with more to draw."""

    async def draw_all(self, check: Callable[[], None], interval_s: float = 1.0) -> None:
        """Draw until the agenda is empty; `check` is called now and then meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            checker = tasks.create_task(self._check_often(check, interval_s))
            self._work = tasks.create_task(self._draw())
            await asyncio.wait([self._work])
            checker.cancel()

    def stop(self) -> None:
        """End at once: what was submitted goes on without us."""
        self.is_stopping = True
        if self._work is not None:
            self._work.cancel()

    async def _draw(self) -> None:
        await self._take_up()
        if self._job.agenda.policy.traits.is_race:
            say(f"In a batch {self._job.settings.policy} stops no sample: each is drawn to its end.")
        while self._collect() or self._open:
            while self._waiting or self._open:
                await self._submit_waiting()
                await self._gather_next()

    async def _take_up(self) -> None:
        for note in await self._shelf.take_up():
            self._open[note.name] = note
        if not self._open:
            return
        self._gatherer.stored = stored = self._job.run.samples.keys()
        for note in list(self._open.values()):
            if all(line.key in stored for line in note.lines):
                del self._open[note.name]
                await self._shelf.cancel(note)
        if self._open:
            num_lines = sum(len(note.lines) for note in self._open.values())
            say(f"{len(self._open):,} batches with {num_lines:,} requests are under way from before; gathering them.")

    def _collect(self) -> bool:
        """Take all that the agenda asks for now; whether there is anything to be submitted."""
        submitted = {line.key for note in self._open.values() for line in note.lines}
        agenda, purse = self._job.agenda, self._job.purse
        self.is_purse_empty = False
        under_way = self._gatherer.under_way
        while not self.is_purse_empty and len(under_way) < MOST_UNDER_WAY:
            request = agenda.next()
            if request is None:
                break
            if request.key in submitted:
                self._gatherer.take(request)
            elif not purse.has_room(len(under_way)):
                self.is_purse_empty = True
                agenda.drop(request.key)
            elif self._gatherer.take(request):
                self._waiting.append(request)
        return bool(self._waiting)

    async def _submit_waiting(self) -> None:
        while self._waiting and not (self._is_one_by_one and self._open):
            note = await self._shelf.submit(self._wanted(), self._room)
            if note is not None:
                self._open[note.name] = note
                say(f"Submitted {len(note.lines):,} requests as the batch {note.batch_id}.")

    def _wanted(self) -> Iterator[WantedLine]:
        """What is still wanted of what waits."""
        agenda = self._job.agenda
        while self._waiting:
            request = self._waiting.popleft()
            if not agenda.is_wanted(request.key):
                self._gatherer.drop([request.key])
                continue
            if request.key in self._job.cut:
                raise RunError(
                    "Some samples are to be continued from what an earlier run has of them, which no batch can do. "
                    "Leave --batch out to draw these; add it again for the rest."
                )
            yield WantedLine(*self._form.ask(request, agenda.limit(request)))

    async def _gather_next(self) -> None:
        """Wait until one of the batches has ended, and store what it brought."""
        wait_s = FIRST_LOOK_S
        while self._open:
            for note in list(self._open.values()):
                reply = self._standing[note.name] = await self._shelf.look(note)
                if reply.is_over:
                    await self._gather(note, reply)
                    return
            await asyncio.sleep(wait_s)
            wait_s = min(LAST_LOOK_S, wait_s * LOOK_GROWTH)

    async def _gather(self, note: BatchNote, reply: BatchReply) -> None:
        if reply.is_too_much_at_once and len(note.lines) > 1:
            self._submit_less(note, reply)
            return
        paths = await self._shelf.fetch(note, reply)
        try:
            gathered = await self._gatherer.gather(note, reply, Fetched(self._shelf.requests(note), paths))
        except UnreadResults:
            raise
        except TeacherError:
            self._close(note, "failed")
            raise
        self._close(note, "failed" if reply.status == "failed" else "gathered", gathered.tried)
        if gathered.num_left:
            _tell_of_end(reply, gathered.num_left)

    def _submit_less(self, note: BatchNote, reply: BatchReply) -> None:
        """The account has too much waiting: from now on one after another, and half as long where that is too much."""
        self._is_one_by_one = True
        self._room = max(
            1, min(self._room, len(note.lines) if self._open.keys() - {note.name} else len(note.lines) // 2)
        )
        say(f"The batch {reply.id} was too much at once ({reply.words}); going on with {self._room:,} at a time.")
        self._close(note, "failed")
        self._gatherer.drop(line.key for line in note.lines)

    def _close(self, note: BatchNote, step: str, tried: list[BatchLine] | None = None) -> None:
        self._shelf.close(note, step, tried or ())
        del self._open[note.name]
        self._standing.pop(note.name, None)

    async def _check_often(self, check: Callable[[], None], interval_s: float) -> None:
        tally = self._job.tally
        while True:
            await asyncio.sleep(interval_s)
            check()
            tally.move(tally.num_done, tally.total, f"{self._progress()} · {tally.note}")

    def _progress(self) -> str:
        """`batches: in_progress 1,200 of 50,000 · failed 3`."""
        if not self._open:
            return "submitting"
        replies = [self._standing[name] for name in self._open if name in self._standing]
        counts = [reply.request_counts for reply in replies if reply.request_counts is not None]
        states = ", ".join(sorted({reply.status for reply in replies})) or "submitted"
        total = sum(len(note.lines) for note in self._open.values())
        num_failed = sum(each.failed for each in counts)
        failed = f", {num_failed:,} failed" if num_failed else ""
        return (
            f"{len(self._open):,} at the provider ({states}): {sum(c.completed for c in counts):,} of {total:,}{failed}"
        )


def drawing_with(job: Job, pool: EndpointPool, verifiers: Verifiers | None) -> "Sampler | BatchSampler":
    """What draws: the requests of a pool, or the batches of its one endpoint.

    Raises RunError where live sampling would draw, and pay for, what is under way in a batch, and where it is not
    plain whose batches are meant.
    """
    if not job.settings.batch:
        _refuse_open_batches(job.run)
        return Sampler(job, pool, verifiers)
    if len(pool.endpoints) != 1:
        raise RunError(f"--batch takes one endpoint, not {len(pool.endpoints)}; batches are one provider's.")
    return BatchSampler(job, pool.endpoints[0].client, verifiers)


def _tell_of_end(reply: BatchReply, num_left: int) -> None:
    """Why a batch leaves requests unanswered. Raises TeacherError or RunError where someone has to look at it first."""
    if reply.status == "failed":
        raise TeacherError(f"The batch {reply.id} failed: {reply.words}. What it had answered is stored.")
    if reply.status == "cancelled":
        raise RunError(
            f"The batch {reply.id} was cancelled at the provider; what it had answered is stored. To have the other "
            f"{num_left:,} drawn, run the same command again."
        )
    say(f"The batch {reply.id} has {reply.status} and left {num_left:,} requests unanswered; they are asked again.")


def asked_with(teacher: TeacherSection, settings: GenerateSection) -> str:
    """The digest of what shapes an answer: all settings but how many are drawn."""
    shaping = {name: value for name, value in settings.digested().items() if name != "policy"}
    return digest(teacher.digested(), shaping)


def close_stored_batches(run: RunFolder) -> None:
    """Let go of the batches of which all is stored, and of their files: an attempt ended right before it did."""
    notes = BatchNotes(run.path)
    under_way = notes.under_way()
    known = run.samples.keys() if under_way else Keys()
    for note in under_way:
        if all(line.key in known for line in note.lines):
            notes.close(note, "gathered")
    notes.forget_unsent()


def _refuse_open_batches(run: RunFolder) -> None:
    under_way = BatchNotes(run.path).under_way()
    if not under_way:
        return
    known = run.samples.keys()
    num_missing = sum(line.key not in known for note in under_way for line in note.lines)
    if num_missing:
        raise RunError(
            f"{num_missing:,} samples are under way in a batch at {under_way[0].url}, and would be paid for twice. Add "
            f"--batch to gather them, or remove {BatchNotes(run.path).folder} to give them up."
        )
