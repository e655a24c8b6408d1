"""Killable workers, and the supervisor that hands out their work and replaces them.

Requests go out in small batches and are answered one by one, in order. So the oldest unanswered request of a worker is
the one it works on: only that one is charged when the worker dies, and the others are handed out again.

The limit of a decision is CPU time of its worker, which ends of it by itself (`worker.py`): how loaded the machine is
changes no verdict. Wall time only guards against a worker that neither computes nor answers.
"""

import asyncio
import json
import math
import socket
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from distill.errors import DistillError
from distill.records import Outcome
from distill.verifiers.math_answer.decide import MathDecision
from distill.verifiers.math_answer.extracting.extract import Extraction
from distill.verifiers.math_answer.workers.worker import OVER_LIMIT, RETIRE
from distill.verifiers.math_answer.workers.zygote import WorkerLimits
from distill.verifiers.math_answer.workers.zygote_handle import ZygoteHandle

MEMORY_BYTES = 2**30
"""Bytes of address space for each worker."""
_PATIENCE = 10
"""Wall seconds that a worker may take for each second of its limit."""
_BATCH = 32
_REFILL = 8
"""A worker with fewer requests than this gets more, so that it never waits."""
_MAX_ATTEMPTS = 3
"""Workers that may die on one request before it is given up, since one may die for another reason; also starts."""
_TRY_IT = "python -P -c 'import distill.verifiers.math_answer.workers.symbolic'"


class TimedDecision(NamedTuple):
    """A decision and the seconds of CPU time spent on it alone."""

    decision: MathDecision
    seconds: float


@dataclass(slots=True, eq=False)
class _PendingDecision:
    line: bytes
    done: asyncio.Future[TimedDecision]
    num_attempts: int = 0


@dataclass(slots=True, eq=False)
class _WorkerConnection(asyncio.Protocol):
    """One worker's connection and what it has been given."""

    supervisor: "Supervisor"
    source: ZygoteHandle
    """What it was forked from."""
    pid: int
    given: deque[_PendingDecision] = field(default_factory=deque)
    since: float = 0.0
    """When it began the oldest of these, in the loop's time."""
    is_retiring: bool = False
    is_late: bool = False
    """Whether the supervisor killed it, and has settled its oldest request."""
    buffer: bytes = b""
    transport: asyncio.WriteTransport | None = None
    timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready for requests."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers, one a line, in the order of the requests."""
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        self.since = self.supervisor.loop.time()
        for line in lines:
            number, outcome, reason, seconds = orjson.loads(line)
            if number == RETIRE:
                self.is_retiring = True
                continue
            request = self.given.popleft()
            if not request.done.done():
                request.done.set_result(TimedDecision(MathDecision(Outcome(outcome), reason), seconds))
        self.supervisor.feed(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The worker is gone: another takes its place."""
        self.supervisor.replace(self)


class Supervisor:
    """Owns a fixed number of workers and what they are asked; call it from one event loop.

    A decision is given up after `time_limit_s` of CPU time.
    """

    def __init__(self, num_workers: int, time_limit_s: float) -> None:
        self.loop = asyncio.get_running_loop()
        self._num_workers = num_workers
        self._limits = WorkerLimits(MEMORY_BYTES, time_limit_s)
        self._wall_limit_s = _PATIENCE * time_limit_s
        self._queue: deque[_PendingDecision] = deque()
        self._workers: set[_WorkerConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._zygote: ZygoteHandle | None = None
        self._starting = asyncio.Lock()
        self._failure: DistillError | None = None
        for _ in range(num_workers):
            self._do(self._start())

    async def decide(self, reference: str, found: Extraction, convention: str) -> TimedDecision:
        """The decision on one extracted answer; an abstain where it took too long or killed its workers.

        Raises DistillError where this machine starts no workers.
        """
        if self._failure is not None:
            raise self._failure
        line = _line([0, reference, found.text, found.rule, found.run, convention])
        request = _PendingDecision(line, self.loop.create_future())
        self._queue.append(request)
        if len(self._queue) == 1:
            self.loop.call_soon(self._feed_all)
        return await request.done

    def _feed_all(self) -> None:
        for worker in sorted(self._workers, key=lambda w: len(w.given)):
            self.feed(worker)

    def feed(self, worker: _WorkerConnection) -> None:
        """Hand out requests to a worker that runs low; end it where it asked to retire."""
        if worker.is_retiring:
            if not worker.given and worker.transport is not None:
                worker.transport.close()
            return
        if not self._queue or len(worker.given) >= _REFILL or worker.transport is None:
            return
        count = min(_BATCH, math.ceil(len(self._queue) / self._num_workers))
        batch = [self._queue.popleft() for _ in range(count)]
        if not worker.given:
            worker.since = self.loop.time()
        worker.given.extend(batch)
        worker.transport.write(b"".join(request.line for request in batch))
        if worker.timer is None:
            worker.timer = self.loop.call_later(self._wall_limit_s, self._check, worker)

    def _check(self, worker: _WorkerConnection) -> None:
        """Kill a worker that does not answer; look again later otherwise."""
        worker.timer = None
        if not worker.given or worker not in self._workers:
            return
        left_s = worker.since + self._wall_limit_s - self.loop.time()
        if left_s > 0:
            worker.timer = self.loop.call_later(left_s, self._check, worker)
            return
        culprit = worker.given.popleft()
        _settle(culprit, f"no answer of the checker within {self._wall_limit_s:g} s")
        worker.is_late = True
        assert worker.transport is not None
        worker.transport.abort()

    def replace(self, worker: _WorkerConnection) -> None:
        """A worker is gone: hand its requests to others, charge what it died on, start another."""
        if worker not in self._workers:
            return
        self._workers.discard(worker)
        if worker.timer is not None:
            worker.timer.cancel()
        suspect = worker.given.popleft() if worker.given and not worker.is_late else None
        self._queue.extendleft(reversed(worker.given))
        worker.given.clear()
        self.loop.call_soon(self._feed_all)
        self._do(self._replace(worker, suspect))

    async def _replace(self, worker: _WorkerConnection, suspect: _PendingDecision | None) -> None:
        status = None
        try:
            status = await worker.source.end(worker.pid)
        finally:
            if suspect is not None:
                self._charge(suspect, status)
        await self._start()

    def _charge(self, suspect: _PendingDecision, status: int | None) -> None:
        """Settle what a worker died on, or let another try where it may have died of something else."""
        suspect.num_attempts += 1
        if status == -OVER_LIMIT:
            limit_s = self._limits.time_limit_s
            _settle(suspect, f"undecided within {limit_s:g} s of CPU time", limit_s)
        elif suspect.num_attempts < _MAX_ATTEMPTS:
            self._queue.append(suspect)
        else:
            _settle(suspect, "the checker died on it")

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self) -> None:
        """Start a worker, from another zygote where that fails; after some attempts the verification fails."""
        said = ""
        async with self._starting:
            for _ in range(_MAX_ATTEMPTS):
                try:
                    if self._zygote is None:
                        self._zygote = ZygoteHandle.start(self._limits)
                    if await self._connect(self._zygote):
                        self._feed_all()
                        return
                    gone, self._zygote = self._zygote, None
                    said = await asyncio.to_thread(gone.close)
                except OSError as error:
                    said = str(error)
        self._fail(said)

    async def _connect(self, source: ZygoteHandle) -> bool:
        """Whether the zygote forked a worker, which then takes requests."""
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            with theirs:
                pid = await source.fork(theirs)
            if pid is not None:
                worker = _WorkerConnection(self, source, pid)
                self._workers.add(worker)
                await self.loop.create_unix_connection(lambda: worker, sock=ours)
        except asyncio.CancelledError:
            ours.close()
            raise
        if pid is None:
            ours.close()
        return pid is not None

    def _fail(self, said: str) -> None:
        """No worker can be started: that is no fact about any answer, and ends the command."""
        self._failure = DistillError(
            f"The processes that compare mathematical answers cannot be started ({said}). "
            f"Put that right and start again; `{_TRY_IT}` shows all of it."
        )
        while self._queue:
            request = self._queue.popleft()
            if not request.done.done():
                request.done.set_exception(self._failure)

    async def close(self) -> None:
        """End all processes; what still waits is undecided."""
        while self._tasks:  # a worker whose connection is cancelled is lost, and has another started
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in tuple(self._workers):
            if worker.transport is not None:
                worker.transport.abort()
            self._queue.extend(worker.given)
        self._workers.clear()
        while self._queue:
            _settle(self._queue.popleft(), "the run was closed")
        if self._zygote is not None:
            await asyncio.to_thread(self._zygote.close)
            self._zygote = None
        await asyncio.sleep(0)


def _line(fields: list[object]) -> bytes:
    """One request; lone surrogates, which no encoding has, become question marks."""
    try:
        return orjson.dumps(fields) + b"\n"
    except TypeError:
        text = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
        return text + b"\n"


def _settle(request: _PendingDecision, reason: str, seconds: float = 0.0) -> None:
    if not request.done.done():
        request.done.set_result(TimedDecision(MathDecision(Outcome.ABSTAIN, reason), seconds))
