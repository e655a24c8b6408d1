"""What the source of a judge in Python says about how it wants to be asked, and how it answers."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from distill.sandbox.supervisor.judging.order import FILES, order_of

_FUNCTIONS = frozenset("check checker judge grade verify validate is_correct compare special_judge".split())
_PATHS = re.compile(r"(?:^|_)(?:path|file|filename|fname)$")
_ARGUMENT = re.compile(r"\bargv\[(\d)\]")
_ALL_ARGUMENTS = re.compile(r"\bargv\[1:[34]?\]")


class JudgeSource(NamedTuple):
    """How a judge in Python is asked."""

    function: str | None
    """The function that takes two or three arguments; None for a program, which gets the names of three files."""
    order: tuple[str, ...]
    """Of what it gets, of `FILES`."""
    are_paths: bool
    """Its function gets the names of files, and not what is in them."""
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
        return JudgeSource(None, order_of(_names_of_arguments(tree)) or FILES, False, None, raises)
    returns = any(isinstance(node, ast.Return) and not _is_none(node.value) for node in ast.walk(function))
    is_none_yes = False if returns else True if raises else None
    names = _parameters(function)[: len(FILES)]
    are_paths = all(map(_PATHS.search, names))
    return JudgeSource(function.name, order_of(names) or FILES, are_paths, is_none_yes, raises)


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
    """The last function that may be asked; rather one with a judge's name, and rather one of three arguments."""
    found = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and (_takes_three(node) or _is_clear(node))
    ]
    return max(found, key=lambda node: (node.name in _FUNCTIONS, _takes_three(node), node.lineno), default=None)


def _takes_three(function: ast.FunctionDef) -> bool:
    num_names = len(_parameters(function))
    return num_names - len(function.args.defaults) <= len(FILES) <= num_names


def _is_clear(function: ast.FunctionDef) -> bool:
    """Whether it takes two, of names that leave no doubt."""
    names = _parameters(function)
    return len(names) == len(FILES) - 1 and order_of(names) is not None


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def _names_of_arguments(tree: ast.Module) -> list[str]:
    """What a program calls its three arguments, in all the places where it says so."""
    names = defaultdict[int, list[str]](list)
    functions = {node.name: _parameters(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        for place, name in _named_by(node, functions):
            names[place].append(name)
    if not names and len(functions.get("main", ())) == len(FILES):
        return functions["main"]
    first = 0 if 0 in names and len(FILES) not in names else 1  # `main(sys.argv[1:])` counts from 0
    return [" ".join(names[place]) for place in range(first, first + len(FILES))]


def _named_by(node: ast.AST, functions: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    """The arguments that a node names: where it assigns, opens, declares or passes them on."""
    match node:
        case ast.Assign(targets=[target], value=value):
            yield from _assigned(target, value)
        case ast.With(items=items, body=body):
            for item in items:
                opened = ast.unparse(item.optional_vars) if item.optional_vars else ""
                yield from _called(item.context_expr, " ".join([opened, *_read_from(opened, body)]))
        case ast.Call(func=ast.Name(id=name), args=[ast.Starred(value=value)]) if _is_all(value):
            yield from enumerate(functions.get(name, ()), 1)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            for argument, parameter in zip(arguments, functions.get(name, ()), strict=False):
                yield from _called(argument, parameter)
        case ast.Module():
            yield from enumerate(_declared(node), 1)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[int, str]]:
    match target, value:
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            for name, single in zip(names, values, strict=False):
                yield from _called(single, ast.unparse(name))
        case ast.Tuple(elts=names), _ if "argv" in ast.unparse(value):
            yield from enumerate(map(ast.unparse, names), 1 if _is_all(value) else 0)
        case _:
            yield from _called(value, ast.unparse(target))


def _called(value: ast.expr, name: str) -> Iterator[tuple[int, str]]:
    """The argument that an expression reads, if it is one, under its name."""
    found = set(_ARGUMENT.findall(ast.unparse(value)))
    if len(found) == 1:
        yield int(found.pop()), name


def _is_all(value: ast.expr) -> bool:
    return _ALL_ARGUMENTS.search(ast.unparse(value)) is not None


def _read_from(opened: str, body: Sequence[ast.stmt]) -> Iterator[str]:
    """What a block calls that which it reads from an open file."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and re.search(rf"\b{re.escape(opened)}\b", ast.unparse(node.value)):
                yield ast.unparse(node.targets[0])


def _declared(tree: ast.Module) -> Iterator[str]:
    """The positional arguments of an `ArgumentParser`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument" and call.args:
            name = call.args[0]
            if isinstance(name, ast.Constant) and not str(name.value).startswith("-"):
                yield str(name.value)
