"""The tests' code as it is written: which names it wants from whom, what it counts, and whose fault an error is."""

import ast
import builtins
import importlib.util
import re
import sys
from collections.abc import Collection
from types import CodeType

from distill.sandbox.inside.counting import AssertionCounting, count_plain, is_assertion
from distill.sandbox.packages import is_ours

SOLUTION_MODULES = frozenset({"solution", "main", "answer", "submission", "your_module"})
"""What tests import from when they mean the program."""
_ALIASES = {"np": "numpy", "pd": "pandas"}
USUAL = {
    "isclose": "math",
    "Counter": "collections",
    "OrderedDict": "collections",
    "defaultdict": "collections",
    "Decimal": "decimal",
    "Fraction": "fractions",
}
"""Names that tests use without importing them, and where they are found: to compare with, so not the program's."""
_PATCHING = {"patch", "monkeypatch", "capsys", "capfd", "redirect_stdout", "redirect_stderr", "mock_open", "doctest"}
_SHARING = {"tempfile", "open", "shutil", "seed", "chdir", "environ", "tmp_path", "tmpdir", "setrecursionlimit"}
_SHARING |= {"assertLogs", "assertNoLogs", "caplog", "recwarn", "warns", "assertWarns", "assertWarnsRegex"}
_CHANGING = set("append extend insert remove pop clear sort reverse update add discard setdefault popitem".split())
_STREAMS = {"stdout", "stdin", "stderr"}
_BRANCHING = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.Try, ast.With, ast.Match)
_QUOTED = re.compile(r"'(\w+)'")
_MAKING = set(dir(builtins)) | set(USUAL)
_OF_VALUES = {name for kind in (list, dict, set, str, int, float, bytes) for name in dir(kind)}
"""Attributes that what a function returns may have as well as an object."""


class Suite:
    """Assertion code, read but not run. SyntaxError where it is none."""

    def __init__(self, code: str, entry_point: str | None) -> None:
        """Read `code`; with `entry_point` it defines `check(candidate)`."""
        self.lines = code.split("\n")
        self.tree = ast.parse(code)
        self._nodes = list(ast.walk(self.tree))
        self._entry_point = entry_point
        self._own = frozenset(node.name for node in self._nodes if isinstance(node, ast.FunctionDef))
        names = [node for node in self._nodes if isinstance(node, ast.Name)]
        self.loaded = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        self.bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | self._defined()
        self.called = {n.func.id for n in self._nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}

    def _defined(self) -> set[str]:
        found = set[str]()
        for node in self._nodes:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    found.add(node.name)
                case ast.Import() | ast.ImportFrom():
                    found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
                case ast.arg():
                    found.add(node.arg)
        return found

    @property
    def modules(self) -> dict[str, str]:
        """Modules that are used by name without being imported: what each name stands for."""
        dotted = {n.value.id for n in self._nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
        free = dotted - self.bound
        return {name: _ALIASES.get(name, name) for name in free & (sys.stdlib_module_names | set(_ALIASES))}

    @property
    def wanted(self) -> set[str]:
        """Names that may be the program's."""
        return self.loaded - set(dir(builtins)) - set(self.modules) - set(USUAL) | self._imported()

    @property
    def usual(self) -> set[str]:
        """Builtins, and what else is usual, that the tests use and do not define."""
        return (self.loaded & (set(dir(builtins)) | set(USUAL))) - self.bound

    def _imported(self) -> set[str]:
        found = [n for n in self._nodes if isinstance(n, ast.ImportFrom) and n.module in SOLUTION_MODULES]
        return {alias.name for node in found for alias in node.names}

    @property
    def packages(self) -> set[str]:
        """What is imported, by its first name."""
        found = {alias.name for n in self._nodes if isinstance(n, ast.Import) for alias in n.names}
        found |= {n.module for n in self._nodes if isinstance(n, ast.ImportFrom) and n.module}
        return {name.partition(".")[0] for name in found}

    def strangers(self) -> dict[str, set[str]]:
        """Modules that are imported and not to be found here, and what is taken from each: maybe the program."""
        found: dict[str, set[str]] = {}
        aliases: dict[str, str] = {}
        for node in self._nodes:
            if isinstance(node, ast.ImportFrom) and node.module:
                found.setdefault(node.module, set()).update(alias.name for alias in node.names)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    found.setdefault(alias.name, set())
                    aliases[alias.asname or alias.name] = alias.name
        for node in self._nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                found[aliases[node.value.id]].add(node.attr)
        return {name: taken for name, taken in found.items() if not _is_here(name.partition(".")[0])}

    def why_together(self) -> str | None:
        """Why these tests make sense only in the program's process; None if they do not need to be there."""
        for node in self._nodes:
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
            name = node.arg if isinstance(node, ast.arg) else name
            if name in _PATCHING:
                return f"{name} changes or watches the process of the program, which runs in another"
            if isinstance(node, ast.Attribute) and name in _STREAMS and isinstance(node.ctx, ast.Store):
                return f"sys.{name} is replaced, which a program in another process does not see"
        return None

    def why_shared(self) -> str | None:
        """What these tests share with the program if it runs in their process, and they do not have here."""
        words = {node.attr for node in self._nodes if isinstance(node, ast.Attribute)} | self.loaded | self.bound
        if any(isinstance(node, (ast.AsyncFor, ast.AsyncWith)) or getattr(node, "is_async", 0) for node in self._nodes):
            return "`async for` and `async with` of the tests do not reach objects of a program in another process"
        shared = sorted(words & _SHARING)
        return f"{shared[0]} of the tests has no effect on a program in another process" if shared else None

    def is_sharing(self) -> bool:
        """Whether the tests change what the program gives them, or ask which object it is."""
        given = {t.id for n in self._nodes if isinstance(n, ast.Assign) and _is_given(n.value)
                 for t in n.targets if isinstance(t, ast.Name)}  # fmt: skip
        return any(_changes(node, given) for node in self._nodes)

    def instrumented(self) -> ast.Module:
        """The code with each assertion counted, and both sides of a comparison noted."""
        tree = AssertionCounting(self._own).visit(ast.parse("\n".join(self.lines)))
        assert isinstance(tree, ast.Module)
        return ast.fix_missing_locations(tree)

    def num_assertions(self) -> int | None:
        """How many assertions there are; None where a loop or a helper may make any number of them."""
        counted = count_plain(self.tree.body, self._entry_point, self._own)
        total = sum(is_assertion(node, self._own) for node in self._nodes)
        return counted if counted == total and counted else None

    def as_classes(self) -> frozenset[str]:
        """Names that are used as classes are, and not only called as functions are, too."""
        found = set[str]()
        objects: dict[str, str] = {}
        for node in self._nodes:
            if isinstance(node, ast.Assign) and (kind := _called_name(node.value)):
                objects |= {target.id: kind for target in node.targets if isinstance(target, ast.Name)}
        for node in self._nodes:
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute) if attribute not in _OF_VALUES:
                    found |= {name, objects.get(name, name)}
                case ast.Attribute(value=ast.BinOp() | ast.UnaryOp() as made, attr=attribute) if (
                    attribute not in _OF_VALUES
                ):
                    found |= {_called_name(part) for part in ast.walk(made)}
                case ast.Attribute(value=made, attr=attribute) if attribute not in _OF_VALUES:
                    found |= {_called_name(made)}
                case ast.Compare() | ast.BinOp():
                    found |= _made_twice(node)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                    found |= {objects.get(name, name)}
                case ast.withitem(context_expr=made):
                    found |= {_called_name(made)}
        sides = [side for n in self._nodes if isinstance(n, ast.Compare) for side in (n.left, *n.comparators)]
        places = [*self._class_places(), *sides]
        return frozenset(found | {name.id for node in places for name in _bare_names(node)})

    def _class_places(self) -> list[ast.expr]:
        """Expressions that name classes: what is caught, extended, asked about, or expected to be raised."""
        kinds = [n.type for n in self._nodes if isinstance(n, ast.ExceptHandler) and n.type]
        kinds += [base for n in self._nodes if isinstance(n, ast.ClassDef) for base in n.bases]
        calls = [n for n in self._nodes if isinstance(n, ast.Call)]
        kinds += [n.args[0] for n in calls if n.args and isinstance(n.func, ast.Attribute) and "aises" in n.func.attr]
        asked = {"isinstance", "issubclass", "assertIsInstance"}
        names = [(n, n.func.id if isinstance(n.func, ast.Name) else getattr(n.func, "attr", "")) for n in calls]
        return kinds + [n.args[1] for n, name in names if len(n.args) > 1 and name in asked]

    def is_assertion_at(self, line: int) -> bool:
        """Whether the statement at a line asserts something."""
        statement = self.statement_at(line)
        return isinstance(statement, ast.Assert) or (statement is not None and ".assert" in ast.unparse(statement))

    def source_at(self, line: int) -> str:
        """The statement at a line."""
        statement = self.statement_at(line)
        return ast.unparse(statement) if isinstance(statement, ast.Assert) else self.lines[line - 1].strip()

    def statement_at(self, line: int) -> ast.stmt | None:
        """The innermost statement that a line belongs to."""
        around = [n for n in self._nodes if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or 0)]
        return max(around, key=lambda n: (n.lineno, -(n.end_lineno or 0), not hasattr(n, "body")), default=None)

    def is_own_fault(self, error: BaseException, line: int, asked: tuple[CodeType, int] | None, code: CodeType) -> bool:
        """Whether an error that stopped the tests at a line is theirs: nothing there had come from the program."""
        if isinstance(error, NameError):
            name = (_QUOTED.findall(str(error)) or [""])[0]  # UnboundLocalError has no `name` before Python 3.12
            return not self._is_used_as_theirs(name) and not self._is_bound_by_theirs(name)
        statement = self.statement_at(line)
        if statement is None or isinstance(statement, ast.Raise):  # it is raised on purpose, as an assertion fails
            return False
        end = statement.body[0].lineno - 1 if hasattr(statement, "body") else statement.end_lineno or line
        if asked is not None and asked[0] is code and statement.lineno <= asked[1] <= end:
            return False
        return not _names(statement) & self._tainted()

    def _is_used_as_theirs(self, name: str) -> bool:
        """Whether a name is called, caught, extended or asked about: a function or class that the program lacks."""
        if name in self.called:
            return True
        places = [*self._class_places(), *(n.value for n in self._nodes if isinstance(n, ast.Attribute))]
        return any(isinstance(place, ast.Name) and place.id == name for place in places)

    def _is_bound_by_theirs(self, name: str) -> bool:
        """Whether it depends on the program that a name gets a value: in a loop over a result, or where it raises."""
        found = [node for node in self._nodes if isinstance(node, _BRANCHING) and name in _names(node, ast.Store)]
        return any(_names(node) & (self._tainted() | self.wanted - self.bound) for node in found)

    def _tainted(self) -> set[str]:
        """Names that may have values from the program."""
        theirs = self.wanted - self.bound
        found = {node.arg for node in self._nodes if isinstance(node, ast.arg)}
        binding = [n for n in self._nodes if isinstance(n, (ast.stmt, ast.comprehension, ast.NamedExpr))]
        binding = [n for n in binding if not isinstance(n, (ast.FunctionDef, ast.ClassDef))]
        while True:
            more = set(found)
            for node in binding:
                if _names(node) & (more | theirs):
                    more |= _names(node, ast.Store)
            if more == found:
                return found
            found = more


def _names(node: ast.AST, context: type[ast.expr_context] = ast.Load) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _changes(node: ast.AST, given: Collection[str]) -> bool:
    match node:
        case ast.Compare(ops=[ast.Is() | ast.IsNot(), *_], comparators=[other, *_]):
            return not isinstance(other, ast.Constant)
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            return name in _CHANGING and _is_given(owner, given)
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
            return _is_given(owner, given)
    return False


def _is_given(node: ast.AST, given: Collection[str] = ()) -> bool:
    """Whether an expression may be what the program has given: called, part of it, or under such a name."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    if isinstance(node, ast.Name):
        return node.id in given
    return isinstance(node, ast.Call) and _called_name(node) not in _MAKING


def _called_name(node: ast.AST) -> str:
    """The name that is called, where a node is such a call; "" else."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _made_twice(node: ast.Compare | ast.BinOp) -> set[str]:
    """Names that are called on both sides of an operator: objects of one class."""
    sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else [node.left, node.right]
    called = [{_called_name(part) for part in ast.walk(side)} for side in sides]
    return {name for at, names in enumerate(called) for name in names if any(name in o for o in called[at + 1 :])}


def _bare_names(node: ast.expr) -> list[ast.Name]:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [part for part in parts if isinstance(part, ast.Name)]


def _is_here(name: str) -> bool:
    if name in SOLUTION_MODULES:
        return False
    return is_ours(name) or importlib.util.find_spec(name) is not None
