"""Try a Python program that reads standard input and writes standard output: one process a test."""

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.supervisor.expected import Compare
from distill.sandbox.supervisor.failure import why_ended
from distill.sandbox.supervisor.trial import Showing, decide
from distill.sandbox.task import Task, TaskDecision


def try_script(task: Task, cell: Cell, compare: Compare) -> TaskDecision:
    """Run a Python program on the input of each test, in a process of its own.

    The first run reports the program's code, compiled, for the others to begin with: it was sealed before the program
    began, and is not looked at here.
    """
    limits, program = task.limits(), task.program.encode(errors="replace")
    compiled = [b""] if len(task.cases) > 1 else []

    def test(remaining: range) -> Showing:
        stdin = str(task.cases[remaining.start][0]).encode(errors="surrogatepass")
        run = cell.run_surely(CellWork("script", program, limits, [stdin, *compiled]))
        if compiled and not compiled[0]:
            compiled[0] = run.result
        failure = why_ended(run, limits)
        return Showing([] if failure else [run.stdout], failure, run.cpu_s)

    return decide(task, test, compare)
