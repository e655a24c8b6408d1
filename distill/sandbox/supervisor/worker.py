"""A worker process: the supervisor of its cells. It takes tasks from the host and gives decisions.

Expected outputs live here and in the host, on the outer side of every wall. It runs nothing that it is sent.
"""

import json
import socket
import struct
import sys
import time
from collections import OrderedDict
from functools import partial
from typing import NoReturn

from distill import linux
from distill.errors import SandboxError
from distill.sandbox import packages
from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.languages import language_named
from distill.sandbox.supervisor.compiled import Toolchain, try_compiled
from distill.sandbox.supervisor.examination import try_assertions
from distill.sandbox.supervisor.expected import compare_outputs
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.supervisor.functions import try_functions
from distill.sandbox.supervisor.interaction import try_interactive
from distill.sandbox.supervisor.judging.interactor import Player, open_interactor
from distill.sandbox.supervisor.scores import try_score
from distill.sandbox.supervisor.scripts import try_script
from distill.sandbox.supervisor.special_judge import Judges
from distill.sandbox.task import SpecialJudge, Task, TaskDecision, load_task

_LENGTH = struct.Struct("<Q")
_MAX_CELLS = 8
"""Cells that are kept; programs that import other packages need others."""
_REFERENCE_S = 0.02
"""CPU time of `_exercise` on the machine that time limits are meant for (an EPYC of 2.6 GHz, Python 3.11)."""


class TaskWorker:
    """Decides on one task at a time; its cells come up when they are first needed."""

    def __init__(self, folders: list[str]) -> None:
        """`folders`: where packages are installed, for programs that import more than the standard library."""
        self._folders = folders
        self._cells: OrderedDict[tuple[tuple[str, ...], str, tuple[str, ...]], Cell] = OrderedDict()
        self._toolchains: dict[tuple[str, str], Toolchain] = {}
        self._judges = Judges(self.cell_for, self._toolchain)

    def cell_for(
        self, program: str, use: str = "programs", named: tuple[str, ...] = (), *, is_warm: bool = False
    ) -> Cell:
        """The cell for a Python program, and a use, that shows the packages it mentions, and those `named`.

        Where it `is_warm`, those have been imported too.
        """
        key = (packages.wanted(program, named), use, named if is_warm else ())
        if key not in self._cells:
            if len(self._cells) >= _MAX_CELLS:
                self._cells.popitem(last=False)[1].remove()
            self._cells[key] = Cell(packages=packages.places(key[0], self._folders), warm=key[2])
        self._cells.move_to_end(key)
        return self._cells[key]

    def decide(self, task: Task) -> TaskDecision:
        """Try the task's program in the cell that it needs."""
        if task.kind == "score":
            return try_score(task, self.cell_for(task.program, "scoring", (*task.packages, *task.warm), is_warm=True))
        if task.judge is not None and task.judge.is_interactive:
            return self._converse(task, task.judge)
        judging = self._judges.compare(task, task.judge) if task.judge else compare_outputs(task)
        if task.language != "python":
            toolchain = self._toolchain(task.language)
            if task.kind != "stdin":
                return TaskDecision("abstain", f"{task.language} programs are only run on inputs")
            if toolchain is None:
                return TaskDecision("abstain", f"no toolchain for {task.language} on this machine")
            return try_compiled(task, toolchain, judging)
        seen = f"{task.code}\n{task.program}"  # what tests and program give each other may be of a package
        programs = self.cell_for(seen, named=task.packages)
        match task.kind:
            case "stdin":
                return try_script(task, programs, judging)
            case "function":
                return try_functions(task, programs, judging)
        return try_assertions(task, programs, lambda: self.cell_for(seen, "assertions", task.packages))

    def close(self) -> None:
        """End all cells."""
        for cell in self._cells.values():
            cell.remove()
        for toolchain in self._toolchains.values():
            toolchain.close()

    def _toolchain(self, name: str, use: str = "programs") -> Toolchain | None:
        language = language_named(name)
        if language is None or language.missing_tools():
            return None
        key = (language.name, use)
        if key not in self._toolchains:
            self._toolchains[key] = Toolchain(language)
        return self._toolchains[key]

    def _converse(self, task: Task, judge: SpecialJudge) -> TaskDecision:
        """Let the program talk to its interactor, which has a cell of its own."""
        player = self._player(task)
        if isinstance(player, Failure):
            return player.decision()
        use = "interactors"
        cell, toolchain = partial(self.cell_for, use=use), partial(self._toolchain, use=use)
        interactor = open_interactor(judge, cell, toolchain)
        return interactor.decision() if isinstance(interactor, Failure) else try_interactive(task, player, interactor)

    def _player(self, task: Task) -> Player | Failure:
        limits = task.limits()
        if task.kind != "stdin":
            return Failure("an interactor needs programs that read and write", is_ours=True)
        if task.language == "python":
            work = CellWork("script", task.program.encode(errors="replace"), limits)
            return Player(self.cell_for(task.program), work)
        toolchain = self._toolchain(task.language)
        if toolchain is None:
            return Failure(f"no toolchain for {task.language} on this machine", is_ours=True)
        built = toolchain.build(task.program)
        return built.failure or Player(toolchain.cell, toolchain.work(task.program, built, b"", limits, {}))


def slowness() -> float:
    """How many times slower than the reference machine this one runs Python, at least 1, by CPU time."""
    return max(1.0, min(_exercise() for _ in range(5)) / _REFERENCE_S)


def _exercise() -> float:
    started = time.process_time()
    total = 0
    for number in range(200_000):
        total += number * number % 7
    return time.process_time() - started


def main(fd: int, folders: list[str]) -> NoReturn:
    """Say hello, then answer until the host closes the socket, or no sandbox can be had."""
    linux.die_with_parent()
    host = socket.socket(fileno=fd)
    worker = TaskWorker(folders)
    try:
        isolation = worker.cell_for("").isolation
        _send(host, {"isolation": isolation, "slowness": slowness()})
        while (task := _receive(host)) is not None:
            _send(host, worker.decide(load_task(task))._asdict())
    except SandboxError as error:
        _send(host, {"error": str(error)})
    except ConnectionError:
        sys.exit(0)  # the host has closed, and nobody waits for an answer
    finally:
        worker.close()
    sys.exit(0)


def _send(host: socket.socket, message: dict[str, object]) -> None:
    data = json.dumps(message).encode()
    host.sendall(_LENGTH.pack(len(data)) + data)


def _receive(host: socket.socket) -> bytes | None:
    header = _receive_exactly(host, _LENGTH.size)
    return _receive_exactly(host, _LENGTH.unpack(header)[0]) if header else None


def _receive_exactly(host: socket.socket, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = host.recv(min(count - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)
