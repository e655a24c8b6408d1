"""The regular expressions of a package: where each stands, what it says, and how it is asked."""

import ast
import importlib
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

_FLAGS_AT = {"compile": 1, "match": 2, "fullmatch": 2, "search": 2, "findall": 2, "finditer": 2, "split": 3, "sub": 4,
             "subn": 4}  # fmt: skip
_ANCHORED = {"match", "fullmatch"}


class Pattern(NamedTuple):
    """One call of `re`."""

    file: Path
    line: int
    text: str | None
    """None where it is only known when the program runs."""
    flags: int
    methods: frozenset[str]
    """What it is asked; empty where it is handed on, so that it may be anything."""

    @property
    def is_search(self) -> bool:
        """Whether it may be tried at each character."""
        return not self.methods or not self.methods <= _ANCHORED

    @property
    def is_full(self) -> bool:
        """Whether it has to take the whole text."""
        return self.methods == {"fullmatch"}


class _Source(NamedTuple):
    file: Path
    name: str
    tree: ast.Module


def patterns(root: Path) -> Iterator[Pattern]:
    """All patterns of the package in a folder, which has to be importable."""
    files = sorted(root.rglob("*.py"))
    sources = [_Source(file, _module_name(root, file), ast.parse(file.read_text())) for file in files]
    with _compiled() as made:
        modules = {source.name: importlib.import_module(source.name) for source in sources if _calls(source.tree)}
    uses = _uses(sources)
    for source in sources:
        for call, name, method in _calls(source.tree):
            module = modules[source.name]
            text = _text(call, module)
            if text is not None:
                asked = uses.get((source.name, name), set()) if method == "compile" else {method}
                yield Pattern(source.file, call.lineno, text, _flags(call, module), frozenset(asked))
                continue
            found = [each for each in made if each.is_from(source.file, call)]
            if not found:
                yield Pattern(source.file, call.lineno, None, 0, frozenset())
            for each in found:
                yield Pattern(
                    source.file, each.line, each.pattern.pattern, each.pattern.flags, _asked(each, modules, uses)
                )


class _Compiled(NamedTuple):
    """A pattern that was made while its module was imported."""

    file: Path
    line: int
    """Of the outermost call within the module."""
    lines: frozenset[int]
    """Of all calls within the module that led to it."""
    pattern: re.Pattern[str]

    def is_from(self, file: Path, call: ast.Call) -> bool:
        """Whether this call made it."""
        return self.file == file and not self.lines.isdisjoint(range(call.lineno, (call.end_lineno or 0) + 1))


@contextmanager
def _compiled() -> Iterator[list[_Compiled]]:
    """All that is compiled within the block, by whom."""
    plain, made = re.compile, list[_Compiled]()

    def recorded(text: str, flags: int = 0) -> re.Pattern[str]:
        pattern = plain(text, flags)
        frames = inspect.stack(0)[1:]
        here = [frame.lineno for frame in frames if frame.filename == frames[0].filename]
        made.append(_Compiled(Path(frames[0].filename), here[-1], frozenset(here), pattern))
        return pattern

    re.compile = recorded  # type: ignore[assignment]
    try:
        yield made
    finally:
        re.compile = plain


def _asked(
    made: _Compiled, modules: Mapping[str, ModuleType], uses: Mapping[tuple[str, str], set[str]]
) -> frozenset[str]:
    """What is asked of it under all its global names; nothing where that cannot be told."""
    names = [
        (module.__name__, name)
        for module in modules.values()
        if module.__file__ == str(made.file)
        for name, value in vars(module).items()
        if value is made.pattern
    ]
    asked = [uses.get(name, set()) for name in names]
    return frozenset().union(*asked) if asked and all(asked) else frozenset()


def _module_name(root: Path, file: Path) -> str:
    parts = (root.name, *file.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _calls(tree: ast.Module) -> list[tuple[ast.Call, str, str]]:
    """Each call of `re`, the global name of its result, and the method."""
    found = []
    named = {
        id(statement.value): target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    direct = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_re(node.func.value)):
            continue
        if node.func.attr in _FLAGS_AT:
            found.append((node, named.get(id(node), ""), direct.get(id(node), node.func.attr)))
    return found


def _is_re(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "re"


def _uses(sources: list[_Source]) -> Mapping[tuple[str, str], set[str]]:
    """By module and global name: the methods that are called on it, wherever it is imported to."""
    found = defaultdict[tuple[str, str], set[str]](set)
    handed_on: set[tuple[str, str]] = set()
    for source in sources:
        origin = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(source.tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        asked = {id(node.value): node.attr for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                key = origin.get(node.id, (source.name, node.id))
                if id(node) in asked:
                    found[key].add(asked[id(node)])
                else:
                    handed_on.add(key)
    return {key: methods for key, methods in found.items() if key not in handed_on}


def _text(call: ast.Call, module: ModuleType) -> str | None:
    """The pattern; a piece that is escaped when the program runs counts as one letter."""
    try:
        value = eval(compile(ast.Expression(_without_escapes(call.args[0])), "<pattern>", "eval"), vars(module))  # noqa: S307
    except NameError:
        return None
    return value if isinstance(value, str) else None


def _flags(call: ast.Call, module: ModuleType) -> int:
    at = _FLAGS_AT[call.func.attr] if isinstance(call.func, ast.Attribute) else 0
    given = [keyword.value for keyword in call.keywords if keyword.arg == "flags"] + call.args[at : at + 1]
    return int(eval(compile(ast.Expression(given[0]), "<flags>", "eval"), vars(module))) if given else 0  # noqa: S307


class _Escapes(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Put a letter in the place of `re.escape(…)`."""
        if isinstance(node.func, ast.Attribute) and _is_re(node.func.value) and node.func.attr == "escape":
            return ast.copy_location(ast.Constant("x"), node)
        return node


def _without_escapes(node: ast.expr) -> ast.expr:
    copy = ast.parse(ast.unparse(node), mode="eval").body
    found: ast.expr = _Escapes().visit(copy)
    return ast.fix_missing_locations(found)
