"""Read assertion code: most of it calls with literals and compares with literals, which needs no second process."""

import ast
import builtins
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from distill.sandbox.comparing.values import is_equal, is_true

NUM_REMEMBERED = 256
"""Tests of that many prompts are read once for all samples."""


class Check(NamedTuple):
    """One assertion: call `function` with `arguments`, and the result is (or is not) as `expected`."""

    function: str
    arguments: list[object]
    comparison: str
    """`==`, `is`, `true` or `false`."""
    expected: object
    source: str


@lru_cache(maxsize=NUM_REMEMBERED)
def read_checks(code: str, entry_point: str | None) -> list[Check] | None:
    """The assertions of `code` as calls to make and values to expect; None where there is more to it than that.

    With `entry_point`, the body of `check(candidate)` is read, `candidate` standing for that function.

    >>> [c[:4] for c in read_checks("assert add(1, 2) == 3", None)]
    [('add', [1, 2], '==', 3)]
    """
    try:
        body = ast.parse(code).body
        if entry_point is not None:
            body, names = _body_of_check(body, entry_point)
        else:
            names = {}
        checks = [check for statement in body for check in _read(statement, names)]
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return checks or None


def _body_of_check(body: list[ast.stmt], entry_point: str) -> tuple[list[ast.stmt], dict[str, str]]:
    checks = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    others = [node for node in body if node not in checks and not _is_idle(node)]
    if len(checks) != 1 or others or len(checks[0].args.args) != 1:
        raise ValueError("not just a check function")
    return checks[0].body, {checks[0].args.args[0].arg: entry_point}


def _is_idle(statement: ast.stmt) -> bool:
    """Docstrings, `pass`, and constants that nothing here reads (HumanEval's METADATA)."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Assign(targets=[ast.Name(id="METADATA")]) | ast.Assert(test=ast.Constant(value=True)):
            return True
    return False


def _read(statement: ast.stmt, names: dict[str, str]) -> Iterator[Check]:
    if _is_idle(statement):
        return
    match statement:
        case ast.Assert(test=ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[expected])):
            yield _check(call, "==", ast.literal_eval(expected), statement, names)
        case ast.Assert(test=ast.Compare(left=expected, ops=[ast.Eq()], comparators=[ast.Call() as call])):
            yield _check(call, "==", ast.literal_eval(expected), statement, names)
        case ast.Assert(
            test=ast.Compare(left=ast.Call() as call, ops=[ast.Is()], comparators=[ast.Constant(value=expected)])
        ):
            if expected not in {None, True, False}:
                raise ValueError("identity of other constants depends on the interpreter")
            yield _check(call, "is", expected, statement, names)
        case ast.Assert(test=ast.Call() as call):
            yield _check(call, "true", True, statement, names)
        case ast.Assert(test=ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call)):
            yield _check(call, "false", False, statement, names)
        case _:
            raise ValueError("more than an assertion about a call")


def _check(call: ast.Call, comparison: str, expected: object, statement: ast.stmt, names: dict[str, str]) -> Check:
    if not isinstance(call.func, ast.Name) or call.keywords:
        raise ValueError("not a plain call")
    function = names.get(call.func.id, call.func.id)
    if function not in names.values() and hasattr(builtins, function):
        raise ValueError("a builtin, not a function of the program")
    arguments = [ast.literal_eval(argument) for argument in call.args]
    return Check(function, arguments, comparison, expected, ast.unparse(statement))


def fails(check: Check, result: object) -> bool:
    """Whether a result, as it came, contradicts the assertion."""
    match check.comparison:
        case "==":
            return not is_equal(result, check.expected)
        case "is":
            return result is not check.expected
        case "true":
            return not is_true(result)
    return is_true(result)
