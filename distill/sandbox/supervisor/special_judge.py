"""Special judges: programs that get input, output and expected output, and run in the sandbox like all others."""

import ast
import json
import marshal
from collections.abc import Callable

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.limits import Limits, Run
from distill.sandbox.plain import decode
from distill.sandbox.supervisor.expected import Compare, compare_outputs
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.task import SpecialJudge, Task

RunJudge = Callable[[bytes, Limits, dict[str, bytes]], Run]
FILES = ("input", "output", "expected")
_LIMITS = Limits(10.0, 1024)
_NO = frozenset({"0", "false", "no", "wrong", "wa", "reject", "rejected", "fail", "failed", "incorrect"})
_SCRIPT = """import io, json, sys
_texts = json.load(sys.stdin)
for _name, _text in _texts.items():
    open(_name, "w", encoding="utf-8", errors="surrogateescape", newline="").write(_text)
sys.argv = ["judge.py", *_texts]
sys.stdin = io.StringIO(json.dumps(_texts))
exec(compile({code!r}, "judge.py", "exec"), globals())
"""


def judge_of(task: Task, cell: Callable[[], Cell], run_other: Callable[[SpecialJudge], RunJudge | None]) -> Compare:
    """How the outputs of this task are judged: by comparison, or by its special judge.

    A judge in Python is either a function of three arguments, whose result says whether the output is right,
    or a program, as all others are. A program finds the three texts in files whose names are its arguments, in this
    order, and as one JSON object on its input. It accepts by ending with status 0, unless it prints `0`, `no` or such.
    """
    if task.judge is None:
        return compare_outputs(task)
    judge = task.judge

    def ask(stdin: str, output: str, expected: str) -> bool | Failure:
        texts = dict(zip(FILES, (stdin, output, expected), strict=True))
        if judge.language != "python":
            run = run_other(judge)
            return (
                _of_run(run, texts) if run else Failure(f"no toolchain for a judge in {judge.language}", is_ours=True)
            )
        function = _judge_function(judge.code)
        return _of_function(cell(), judge.code, function, texts) if function else _of_script(cell(), judge.code, texts)

    def judging(index: int, output: object) -> Failure | None:
        assert isinstance(output, bytes)
        texts = task.cases[index]
        stdin, expected = map(str, texts) if task.kind == "stdin" else map(json.dumps, texts)
        answer = ask(stdin, output.decode(errors="replace"), expected)
        if answer is True:
            return None
        if answer is False:
            return Failure("wrong answer: the checker rejects it")
        # The judge broke on this output. It is to blame if it breaks on the expected output too.
        if isinstance(ask(stdin, expected, expected), Failure):
            return Failure(f"the checker is broken: {answer.reason}", is_ours=True)
        return Failure(f"wrong answer: the checker cannot read it ({answer.reason})")

    return judging


def _judge_function(code: str) -> str | None:
    """The last function at top level that takes three arguments, unless the code reads its own arguments or input."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return None
    if any(name in code for name in ("sys.argv", "stdin", "input(", "argparse")):
        return None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and len(node.args.args) == 3]
    return functions[-1].name if functions else None


def _of_function(cell: Cell, code: str, name: str, texts: dict[str, str]) -> bool | Failure:
    job = marshal.dumps({"program": code.encode(errors="replace"), "calls": [(name, list(texts.values()))]})
    run = cell.run_surely(CellWork("calls", job, _LIMITS))
    failure = why_ended(run, _LIMITS)
    if failure:
        return failure
    try:
        result = decode(json.loads(run.result))
    except (ValueError, RecursionError):
        return Failure("it gave no result", is_ours=True)
    return bool(result[0]) if isinstance(result, tuple) and result else bool(result)


def _of_script(cell: Cell, code: str, texts: dict[str, str]) -> bool | Failure:
    stdin = json.dumps(texts).encode()
    run = cell.run_surely(CellWork("script", _SCRIPT.format(code=code).encode(errors="replace"), _LIMITS, [stdin]))
    return _of_finished(run)


def _of_run(run: RunJudge, texts: dict[str, str]) -> bool | Failure:
    files = {name: text.encode(errors="surrogatepass") for name, text in texts.items()}
    return _of_finished(run(json.dumps(texts).encode(), _LIMITS, files))


def _of_finished(run: Run) -> bool | Failure:
    """Exit status 0 accepts and others reject, except where the judge ended by an exception."""
    failure = why_ended(run, _LIMITS)
    words = run.stdout.decode(errors="replace").lower().split()
    if failure is None:
        return not (words and words[0] in _NO)
    is_broken = failure.is_ours or run.status <= 0 or b"Traceback" in run.stderr
    return failure if is_broken else False
