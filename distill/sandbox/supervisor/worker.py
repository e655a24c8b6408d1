"""A worker process: the supervisor of its cells. It takes tasks from the host and gives decisions.

Expected outputs live here and in the host, on the outer side of every wall. It runs nothing that it is sent.
"""

import json
import re
import socket
import struct
import sys
import time
from typing import NoReturn

from distill import linux
from distill.errors import SandboxError
from distill.sandbox.cell.cell import Cell
from distill.sandbox.languages import language_named
from distill.sandbox.limits import Limits, Run
from distill.sandbox.supervisor.compiled import Toolchain, try_compiled
from distill.sandbox.supervisor.examination import try_assertions
from distill.sandbox.supervisor.functions import try_functions
from distill.sandbox.supervisor.scores import try_score
from distill.sandbox.supervisor.scripts import try_script
from distill.sandbox.supervisor.special_judge import RunJudge, judge_of
from distill.sandbox.task import SpecialJudge, Task, TaskDecision, load_task

_LENGTH = struct.Struct("<Q")
_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_REFERENCE_S = 0.02
"""CPU time of `_exercise` on the machine that time limits are meant for (an EPYC of 2.6 GHz, Python 3.11)."""


class TaskWorker:
    """Decides on one task at a time; its cells come up when they are first needed."""

    def __init__(self, packages: list[str]) -> None:
        """`packages`: the folders of installed packages, for programs that import more than the standard library."""
        self._packages = packages
        self._cells: dict[tuple[bool, str, tuple[str, ...]], Cell] = {}
        self._toolchains: dict[str, Toolchain] = {}

    def cell_for(self, program: str, use: str = "programs", warm: tuple[str, ...] = ()) -> Cell:
        """The cell for a Python program, and a use, that has imported what is `warm`."""
        key = (imports_packages(program), use, warm)
        if key not in self._cells:
            self._cells[key] = Cell(packages=self._packages if key[0] else [], warm=warm)
        return self._cells[key]

    def decide(self, task: Task) -> TaskDecision:
        """Try the task's program in the cell that it needs."""
        if task.kind == "score":
            return try_score(task, self.cell_for(task.program, "scoring", task.warm))
        judging = judge_of(task, lambda: self.cell_for(task.judge.code if task.judge else ""), self._other_judge)
        if task.language != "python":
            toolchain = self._toolchain(task.language)
            if task.kind != "stdin":
                return TaskDecision("abstain", f"{task.language} programs are only run on inputs")
            if toolchain is None:
                return TaskDecision("abstain", f"no toolchain for {task.language} on this machine")
            return try_compiled(task, toolchain, judging)
        programs = self.cell_for(task.program)
        match task.kind:
            case "stdin":
                return try_script(task, programs, judging)
            case "function":
                return try_functions(task, programs, judging)
        return try_assertions(task, programs, lambda: self.cell_for(task.code, "assertions"))

    def close(self) -> None:
        """End all cells."""
        for cell in self._cells.values():
            cell.remove()
        for toolchain in self._toolchains.values():
            toolchain.close()

    def _toolchain(self, name: str) -> Toolchain | None:
        language = language_named(name)
        if language is None or language.missing_tools():
            return None
        if language.name not in self._toolchains:
            self._toolchains[language.name] = Toolchain(language)
        return self._toolchains[language.name]

    def _other_judge(self, judge: SpecialJudge) -> RunJudge | None:
        toolchain = self._toolchain(judge.language)
        if toolchain is None:
            return None
        built = toolchain.build(judge.code)

        def run(stdin: bytes, limits: Limits, files: dict[str, bytes]) -> Run:
            return toolchain.run(judge.code, built, stdin, limits, files)

        return run if built.failure is None else None


def imports_packages(program: str) -> bool:
    """Whether a program imports what is not in the standard library, and needs a zygote that has it."""
    return not set(_IMPORT.findall(program)) <= sys.stdlib_module_names


def slowness() -> float:
    """How many times slower than the reference machine this one runs Python, at least 1, by CPU time."""
    return max(1.0, min(_exercise() for _ in range(5)) / _REFERENCE_S)


def _exercise() -> float:
    started = time.process_time()
    total = 0
    for number in range(200_000):
        total += number * number % 7
    return time.process_time() - started


def main(fd: int, packages: list[str]) -> NoReturn:
    """Say hello, then answer until the host closes the socket, or no sandbox can be had."""
    linux.die_with_parent()
    host = socket.socket(fileno=fd)
    worker = TaskWorker(packages)
    try:
        isolation = worker.cell_for("").isolation
        _send(host, {"isolation": isolation, "slowness": slowness()})
        while (task := _receive(host)) is not None:
            _send(host, worker.decide(load_task(task))._asdict())
    except SandboxError as error:
        _send(host, {"error": str(error)})
    except BrokenPipeError:
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
