"""A worker: it reads requests, decides, and answers each at once, so that only one request can be lost with it.

Each decision has a limit of CPU time, which load does not shorten as it does wall time. The kernel holds it: at the
limit it sends SIGPROF, which ends the process wherever it is, be it within a library's C code.
"""

import gc
import resource
import signal
import socket
import sys
import time
from functools import lru_cache

import orjson

from distill.records import Outcome
from distill.verifiers.math_answer.convention import STRICT, Convention
from distill.verifiers.math_answer.decide import MathDecision, decide, read_reference
from distill.verifiers.math_answer.extracting.extract import Extraction

_MAX_SYMBOLIC = 1_000
"""Decisions by sympy after which a worker asks to be replaced: sympy's caches grow."""
_MAX_RESIDENT = 500 * 2**20
"""Resident bytes at which it does, if sympy was asked at all."""
_COLLECTED_EVERY = 500
"""Decisions between two garbage collections, which run between decisions so that none is charged for them."""
_MAX_FRAMES = 20_000
"""Deep formulas recurse; Python frames need no C stack."""
RETIRE = -1
"""Sent in place of an answer: the worker asks to be replaced."""


OVER_LIMIT = signal.SIGPROF
"""What a worker dies of when a decision takes more CPU time than it may."""


def serve(connection: socket.socket, time_limit_s: float) -> None:
    """Answer requests, one JSON array a line, until the other side closes.

    The process ends of `OVER_LIMIT` when one takes more than `time_limit_s` of its CPU time.
    """
    sys.setrecursionlimit(_MAX_FRAMES)
    _let_die(OVER_LIMIT)
    gc.disable()
    buffer, num_symbolic, num_uncollected = b"", 0, 0
    while data := connection.recv(1 << 16):
        *lines, buffer = (buffer + data).split(b"\n")
        for line in lines:
            number, reference, text, rule, run, convention = orjson.loads(line)
            found = Extraction(text, rule, tuple(run))
            started_s = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, time_limit_s)
            decision, is_symbolic = answer(reference, found, _convention(convention))
            signal.setitimer(signal.ITIMER_PROF, 0)
            seconds = time.process_time() - started_s
            num_symbolic += is_symbolic
            connection.sendall(orjson.dumps([number, decision.outcome, decision.reason, seconds]) + b"\n")
        num_uncollected += len(lines)
        if num_uncollected >= _COLLECTED_EVERY:
            num_uncollected = 0
            gc.collect()
        if num_symbolic and (num_symbolic >= _MAX_SYMBOLIC or _resident_bytes() > _MAX_RESIDENT):
            connection.sendall(orjson.dumps([RETIRE, None, "", 0.0]) + b"\n")


def _let_die(number: signal.Signals) -> None:
    """Undo whatever keeps a signal from ending this process, which it has from whoever started the run."""
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})


@lru_cache
def _convention(text: str) -> Convention:
    return Convention.model_validate_json(text) if text else STRICT


def _resident_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def answer(reference: str, found: Extraction, convention: Convention) -> tuple[MathDecision, bool]:
    """The decision by all tiers, and whether sympy was asked."""
    try:
        decision = decide(reference, found, convention)
        if decision.outcome is not None:
            return decision, False
        return _symbolically(reference, found, decision), True
    except MemoryError:
        return MathDecision(Outcome.ABSTAIN, "out of memory"), True


def _symbolically(reference: str, found: Extraction, open_decision: MathDecision) -> MathDecision:
    from distill.verifiers.math_answer.workers import symbolic

    try:
        wanted = read_reference(reference)
        verdict = symbolic.same_by_sympy(wanted.text, found.text)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        NotImplementedError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        return MathDecision(Outcome.ABSTAIN, f"undecided: {type(error).__name__} in sympy")
    if verdict is None:
        return MathDecision(Outcome.ABSTAIN, open_decision.reason)
    return MathDecision(*((Outcome.PASS, "equal by sympy") if verdict else (Outcome.FAIL, "not equal by sympy")))
