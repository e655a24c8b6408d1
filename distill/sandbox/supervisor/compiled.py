"""Try programs that are compiled, or run by an interpreter of their own: one process a test."""

import hashlib
import marshal
import os
from collections import OrderedDict
from typing import NamedTuple

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.languages.language import Language
from distill.sandbox.limits import Limits, Run
from distill.sandbox.supervisor.building import ENVIRONMENT, build_job, build_limits, why_not_built
from distill.sandbox.supervisor.expected import Compare
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.supervisor.precompiled import header_folder
from distill.sandbox.supervisor.trial import BatchResult, Trial, decide
from distill.sandbox.task import Task, TaskDecision

_MAX_KEPT = 64
_ARTIFACT_MB = 64


class Built(NamedTuple):
    """A program that is ready to run: an open executable, or nothing where the source itself is run."""

    artifact: int | None
    failure: Failure | None = None


class Toolchain:
    """One language in a cell of its own, with the executables of the last programs kept by the hash of their source."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._headers = header_folder(language)
        self.cell = Cell([*language.folders(), *([self._headers] if self._headers else [])])
        self._kept: OrderedDict[bytes, int] = OrderedDict()

    def build(self, source: str) -> Built:
        """Compile inside the sandbox, unless this very source was compiled before."""
        if not self.language.build:
            return Built(None)
        key = hashlib.sha256(source.encode(errors="replace")).digest()
        if key in self._kept:
            self._kept.move_to_end(key)
            return Built(self._kept[key])
        limits = build_limits(self.language, _ARTIFACT_MB)
        run = self.cell.run_surely(CellWork("build", build_job(self.language, source, self._headers), limits))
        failure = why_not_built(run, limits)
        if failure:
            return Built(None, failure)
        self._kept[key] = _executable(run.result)
        if len(self._kept) > _MAX_KEPT:
            os.close(self._kept.popitem(last=False)[1])
        return Built(self._kept[key])

    def run(self, source: str, built: Built, stdin: bytes, limits: Limits, files: dict[str, bytes]) -> Run:
        """Run a built program once; `files` lie in its folder, and their names are its arguments."""
        language = self.language
        file = language.command((language.file,), source, limits.memory_mb)[0]
        job = {
            "command": [*language.command(language.run, source, limits.memory_mb), *files],
            "environment": ENVIRONMENT,
            "files": files if built.artifact is not None else {file: source.encode(errors="replace"), **files},
            "copy_artifact_to": "" if "{artifact}" in language.run else language.artifact,
        }
        roomy = limits._replace(
            memory_mb=limits.memory_mb + language.overhead_mb, caps_address_space=language.caps_address_space
        )
        return self.cell.run_surely(CellWork("execute", marshal.dumps(job), roomy, [stdin], built.artifact))

    def close(self) -> None:
        """Let go of the cell and the executables."""
        self.cell.remove()
        while self._kept:
            os.close(self._kept.popitem()[1])


def try_compiled(task: Task, toolchain: Toolchain, compare: Compare) -> TaskDecision:
    """Compile once, run each test in a fresh process, compare here."""
    built = toolchain.build(task.program)
    if built.failure:
        trial = Trial(task, compare)
        trial.stop(built.failure)
        return trial.decision()
    limits = task.limits()

    def test(batch: range) -> BatchResult:
        results: list[object] = []
        for index in batch:
            stdin = str(task.cases[index][0]).encode(errors="surrogatepass")
            run = toolchain.run(task.program, built, stdin, limits, {})
            failure = why_ended(run, limits)
            if failure:
                return BatchResult(results, failure)
            results.append(run.stdout)
            if compare(index, run.stdout):
                break  # every test had a fresh process: what failed needs no second look
        return BatchResult(results, None)

    return decide(task, test, compare)


def _executable(content: bytes) -> int:
    """An open file to execute, which must not be open for writing meanwhile."""
    writable = os.memfd_create("program", os.MFD_CLOEXEC)
    view = memoryview(content)
    while view:
        view = view[os.write(writable, view) :]
    readable = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY)
    os.close(writable)
    return readable
