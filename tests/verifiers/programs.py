"""Prompts with tests, and what is left of a run, for the tests of `unit_tests`."""

import os
from pathlib import Path

from distill.records import Message, Prompt
from distill.references import AssertTests, CallCase, FunctionTests, Reference, StdinCase, StdinTests

DATA = Path(__file__).parents[1] / "data"
SUM = "n = int(input()); a = list(map(int, input().split())); print(sum(a) + n)"


def prompt(tests: Reference) -> Prompt:
    return Prompt(id="p", messages=(Message(role="user", content="Write it."),), domain="code", reference=tests)


def on_inputs(*cases: tuple[str, str], **settings: object) -> Prompt:
    rows = tuple(StdinCase(stdin=stdin, stdout=stdout) for stdin, stdout in cases)
    return prompt(StdinTests(cases=rows, **settings))


def on_calls(function: str, *cases: tuple[list[object], object], **settings: object) -> Prompt:
    rows = tuple(CallCase(args=arguments, expected=expected) for arguments, expected in cases)
    return prompt(FunctionTests(function=function, cases=rows, **settings))


def on_assertions(code: str, entry_point: str | None = None, **settings: object) -> Prompt:
    return prompt(AssertTests(code=code, entry_point=entry_point, **settings))


def sections(name: str) -> list[tuple[str, str, str]]:
    """Programs of a data file: (name, outcome, source); `ANSWER` stands for a right program."""
    found = []
    for part in (DATA / name).read_text().split("### ")[1:]:
        head, _, source = part.partition("\n")
        title, _, outcome = head.partition(": ")
        found.append((title, outcome, source.replace("ANSWER", SUM)))
    return found


def descendants() -> set[int]:
    """Every process that we started, or that one of those started, and that still is there.

    Python's own resource tracker is none of them: it belongs to all tests that ever started a process pool.
    """
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"multiprocessing.resource_tracker" not in (folder / "cmdline").read_bytes():
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found - {os.getpid()}
        found |= more


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
