"""What a Python source defines, what it needs, and the statements that define it. It is read, never run."""

import ast
import builtins
import re
import symtable
import warnings
from collections.abc import Collection, Iterator
from functools import cached_property, lru_cache

MAX_CHARACTERS = 2**18
"""Longer sources are not read: what answers hold is far below, and reading takes a hundred times the memory."""
BUILTINS = frozenset(dir(builtins)) | {"__file__", "__name__"}
_MAKING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFINING = (*_MAKING, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
_HOLDING = (ast.If, ast.Try, ast.With, ast.For, ast.While)
_READS_INPUT = re.compile(r"\binput\b|\bstdin\b|\bopen\(\s*0|\bfileinput\b|/dev/stdin|\bos\.read\b")
_INPUT_FILES = ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")


class PythonSource:
    """A Python source and its statements; one that does not parse defines nothing and needs nothing."""

    def __init__(self, code: str) -> None:
        """Read it; its lines end as Python takes them to."""
        self.code = code.replace("\r\n", "\n").replace("\r", "\n")
        self._read = _read(self.code)
        self.is_valid = self._read is not None
        self.statements = self._read[0].body if self._read else []

    @cached_property
    def made(self) -> frozenset[str]:
        """Functions and classes that it defines at its top, and methods of its class `Solution`; stubs do not count."""
        return frozenset(name for statement in self.statements for name in _makes(statement))

    @cached_property
    def defined(self) -> frozenset[str]:
        """Names that it binds at its top, and methods of its class `Solution`; stubs do not count."""
        return self.made.union(*map(_binds, self.statements))

    @cached_property
    def free(self) -> frozenset[str]:
        """Names that it reads as globals and binds nowhere, builtins among them."""
        read, bound = set[str](), set[str]()
        tables = [self._read[1]] if self._read else []
        for table in tables:  # grows meanwhile
            tables += table.get_children()
            for symbol in table.get_symbols():
                if table.get_type() == "module" or symbol.is_global():
                    read |= {symbol.get_name()} if symbol.is_referenced() else set()
                    bound |= {symbol.get_name()} if symbol.is_assigned() or symbol.is_imported() else set()
        return frozenset(read - bound)

    @cached_property
    def needed(self) -> frozenset[str]:
        """Names that it reads as globals, binds nowhere, and Python does not have."""
        return self.free - BUILTINS

    @cached_property
    def is_running(self) -> bool:
        """Whether it does anything besides defining, as a program does."""
        return any(not isinstance(statement, _DEFINING) and not _is_value(statement) for statement in self.statements)

    @cached_property
    def is_reading(self) -> bool:
        """Whether it reads its input; one with an error may."""
        return any(map(_reads_input, self._nodes)) if self.is_valid else bool(_READS_INPUT.search(self.code))

    @cached_property
    def is_trial(self) -> bool:
        """Whether it makes its input up, as what tries a program out does."""
        return any(map(_makes_input, self._nodes))

    @cached_property
    def _nodes(self) -> list[ast.AST]:
        return [node for statement in self.statements for node in ast.walk(statement)]

    @cached_property
    def is_code(self) -> bool:
        """Whether it has a statement that is not a mere value, as an output or a comment has none."""
        return any(not _is_value(statement) for statement in self.statements)

    @cached_property
    def is_whole(self) -> bool:
        """Whether it can be compiled: it does not return outside of any function, as the body of one does."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(self.code, "program", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return True

    def definitions(self) -> dict[int, set[str]]:
        """Its statements that only define, by their place, and the names that each of them binds."""
        return {at: _binds(part) for at, part in enumerate(self.statements) if isinstance(part, (*_DEFINING, ast.Try))}

    def defining(self, names: Collection[str]) -> str:
        """The statements that define any of the names, and what these need of it in turn, as they are written."""
        wanted, known, taken = set(names), set[str](), list[ast.stmt]()
        definitions = self.definitions()
        while wanted - known:
            known |= wanted
            taken = [self.statements[at] for at, bound in definitions.items() if not known.isdisjoint(bound)]
            wanted |= {node.id for part in taken for node in ast.walk(part) if isinstance(node, ast.Name)}
        lines = self.code.split("\n")
        return "\n".join("\n".join(lines[first_line(part) - 1 : part.end_lineno]) for part in taken) + "\n"

    def place(self) -> tuple[int, int]:
        """The line and the column, from 0, before which nothing may stand: a docstring, imports from the future."""
        for number, statement in enumerate(self.statements):
            is_docstring = number == 0 and _is_text(statement)
            if not is_docstring and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
                return first_line(statement) - 1, statement.col_offset
        return self.code.count("\n") + 1, 0

    def behind(self, code: str) -> str:
        """The source behind other code, which comes after a docstring and imports from the future."""
        lines = self.code.split("\n")
        row = self.place()[0]
        return "\n".join([*lines[:row], code.rstrip("\n"), *lines[row:]])


def first_line(statement: ast.stmt) -> int:
    """The line on which a statement begins, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


@lru_cache(maxsize=16)
def _read(code: str) -> tuple[ast.Module, symtable.SymbolTable] | None:
    if len(code) > MAX_CHARACTERS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in its strings
            return ast.parse(code), symtable.symtable(code, "program", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _makes(statement: ast.stmt) -> Iterator[str]:
    """Functions and classes that a statement defines; of the class `Solution` also the methods."""
    if isinstance(statement, _MAKING) and not is_stub(statement):
        yield statement.name
    if isinstance(statement, ast.ClassDef) and statement.name == "Solution":
        yield from (part.name for part in statement.body if isinstance(part, _MAKING) and not is_stub(part))
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Lambda):
        yield from _all_bound(statement)
    if isinstance(statement, _HOLDING):
        for part in ast.walk(statement):
            if part is not statement and isinstance(part, _MAKING) and not is_stub(part):
                yield part.name


def _binds(statement: ast.stmt) -> set[str]:
    """Names that a statement binds, but for those of stubs."""
    return set() if isinstance(statement, _MAKING) and is_stub(statement) else _all_bound(statement)


def _all_bound(statement: ast.stmt) -> set[str]:
    """Names that a statement binds where it stands."""
    if isinstance(statement, _MAKING):
        return {statement.name}
    names = set[str]()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in aliases}
            case _:
                pass
    return names


def is_stub(made: ast.stmt) -> bool:
    """Whether a function has no body yet: a docstring, `pass`, `...` or `raise NotImplementedError` alone."""
    if not isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return all(
        isinstance(part, ast.Pass)
        or _is_value(part)
        or (isinstance(part, ast.Raise) and "NotImplemented" in ast.unparse(part))
        for part in made.body
    )


def _reads_input(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="input" | "stdin" | "fileinput", ctx=ast.Load()):
            return True
        case ast.Attribute(attr="stdin" | "__stdin__" | "input", ctx=ast.Load()):
            return True
        case ast.Attribute(value=ast.Name(id="os"), attr="read"):
            return True
        case ast.Call(func=ast.Name(id="open") | ast.Attribute(attr="fdopen"), args=[ast.Constant(value=0), *_]):
            return True
    return isinstance(node, ast.Constant) and node.value in _INPUT_FILES


def _makes_input(node: ast.AST) -> bool:
    """Whether it puts a text in the place of the input: `sys.stdin = StringIO("4")`, `patch("builtins.input")`."""
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="stdin")], value=ast.Call(func=made, args=[text, *_])):
            return ast.unparse(made).endswith("StringIO") and not any(map(_reads_input, ast.walk(text)))
        case ast.Call(func=made, args=[ast.Constant(value="builtins.input" | "sys.stdin"), *_]):
            return "patch" in ast.unparse(made)
    return False


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_value(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(
        statement.value, (ast.Constant, ast.Name, ast.Tuple, ast.List, ast.UnaryOp)
    )


def imported_from(source: PythonSource, modules: Collection[str]) -> frozenset[str]:
    """Names that a source takes from any of the modules, by importing them or through the module."""
    nodes = [node for statement in source.statements for node in ast.walk(statement)]
    froms = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) and node.module in modules
             for alias in node.names}  # fmt: skip
    called = {alias.asname or alias.name for node in nodes if isinstance(node, ast.Import)
              for alias in node.names if alias.name in modules}  # fmt: skip
    through = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
               and node.value.id in called}  # fmt: skip
    return frozenset(froms | through)
