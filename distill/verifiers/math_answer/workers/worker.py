"""A worker: it reads requests, decides, and answers each at once, so that only one request can be lost with it."""

import resource
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
_MAX_FRAMES = 20_000
"""Deep formulas recurse; Python frames need no C stack."""
RETIRE = -1
"""Sent in place of an answer: the worker asks to be replaced."""


def serve(connection: socket.socket) -> None:
    """Answer requests, one JSON array a line, until the other side closes."""
    sys.setrecursionlimit(_MAX_FRAMES)
    buffer, num_symbolic = b"", 0
    while data := connection.recv(1 << 16):
        *lines, buffer = (buffer + data).split(b"\n")
        for line in lines:
            number, reference, text, rule, run, convention = orjson.loads(line)
            started_s = time.perf_counter()
            decision, is_symbolic = answer(reference, Extraction(text, rule, tuple(run)), _convention(convention))
            num_symbolic += is_symbolic
            connection.sendall(
                orjson.dumps([number, decision.outcome, decision.reason, time.perf_counter() - started_s]) + b"\n"
            )
        if num_symbolic and (num_symbolic >= _MAX_SYMBOLIC or _resident_bytes() > _MAX_RESIDENT):
            connection.sendall(orjson.dumps([RETIRE, None, "", 0.0]) + b"\n")


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
        verdict = symbolic.same_by_sympy(wanted.text, found.text, is_reference_read=bool(wanted.trees))
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
    if verdict:
        return MathDecision(Outcome.PASS, "equal by sympy")
    return MathDecision(Outcome.FAIL, _unequal(open_decision.reason))


def _unequal(reason: str) -> str:
    return "not equal by sympy" if reason == "undecided" else reason
