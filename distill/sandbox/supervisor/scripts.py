"""Try a Python program that reads standard input and writes standard output."""

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.limits import Run
from distill.sandbox.supervisor.expected import Compare
from distill.sandbox.supervisor.failure import why_ended
from distill.sandbox.supervisor.trial import BatchResult, decide
from distill.sandbox.task import Task, TaskDecision


def try_script(task: Task, cell: Cell, compare: Compare) -> TaskDecision:
    """Run a Python program on the inputs of its tests, several in one process."""
    limits = task.limits()

    def test(batch: range) -> BatchResult:
        inputs = [str(task.cases[index][0]).encode(errors="surrogatepass") for index in batch]
        run = cell.run_surely(CellWork("script", task.program.encode(errors="replace"), limits, inputs))
        outputs = _split_outputs(run, len(inputs))
        failure = why_ended(run, limits)
        if failure is None and not outputs:  # it ended itself before the harness could note where its output ends
            outputs = [run.stdout]
        return BatchResult(list(outputs), failure)

    return decide(task, test, compare)


def _split_outputs(run: Run, total: int) -> list[bytes]:
    """Cut the output of a batch where the harness says that each test ended."""
    ends = [int.from_bytes(run.result[at : at + 8], "little") for at in range(0, len(run.result) // 8 * 8, 8)]
    return [run.stdout[start:end] for start, end in zip([0, *ends], ends[:total], strict=False)]
