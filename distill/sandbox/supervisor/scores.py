"""Run a scoring program of ours on a text that is not: it decides, and only its end is watched here.

A run that ends early, by a limit, or without a decision proves nothing: it is an abstain.
"""

import json

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.supervisor.failure import why_ended
from distill.sandbox.task import Task, TaskDecision

_OUTCOMES = ("pass", "fail", "abstain")


def try_score(task: Task, cell: Cell) -> TaskDecision:
    """Run the task's program on its only input; the last line of its output is `[outcome, reason]`, in JSON."""
    limits = task.limits()
    stdin = str(task.cases[0][0]).encode(errors="surrogatepass")
    run = cell.run_surely(CellWork("script", task.program.encode(), limits, [stdin]))
    failure = why_ended(run, limits)
    if failure is not None:
        return TaskDecision("abstain", f"the scorer did not finish: {failure.reason}")
    return _decision(run.stdout)


def _decision(stdout: bytes) -> TaskDecision:
    line = stdout.decode(errors="replace").rstrip("\n").rpartition("\n")[2]
    try:
        outcome, reason = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        outcome, reason = None, ""
    if outcome not in _OUTCOMES:
        return TaskDecision("abstain", "the scorer gave no decision")
    return TaskDecision(outcome, str(reason))
