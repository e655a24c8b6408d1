"""Ask a judge: in Python inside a cell of the interpreter, in any other language by its toolchain."""

import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.limits import Limits
from distill.sandbox.supervisor.compiled import Built, Toolchain
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.supervisor.judging.order import order_in_text
from distill.sandbox.supervisor.judging.ruling import EndingRules, Ruling, Said, read_ending, read_printed, read_value
from distill.sandbox.supervisor.judging.source import JudgeSource, read_source
from distill.sandbox.supervisor.judging.wrapper import AS_FUNCTION, AS_PROGRAM
from distill.sandbox.task import SpecialJudge

LIMITS = Limits(10.0, 1024, output_mb=256, scratch_mb=1024)
TESTLIB = "testlib.h"
KATTIS = ("input", "expected", "./")
"""The arguments of a judge of Kattis, DOMjudge and the ICPC: the last is a folder for its words."""
_KATTIS = re.compile(r"\b(?:42|43)\b")


class JudgedTexts(NamedTuple):
    """What a judge gets to see."""

    input: bytes
    output: bytes
    expected: bytes


class ReadyJudge(Protocol):
    """A judge that is ready to be asked."""

    def ask(self, texts: JudgedTexts) -> Ruling:
        """What it says of an output."""
        ...


class PythonJudge(NamedTuple):
    """A judge in Python."""

    judge: SpecialJudge
    source: JudgeSource
    cell: Cell
    rules: EndingRules

    def ask(self, texts: JudgedTexts) -> Ruling:
        """See `ReadyJudge`."""
        readable = {name: text.decode("utf-8", "surrogateescape") for name, text in texts._asdict().items()}
        arguments = KATTIS if self.rules.is_kattis else self.source.order
        given = "output" if self.rules.is_kattis else self.source.are_paths
        asked = [readable, arguments, self.judge.code, self.source.function, self.judge.files or {}, given]
        program = AS_FUNCTION if self.source.function else AS_PROGRAM
        run = self.cell.run_surely(CellWork("script", program, LIMITS, [json.dumps(asked).encode()]))
        ended = read_ending(run, LIMITS, self.rules)
        return ended or self._read(run.stdout.decode(errors="replace"))

    def _read(self, printed: str) -> Ruling:
        if self.source.function is None:
            return _of_program(printed)
        try:
            value = json.loads(printed)
        except (ValueError, RecursionError):
            return Ruling(Said.UNCLEAR, "its function did not return")
        if value is None and self.source.is_none_yes is not None:
            return Ruling(Said.YES if self.source.is_none_yes else Said.NO)
        return Ruling(read_value(value), f"it returned {printed}")


class CompiledJudge(NamedTuple):
    """A judge in another language."""

    judge: SpecialJudge
    toolchain: Toolchain
    built: Built
    rules: EndingRules
    arguments: Sequence[str]

    def ask(self, texts: JudgedTexts) -> Ruling:
        """See `ReadyJudge`."""
        readable = {name: text.decode(errors="replace") for name, text in texts._asdict().items()}
        stdin = texts.output if self.rules.is_kattis else json.dumps(readable).encode()
        files = texts._asdict()
        work = self.toolchain.work(self.judge.code, self.built, stdin, LIMITS, files, self.arguments)
        run = self.toolchain.cell.run_surely(work)
        ended = read_ending(run, LIMITS, self.rules)
        return ended or _of_program(run.stdout.decode(errors="replace"))


def open_judge(
    judge: SpecialJudge, cell: Callable[[str], Cell], toolchain: Callable[[str], Toolchain | None]
) -> ReadyJudge | Failure:
    """Make a judge ready; a failure of ours where it cannot be run."""
    if judge.language == "python":
        source = source_of(judge)
        if isinstance(source, Failure):
            return source
        return PythonJudge(judge, source, cell(judge.code), rules_of(judge, source.raises))
    built = built_judge(judge, toolchain(judge.language))
    if isinstance(built, Failure):
        return built
    rules = rules_of(judge)
    arguments = KATTIS if rules.is_kattis else order_in_text(judge.code, judge.language)
    return CompiledJudge(judge, *built, rules, arguments)


def rules_of(judge: SpecialJudge, raises: bool = False) -> EndingRules:
    """What its end means: as at Kattis where both exit statuses stand in its source, or in the files that it brings."""
    statuses = {found for text in (judge.code, *(judge.files or {}).values()) for found in _KATTIS.findall(text)}
    return EndingRules(raises, TESTLIB in judge.code, is_kattis=len(statuses) > 1)


def source_of(judge: SpecialJudge) -> JudgeSource | Failure:
    """What a judge in Python says of itself; a failure of ours where it is none."""
    try:
        return read_source(judge.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Failure(f"the checker is no Python program: {error}", is_ours=True)


def built_judge(judge: SpecialJudge, tools: Toolchain | None) -> tuple[Toolchain, Built] | Failure:
    """Compile one; a failure of ours where that cannot be done."""
    if tools is None:
        return Failure(f"no toolchain for a checker in {judge.language} on this machine", is_ours=True)
    built = tools.build(judge.code, judge.files)
    return (tools, built) if built.failure is None else _why_no_judge(built.failure)


def _why_no_judge(failure: Failure) -> Failure:
    """Why a judge cannot be compiled."""
    if f"{TESTLIB}: No such file" in failure.reason:
        return Failure(f"the checker needs {TESTLIB}, which is not there: put it into its `files`", is_ours=True)
    return Failure(f"the checker is broken: {failure.reason}", is_ours=True)


def _of_program(printed: str) -> Ruling:
    """Status 0 accepts, unless what was printed says otherwise."""
    said = read_printed(printed)
    return Ruling(Said.YES if said is Said.UNCLEAR else said, printed.strip()[:200], said is Said.UNCLEAR)
