"""Why a test was not passed, as the end of its run tells."""

import platform
import re
from typing import NamedTuple

from distill.sandbox.clean import clean
from distill.sandbox.limits import MIB, Ending, Limits, Run
from distill.sandbox.packages import is_ours
from distill.sandbox.supervisor.newer_python import needs_newer
from distill.sandbox.task import TaskDecision

_MISSING = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_ERROR = re.compile(r"(?:thread .* panicked|(?:[\w.]+: )*[\w.]*(?:Error|Exception)\b)")


class Failure(NamedTuple):
    """Why a test was not passed."""

    reason: str
    is_ours: bool = False
    """The sandbox or the tests are to blame, and nothing is known about the program."""
    is_used_up: bool = False
    """Its time or memory was used up, maybe by what ran before in the same process."""
    got: str = ""
    """What the program gave, for people; empty where it gave nothing."""

    def decision(self, where: str = "") -> TaskDecision:
        """The decision on a program whose tests ended with this failure; `where` precedes the reason."""
        if self.is_ours:
            return TaskDecision("abstain", self.reason)
        return TaskDecision("fail", f"{where}{self.reason}")


def why_ended(run: Run, limits: Limits, *, is_python: bool = True) -> Failure | None:
    """Read the end of a run; None if it ended well. Only Python's own words tell that it lacks something here."""
    match run.ending:
        case Ending.LOST:
            return Failure(f"sandbox error: {_last_line(run.stderr)}", is_ours=True)
        case Ending.TIME:
            return Failure(f"time limit: {limits.cpu_s:.3g} s", is_used_up=True)
        case Ending.MEMORY:
            return Failure(f"memory limit: {limits.memory_mb} MiB", is_used_up=True)
    if max(len(run.stdout), len(run.stderr)) >= limits.output_mb * MIB:
        return Failure(f"output limit: {limits.output_mb} MiB")
    return _why_failed(run, limits, is_python) if run.status else None


def _why_failed(run: Run, limits: Limits, is_python: bool) -> Failure:
    last = _last_line(run.stderr)
    if last.startswith("MemoryError") or "std::bad_alloc" in last:
        return Failure(f"memory limit: {limits.memory_mb} MiB", is_used_up=True)
    if is_python and (missing := _MISSING.match(last)):
        return missing_package(missing[1])
    if is_python and needs_newer(run.stderr.decode(errors="replace")):
        return Failure(f"it was written for a newer Python than {platform.python_version()}: {last}", is_ours=True)
    if last.startswith(("SyntaxError", "IndentationError", "TabError")):
        return Failure(f"compile error: {last}")
    how = f"exit status {run.status}" if run.status > 0 else f"signal {-run.status}"
    return Failure(f"runtime error: {last or how}")


def missing_package(name: str) -> Failure:
    """A module could not be imported: our lack where there is a package of that name, else the program's mistake."""
    if is_ours(name):
        return Failure(f"the package {name.partition('.')[0]} is not installed where programs run", is_ours=True)
    return Failure(f"runtime error: ModuleNotFoundError: No module named '{clean(name, 100)}'")


def _last_line(stderr: bytes) -> str:
    """What went wrong: the last line that names an error, else the last."""
    lines = [clean(line.strip(), 200) for line in stderr.split(b"\n") if line.strip()]
    return next((line for line in reversed(lines) if _ERROR.match(line)), lines[-1] if lines else "")
