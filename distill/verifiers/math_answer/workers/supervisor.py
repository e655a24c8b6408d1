"""Killable workers, and the supervisor that owns their deadlines.

Requests go out in small batches and are answered one by one, in order. So the oldest unanswered request of a worker is
the one it works on: only that one is charged when the worker is killed or dies, and the others are handed out again.
"""

import asyncio
import json
import math
import socket
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from distill.records import Outcome
from distill.verifiers.math_answer.decide import MathDecision
from distill.verifiers.math_answer.extracting.extract import Extraction
from distill.verifiers.math_answer.workers.worker import RETIRE
from distill.verifiers.math_answer.workers.zygote_handle import ZygoteHandle

_BATCH = 32
_REFILL = 8
"""A worker with fewer requests than this gets more, so that it never waits."""
_MAX_ATTEMPTS = 3
"""Workers that may die on one request before it is given up, since one may die for another reason; also starts."""


class TimedDecision(NamedTuple):
    """A decision and the seconds spent on it alone."""

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
    pid: int
    given: deque[_PendingDecision] = field(default_factory=deque)
    since: float = 0.0
    """When it began the oldest of these."""
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
    """Owns a fixed number of workers and what they are asked; call it from one event loop."""

    def __init__(self, num_workers: int, time_limit_s: float) -> None:
        self.loop = asyncio.get_running_loop()
        self._num_workers = num_workers
        self._time_limit_s = time_limit_s
        self._queue: deque[_PendingDecision] = deque()
        self._workers: set[_WorkerConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._zygote: ZygoteHandle | None = None
        self._starting = asyncio.Lock()
        self._is_closed = False
        for _ in range(num_workers):
            self._start_one()

    async def decide(self, reference: str, found: Extraction, convention: str) -> TimedDecision:
        """The decision on one extracted answer; an abstain where it took too long or killed its workers."""
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
            worker.timer = self.loop.call_later(self._time_limit_s, self._check, worker)

    def _check(self, worker: _WorkerConnection) -> None:
        """Kill a worker that is past its deadline; look again later otherwise."""
        worker.timer = None
        if not worker.given or worker not in self._workers:
            return
        left_s = worker.since + self._time_limit_s - self.loop.time()
        if left_s > 0:
            worker.timer = self.loop.call_later(left_s, self._check, worker)
            return
        culprit = worker.given.popleft()
        if not culprit.done.done():
            reason = f"undecided within {self._time_limit_s:g} s"
            culprit.done.set_result(TimedDecision(MathDecision(Outcome.ABSTAIN, reason), self._time_limit_s))
        worker.is_late = True
        assert worker.transport is not None
        worker.transport.abort()

    def replace(self, worker: _WorkerConnection) -> None:
        """A worker is gone: hand its requests to others, charge what it died on twice, start another."""
        if worker not in self._workers:
            return
        self._workers.discard(worker)
        if worker.timer is not None:
            worker.timer.cancel()
        if self._zygote is not None:
            self._zygote.kill(worker.pid)
        suspect = worker.given.popleft() if worker.given and not worker.is_late else None
        self._queue.extendleft(reversed(worker.given))
        worker.given.clear()
        if suspect is not None:
            suspect.num_attempts += 1
            if suspect.num_attempts < _MAX_ATTEMPTS:
                self._queue.append(suspect)
            else:
                _settle(suspect, "the checker died on it")
        if not self._is_closed:
            self._start_one()
            self.loop.call_soon(self._feed_all)

    def _start_one(self) -> None:
        task = self.loop.create_task(self._start())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self) -> None:
        async with self._starting:
            for _ in range(_MAX_ATTEMPTS):
                if self._zygote is None:
                    self._zygote = ZygoteHandle.start()
                if await self._connect(self._zygote):
                    return
                await asyncio.to_thread(self._zygote.close)
                self._zygote = None
            self._give_up()

    async def _connect(self, source: ZygoteHandle) -> bool:
        """Whether the zygote forked a worker, which then takes requests."""
        ours, theirs = socket.socketpair()
        try:
            ours.setblocking(False)
            with theirs:
                pid = await source.fork(theirs)
            if pid is not None:
                worker = _WorkerConnection(self, pid)
                self._workers.add(worker)
                await self.loop.create_unix_connection(lambda: worker, sock=ours)
                self.feed(worker)
        except asyncio.CancelledError:
            ours.close()
            raise
        if pid is None:
            ours.close()
        return pid is not None

    def _give_up(self) -> None:
        """No worker can be started: nothing that waits will ever be decided."""
        if not self._workers:
            while self._queue:
                _settle(self._queue.popleft(), "no checker process could be started")

    async def close(self) -> None:
        """End all processes; what still waits is undecided."""
        self._is_closed = True
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


def _settle(request: _PendingDecision, reason: str) -> None:
    if not request.done.done():
        request.done.set_result(TimedDecision(MathDecision(Outcome.ABSTAIN, reason), 0.0))
