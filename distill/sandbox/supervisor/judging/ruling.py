"""What a judge said of an output: read from the value of its function, what it printed, or its exit status."""

import ast
import json
import re
from enum import Enum
from typing import NamedTuple

from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.supervisor.failure import Failure, why_ended

_YES = frozenset("true yes y ok ac accept accepted correct right pass passed success valid".split())
_NO = frozenset(
    "false no n not wa wrong reject rejected fail failed failure incorrect invalid error pe bad partial".split()
)
_KEYS = frozenset(
    "ok pass passed accept accepted correct is_correct valid success result verdict outcome status score".split()
)
"""Of objects that judges return or print; all that can be read have to agree on yes."""
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{0,20})?")
_CRASH = re.compile(rb"Traceback \(most recent call last\)|Exception in thread|panicked at|goroutine \d+ \[|\n    at ")
_MAX_READ = 10_000
_TESTLIB_FAIL = 3
_KATTIS_YES, _KATTIS_NO = 42, 43


class Said(Enum):
    """What a judge may say, or do instead of saying it."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    CRASHED = "crashed"
    TOO_SLOW = "too slow"
    BROKEN = "broken"
    """It says itself that it, or its test, is."""
    LOST = "lost"
    """The sandbox broke."""


class Ruling(NamedTuple):
    """What it said, and in which words."""

    said: Said
    comment: str = ""
    is_by_status: bool = False
    """It said so by its exit status alone."""


class EndingRules(NamedTuple):
    """What the end of a judge means."""

    raises: bool = False
    """An exception that it raises itself refuses."""
    is_testlib: bool = False
    """Status 3 says that it, or its test, is broken."""
    is_kattis: bool = False
    """Status 42 accepts, 43 refuses, and any other says that it is broken."""


def read_value(value: object) -> Said:
    """A boolean, a number (1 accepts, all less refuses), a word, what begins so, or an object of such."""
    while isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, bool):
        return Said.YES if value else Said.NO
    if isinstance(value, (int, float)):
        return Said.YES if value == 1 else Said.NO if value < 1 else Said.UNCLEAR
    if isinstance(value, dict):
        read = {read_value(item) for key, item in value.items() if str(key).lower() in _KEYS} - {Said.UNCLEAR}
        return Said.NO if Said.NO in read else Said.YES if read else Said.UNCLEAR
    return _read_words(value) if isinstance(value, str) else Said.UNCLEAR


def _read_words(text: str) -> Said:
    """A number, a word that refuses before anything else, or a word that accepts and nothing else."""
    words = re.findall(r"[+-]?[\w.]+", text[:_MAX_READ].lower())
    if not words:
        return Said.UNCLEAR
    if _NUMBER.fullmatch(words[0]):
        said = read_value(float(words[0]))
        return said if said is Said.NO or len(words) == 1 else Said.UNCLEAR
    if words[0].strip(".") in _NO:
        return Said.NO
    return Said.YES if len(words) == 1 and words[0].strip(".") in _YES else Said.UNCLEAR


def read_printed(text: str) -> Said:
    """What a program printed: an object or a value in JSON, else its first and its last line."""
    text = text.strip()
    if text[:1] in {"{", "["} and len(text) <= _MAX_READ:
        return read_value(_literal(text))
    lines = text.split("\n")
    read = {_read_line(lines[0]), _read_line(lines[-1])} - {Said.UNCLEAR}
    return Said.NO if Said.NO in read else Said.YES if read else Said.UNCLEAR


def _read_line(line: str) -> Said:
    line = line.strip()
    return read_value(_literal(line)) if line[:1] in {"{", "["} and len(line) <= _MAX_READ else _read_words(line)


def _literal(text: str) -> object:
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue  # text of another kind; what cannot be read says nothing
    return None


def read_ending(run: Run, limits: Limits, rules: EndingRules) -> Ruling | None:
    """What the end of a judge's run says; None where it ended with status 0, and what it printed counts.

    An exception that it raises itself, or an assertion, refuses. Any other is a crash.
    """
    failure = why_ended(run, limits)
    if failure is not None and failure.is_ours:
        return Ruling(Said.LOST, failure.reason)
    if run.ending is Ending.TIME:
        return Ruling(Said.TOO_SLOW, failure.reason if failure else "")
    if rules.is_kattis:
        return _read_kattis(run, failure)
    if failure is None:
        return None
    if run.ending is Ending.MEMORY or run.status <= 0:
        return Ruling(Said.CRASHED, failure.reason)
    if run.status == _TESTLIB_FAIL and rules.is_testlib:
        return Ruling(Said.BROKEN, failure.reason)
    refuses = rules.raises or "AssertionError" in failure.reason or not _CRASH.search(run.stderr)
    reason = failure.reason.removeprefix("runtime error: ")
    return Ruling(Said.NO if refuses else Said.CRASHED, reason, is_by_status=refuses)


def _read_kattis(run: Run, failure: Failure | None) -> Ruling:
    if failure is None:
        return Ruling(Said.BROKEN, "exit status 0, where 42 accepts and 43 refuses")
    is_told = run.ending is Ending.EXITED and run.status in {_KATTIS_YES, _KATTIS_NO}
    if not is_told:
        return Ruling(Said.CRASHED, failure.reason)
    said = Said.YES if run.status == _KATTIS_YES else Said.NO
    return Ruling(said, failure.reason.removeprefix("runtime error: "))


def means_the_same(printed: str, accepted: str) -> bool:
    """Whether what a judge printed accepts, since what it printed when it accepted was so: `OK 3 numbers`, `100`."""
    return printed == accepted or (_opening(printed) == _opening(accepted) and _opening(printed) in _YES)


def _opening(text: str) -> str:
    return next(iter(re.findall(r"\w+", text[:_MAX_READ].lower())), "")
