"""What the host asks a worker to decide, and what it answers: plain data, since both cross a socket."""

import json
from typing import Literal, NamedTuple

from distill.sandbox.limits import MIB, Limits
from distill.sandbox.plain import decode, encode

Outcome = Literal["pass", "fail", "abstain"]
Kind = Literal["stdin", "function", "assert", "score"]


class SpecialJudge(NamedTuple):
    """A special judge."""

    language: str
    code: str
    files: dict[str, str] | None = None
    """What lies beside its source, by name."""
    is_interactive: bool = False
    """It talks to the program, instead of reading its output."""


class Task(NamedTuple):
    """One program and its tests."""

    program: str
    language: str
    kind: Kind
    cases: list[list[object]]
    """`[stdin, stdout]` or `[arguments, expected]`; empty for assertions; `[stdin]` of a scoring program."""
    cpu_s: float
    """CPU time per test, the machine's slowness included."""
    memory_mb: int
    program_s: float
    """For all tests together."""
    function: str = ""
    code: str = ""
    entry_point: str | None = None
    checker: str = "tokens"
    judge: SpecialJudge | None = None
    tolerance: float | None = None
    all_tests: bool = False
    """Go on after the first failure, and count how many tests are passed."""
    dialect: str | None = None
    """As in a row of tests; None: the generous default."""
    packages: tuple[str, ...] = ()
    """Installed packages that the row names, besides the usual ones."""
    warm: tuple[str, ...] = ()
    """Modules that a scoring program imports, which take seconds: once a worker instead of in every run."""

    def limits(self) -> Limits:
        """The limits of one run of the program; output that is expected to be long may be so."""
        longest = max((len(str(case[1])) for case in self.cases), default=0) if self.kind == "stdin" else 0
        return Limits(self.cpu_s, self.memory_mb, output_mb=max(16, 2 * longest // MIB + 1))


SHOWN_TEST = 2000
"""Characters of each text of a shown test."""


class ShownTest(NamedTuple):
    """A test that was not passed, for people."""

    number: int
    input: str
    expected: str
    got: str


class TaskDecision(NamedTuple):
    """What a sandbox found."""

    outcome: Outcome
    reason: str
    num_passed: int | None = None
    """Of `num_tests`: before the first failure, or in all with `all_tests`. Both are None where nothing was counted."""
    num_tests: int | None = None
    failed_test: ShownTest | None = None
    """The first test that was not passed, clean and cut."""


def load_decision(fields: dict[str, object]) -> TaskDecision:
    """Read a decision that was sent as JSON of its fields."""
    shown = fields.pop("failed_test", None)
    assert shown is None or isinstance(shown, list)
    return TaskDecision(**fields, failed_test=ShownTest(*shown) if shown else None)  # type: ignore[arg-type]


def dump_task(task: Task) -> bytes:
    """Write a task."""
    return json.dumps(task._asdict() | {"cases": encode(task.cases)}).encode()


def load_task(data: bytes) -> Task:
    """Read what `dump_task` wrote."""
    fields = json.loads(data)
    fields["cases"], fields["warm"] = decode(fields["cases"]), tuple(fields["warm"])
    fields["packages"] = tuple(fields["packages"])
    judge = SpecialJudge(*fields.pop("judge")) if fields["judge"] else fields.pop("judge")
    return Task(**fields, judge=judge)
