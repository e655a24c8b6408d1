"""Try programs that are compiled, or run by an interpreter of their own: one process a test."""

import hashlib
import marshal
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.cell.sealed import sealed
from distill.sandbox.languages.language import Language
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.supervisor.building import (
    ENVIRONMENT,
    build_job,
    build_limits,
    cache_folder,
    toolchain_mark,
    was_kept_waiting,
    why_not_built,
)
from distill.sandbox.supervisor.expected import Compare
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.supervisor.kept_programs import KeptPrograms
from distill.sandbox.supervisor.precompiled import Headers
from distill.sandbox.supervisor.trial import Showing, Trial, decide
from distill.sandbox.task import Task, TaskDecision

_MAX_OPEN, _MAX_OPEN_BYTES = 64, 256 << 20
"""Executables that are kept open, in memory."""
_ARTIFACT_MB = 64


class Built(NamedTuple):
    """A program that is ready to run: an open executable, or nothing where the source itself is run."""

    artifact: int | None
    failure: Failure | None = None


class Toolchain:
    """One language in a cell of its own. Executables are kept by the hash of their source: the last ones open."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._headers = Headers(language)
        self.cell = Cell([*language.folders(), *([self._headers.folder] if self._headers.folder else [])])
        self._mark = toolchain_mark(language) + repr(language.standards)
        self._kept = KeptPrograms(cache_folder() / "programs")
        self._open: OrderedDict[str, int] = OrderedDict()

    def build(self, source: str, files: Mapping[str, str] | None = None) -> Built:
        """Compile inside the sandbox, unless this very source, with these files beside it, was compiled before."""
        if not self.language.build:
            return Built(None)
        key = hashlib.sha256(repr((self._mark, source, sorted((files or {}).items()))).encode()).hexdigest()
        if key not in self._open:
            content = self._kept.get(key)
            if content is None:
                run, failure = self._compile(source, files)
                if failure:
                    return Built(None, failure)
                content = run.result
                self._kept.put(key, content)
            self._keep_open(key, content)
        self._open.move_to_end(key)
        return Built(self._open[key])

    def _keep_open(self, key: str, content: bytes) -> None:
        self._open[key] = sealed(content)
        while len(self._open) > _MAX_OPEN or (len(self._open) > 1 and self._num_bytes() > _MAX_OPEN_BYTES):
            os.close(self._open.popitem(last=False)[1])

    def _num_bytes(self) -> int:
        return sum(os.fstat(file).st_size for file in self._open.values())

    def work(
        self,
        source: str,
        built: Built,
        stdin: bytes,
        limits: Limits,
        files: Mapping[str, bytes],
        arguments: Sequence[str] = (),
    ) -> CellWork:
        """A run of a built program; `files` lie in its folder."""
        language = self.language
        file = language.command((language.file,), source, limits.memory_mb)[0]
        job = {
            "command": [*language.command(language.run, source, limits.memory_mb), *arguments],
            "environment": ENVIRONMENT,
            "files": {**files} if built.artifact is not None else {file: source.encode(errors="replace"), **files},
            "copy_artifact_to": "" if "{artifact}" in language.run else language.artifact,
        }
        roomy = limits._replace(
            memory_mb=limits.memory_mb + language.overhead_mb, caps_address_space=language.caps_address_space
        )
        return CellWork("execute", marshal.dumps(job), roomy, [stdin], built.artifact)

    def _compile(self, source: str, files: Mapping[str, str] | None) -> tuple[Run, Failure | None]:
        """Compile by the first standard that does not refuse the source.

        Of all that refuse it, what the first says counts, unless one says that it is beyond it.
        """
        limits = build_limits(self.language, _ARTIFACT_MB)
        said: Failure | None = None
        for standard in self.language.standards:
            headers = self._headers.folder_for(source, standard)
            work = CellWork("build", build_job(self.language, source, standard, headers, files), limits)
            run = self.cell.run_surely(work)
            if was_kept_waiting(run, limits):  # twice is not the machine's doing
                run = self.cell.run_surely(work)
            failure = why_not_built(run, limits, self.language, source)
            if failure is None or run.ending is not Ending.EXITED:
                return run, failure
            said = failure if said is None or failure.is_ours else said
        return run, said

    def close(self) -> None:
        """Let go of the cell and the executables."""
        self.cell.remove()
        while self._open:
            os.close(self._open.popitem()[1])


def try_compiled(task: Task, toolchain: Toolchain, compare: Compare) -> TaskDecision:
    """Compile once, run each test in a fresh process, compare here."""
    built = toolchain.build(task.program)
    if built.failure:
        trial = Trial(task, compare)
        trial.stop(built.failure)
        return trial.decision()
    limits = task.limits()

    def test(remaining: range) -> Showing:
        stdin = str(task.cases[remaining.start][0]).encode(errors="surrogatepass")
        run = toolchain.cell.run_surely(toolchain.work(task.program, built, stdin, limits, {}))
        failure = why_ended(run, limits, is_python=False)
        return Showing([] if failure else [run.stdout], failure, run.cpu_s)

    return decide(task, test, compare)
