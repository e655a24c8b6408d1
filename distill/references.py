"""What an answer is checked against: the reference of a prompt, of one kind for each verifier.

A record is frozen, refuses unknown fields, and carries no behaviour beyond what can be derived from it.
"""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PositiveFloat, PositiveInt, model_validator

Domain = Literal["math", "code", "stem", "logic", "general"]
VerifierName = Literal["math_answer", "choice", "unit_tests", "constraints", "scorer", "judge"]
ScorerPackage = Literal["reasoning-gym"]


class Record(BaseModel):
    """A value: equal to another with the same fields, never changed after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(Record):
    r"""A short reference answer: a number, an expression, a few words. `Answer(value="\frac{1}{2}")`."""

    value: str


class Choice(Record):
    """Multiple choice: `Choice(answer="B", choices=("Mars", "Venus"))`.

    `answer` may be letters (`"B"`, `"A,C"`), a zero-based index, or the text of an option.
    """

    answer: str
    choices: Annotated[tuple[str, ...], Field(min_length=2)]


class Constraints(Record):
    """Instruction-following checks, each an object `{"id": NAME, …arguments}`."""

    rules: Annotated[tuple[dict[str, JsonValue], ...], Field(min_length=1)]


class Scorer(Record):
    """A puzzle that a package made, whose answers its own function scores; `task` is its name for this kind."""

    package: ScorerPackage
    task: str
    entry: dict[str, JsonValue]


class StdinCase(Record):
    """A run of a program that reads and writes."""

    stdin: str
    stdout: str


class CallCase(Record):
    """A call of a function with positional arguments."""

    args: tuple[JsonValue, ...]
    expected: JsonValue


Dialect = Literal["leetcode", "codeforces", "atcoder", "humaneval", "plain"]
"""Whose rules a program was written for: its prelude, macros, packages, and rules of time and memory."""


class JudgeProgram(Record):
    """A special judge: a program that gets input, output and expected output, or one that talks to the program."""

    language: str
    code: str
    files: dict[str, str] | None = None
    """Texts that lie beside its source, by name: `testlib.h`, say."""
    interactive: bool | None = None
    """Its standard input and output are the program's output and input; it accepts by its exit status."""


class Tests(Record):
    """What all kinds of tests share."""

    language: str = "python"
    time_limit_s: PositiveFloat | None = None
    """Per test; None: the verifier's default."""
    memory_mb: PositiveInt | None = None
    checker: Literal["exact", "tokens", "float"] | JudgeProgram = "tokens"
    tolerance: PositiveFloat | None = None
    """For the `float` checker."""
    dialect: Dialect | None = None
    """The judge that the tests were written for; None: whatever any of them allows that cannot make a program right."""
    packages: tuple[str, ...] | None = None
    """Installed packages that programs may import besides the usual ones; None: only those."""

    @model_validator(mode="after")
    def _tolerance_needs_the_float_checker(self) -> Self:
        if self.tolerance is not None and self.checker != "float":
            raise ValueError("`tolerance` needs `checker: float`")
        return self


class StdinTests(Tests):
    """Programs that read standard input and write standard output."""

    cases: Annotated[tuple[StdinCase, ...], Field(min_length=1)]


class FunctionTests(Tests):
    """Calls of one function."""

    function: str
    cases: Annotated[tuple[CallCase, ...], Field(min_length=1)]


class AssertTests(Tests):
    """Assertions run after the program; with `entry_point`, `code` defines `check(candidate)` (HumanEval)."""

    code: str
    entry_point: str | None = None


UnitTests = StdinTests | FunctionTests | AssertTests
Reference = Answer | Choice | StdinTests | FunctionTests | AssertTests | Constraints | Scorer


_MECHANISMS: dict[type, tuple[VerifierName, Domain]] = {
    Answer: ("math_answer", "math"),
    Choice: ("choice", "stem"),
    **dict.fromkeys(get_args(UnitTests), ("unit_tests", "code")),
    Constraints: ("constraints", "general"),
    Scorer: ("scorer", "logic"),
}


def verifier_for(reference: Reference | None) -> VerifierName:
    """Name the mechanism that can check against this reference."""
    return _MECHANISMS[type(reference)][0] if reference else "judge"


def domain_for(reference: Reference | None) -> Domain:
    """The domain of a row that states none."""
    return _MECHANISMS[type(reference)][1] if reference else "general"
