"""What the source of a judge in Python says about how it wants to be asked, and how it answers."""

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

FILES = ("input", "output", "expected")
_FUNCTIONS = frozenset("check checker judge grade verify validate is_correct compare special_judge".split())
_ROLES = {
    "input": frozenset("input inp stdin in".split()),
    "output": frozenset(
        "submission submitted user participant contestant candidate student actual got predicted pred".split()
    ),
    "expected": frozenset("expected exp correct gold golden reference ref jury truth".split()),
}
"""Words in the names of arguments that leave no doubt; `output` and `answer` may be either's."""


class JudgeSource(NamedTuple):
    """How a judge in Python is asked."""

    function: str | None
    """The function that takes three arguments; None for a program, which gets the names of three files."""
    order: tuple[str, ...]
    """Of what it gets, the three of `FILES`."""
    is_none_yes: bool | None
    """What it means that its function returns None; None where that means nothing."""
    raises: bool
    """It refuses by an exception, if it does not refuse otherwise."""


def read_source(code: str) -> JudgeSource:
    """Read it; SyntaxError or ValueError where it is no Python."""
    tree = ast.parse(code)
    raises = any(isinstance(node, (ast.Raise, ast.Assert)) for node in ast.walk(tree))
    function = None if _reads_by_itself(tree) else _function(tree)
    if function is None:
        return JudgeSource(None, _order(_names_of_arguments(tree)), None, raises)
    returns = any(isinstance(node, ast.Return) and not _is_none(node.value) for node in ast.walk(function))
    is_none_yes = False if returns else True if raises else None
    return JudgeSource(function.name, _order([argument.arg for argument in function.args.args]), is_none_yes, raises)


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _reads_by_itself(tree: ast.Module) -> bool:
    """Whether it looks at its own arguments or standard input."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr in {"argv", "stdin", "ArgumentParser"})
        or (isinstance(node, ast.Name) and node.id in {"argv", "ArgumentParser"})
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "input")
        for node in ast.walk(tree)
    )


def _function(tree: ast.Module) -> ast.FunctionDef | None:
    """The last function of three arguments, of those with a judge's name if there are any."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and _takes_three(node.args)]
    named = [node for node in found if node.name in _FUNCTIONS]
    functions = named or found
    return functions[-1] if functions else None


def _takes_three(arguments: ast.arguments) -> bool:
    most = len(arguments.posonlyargs) + len(arguments.args)
    return most - len(arguments.defaults) <= len(FILES) <= most


def _names_of_arguments(tree: ast.Module) -> list[str]:
    """What a program calls its three arguments: where it takes them apart, or as the parameters of `main`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and "sys.argv" in ast.unparse(node):
            return [ast.unparse(target) for target in node.targets[0].elts]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "main" and _takes_three(node.args):
            return [argument.arg for argument in node.args.args]
    single = {
        _argument_of(node.value): ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
    }
    return [single.get(place, "") for place in (1, 2, 3)]


def _argument_of(value: ast.expr) -> int | None:
    """Which of `sys.argv` an expression reads."""
    for node in ast.walk(value):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("argv"):
            return (
                node.slice.value if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int) else None
            )
    return None


def _order(names: Sequence[str]) -> tuple[str, ...]:
    """The contract's order, unless the names of three arguments say another."""
    roles = [_role(name) for name in names[:3]]
    known = [role for role in roles if role]
    if len(roles) != len(FILES) or len(set(known)) != len(known) or len(known) < len(FILES) - 1:
        return FILES
    missing = [role for role in FILES if role not in known]
    return tuple(role or missing[0] for role in roles)


def _role(name: str) -> str | None:
    words = _words(name)
    return next((role for role, meant in _ROLES.items() if role != "input" and words & meant), None) or (
        "input" if words & _ROLES["input"] and not words & {"output", "out"} else None
    )


def _words(name: str) -> set[str]:
    return set(_split(name.lower()))


def _split(name: str) -> Iterable[str]:
    return name.replace(".", "_").split("_")
