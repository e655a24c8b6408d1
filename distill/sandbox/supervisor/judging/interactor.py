"""An interactor: the judge of an interactive problem, made ready to talk."""

import json
from collections.abc import Callable
from typing import NamedTuple

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.limits import Limits, Run
from distill.sandbox.supervisor.compiled import Built, Toolchain
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.supervisor.judging.judge import KATTIS, built_judge, rules_of, source_of
from distill.sandbox.supervisor.judging.order import FILES
from distill.sandbox.supervisor.judging.ruling import EndingRules, Ruling, Said, read_ending
from distill.sandbox.supervisor.judging.source import JudgeSource
from distill.sandbox.supervisor.judging.wrapper import as_interactor
from distill.sandbox.task import SpecialJudge


class Player(NamedTuple):
    """One of the two that talk: what it runs, and where."""

    cell: Cell
    work: CellWork


class PythonInteractor(NamedTuple):
    """An interactor in Python."""

    judge: SpecialJudge
    source: JudgeSource
    cell: Cell
    rules: EndingRules

    def player(self, stdin: bytes, expected: bytes, limits: Limits) -> Player:
        """It, with the files of a test."""
        readable = {name: text.decode("utf-8", "surrogateescape") for name, text in _files(stdin, expected).items()}
        arguments = KATTIS if self.rules.is_kattis else self.source.order
        asked = json.dumps([readable, arguments, self.judge.code, None, self.judge.files or {}, None])
        return Player(self.cell, CellWork("script", as_interactor(asked), limits))

    def ruling(self, run: Run, limits: Limits) -> Ruling:
        """What its end says of the program."""
        return read_ending(run, limits, self.rules) or Ruling(Said.YES)


class CompiledInteractor(NamedTuple):
    """An interactor in another language."""

    judge: SpecialJudge
    toolchain: Toolchain
    built: Built
    rules: EndingRules

    def player(self, stdin: bytes, expected: bytes, limits: Limits) -> Player:
        """It, with the files of a test."""
        arguments = KATTIS if self.rules.is_kattis else FILES
        work = self.toolchain.work(self.judge.code, self.built, b"", limits, _files(stdin, expected), arguments)
        return Player(self.toolchain.cell, work)

    def ruling(self, run: Run, limits: Limits) -> Ruling:
        """What its end says of the program."""
        return read_ending(run, limits, self.rules) or Ruling(Said.YES)


Interactor = PythonInteractor | CompiledInteractor


def open_interactor(
    judge: SpecialJudge, cell: Callable[[str], Cell], toolchain: Callable[[str], Toolchain | None]
) -> Interactor | Failure:
    """Make one ready, in a cell that is not the program's; a failure of ours where it cannot be run."""
    if judge.language == "python":
        source = source_of(judge)
        if isinstance(source, Failure):
            return source
        return PythonInteractor(judge, source, cell(judge.code), rules_of(judge, source.raises))
    built = built_judge(judge, toolchain(judge.language))
    return built if isinstance(built, Failure) else CompiledInteractor(judge, *built, rules_of(judge))


def _files(stdin: bytes, expected: bytes) -> dict[str, bytes]:
    return dict(zip(FILES, (stdin, b"", expected), strict=True))
