"""What counts as an assertion in the tests' code, and the code that counts those that held."""

import ast

COUNTER, NOTE = "__num_asserts_held__", "__note__"
_ANY_ERROR = {"Exception", "BaseException", "AssertionError"}
"""What catches these catches a program's mistakes, too: nothing is asserted."""


def is_assertion(node: ast.AST, own: frozenset[str]) -> bool:
    """Whether a statement asserts something: by `assert`, `with pytest.raises`, `np.testing.assert_equal(…)`.

    Functions of the tests' `own` assert what they hold.
    """
    match node:
        case ast.Assert():
            return True
        case ast.With(items=items):
            return any(_expects_error(item.context_expr) for item in items)
        case ast.Expr(value=ast.Call() as call):
            name = call.func.id if isinstance(call.func, ast.Name) else _attribute_called(call)
            return _expects_error(call) or (name.startswith("assert_") and name not in own)
    return False


def count_plain(body: list[ast.stmt], entry_point: str | None, own: frozenset[str]) -> int:
    """Assertions that run once each: at the top, in `check`, and in test functions and methods."""
    found = 0
    for node in body:
        is_run = (
            isinstance(node, ast.FunctionDef)
            and not node.decorator_list
            and (node.name == "check" if entry_point else node.name.startswith("test"))
        )
        if is_run or isinstance(node, ast.ClassDef):
            found += count_plain(node.body, None, own)  # type: ignore[attr-defined]
        found += is_assertion(node, own)
    return found


class AssertionCounting(ast.NodeTransformer):
    """Count each assertion that held, and note what it compared."""

    def __init__(self, own: frozenset[str]) -> None:
        """Know the names of functions that are the tests' `own`."""
        self._own = own

    def generic_visit(self, node: ast.AST) -> ast.AST | list[ast.AST]:  # type: ignore[override]
        """Have a statement that asserts counted behind itself, and an error that has to come where it is caught."""
        super().generic_visit(node)
        if isinstance(node, ast.Try) and any(map(_is_never_reached, [*node.body, *node.orelse])):
            for handler in (each for each in node.handlers if _is_special(each.type)):
                handler.body.insert(0, _counted(handler))
        return [node, _counted(node)] if is_assertion(node, self._own) else node

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        """Note both sides of a comparison."""
        match node.test:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                sides = [_call(NOTE, ast.Constant(value=place), side) for place, side in enumerate((left, right))]
                node.test = ast.copy_location(ast.Compare(sides[0], [ast.Eq()], [sides[1]]), node.test)
        return [node, _counted(node)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """Tests in a package mean the program by a relative import."""
        if node.level:
            node.level, node.module = 0, node.module or "solution"
        return node


def _attribute_called(node: ast.AST) -> str:
    """The attribute that is called, where a node is such a call; "" else."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def _expects_error(node: ast.expr) -> bool:
    """Whether it is `pytest.raises(…)` of an error that not every mistake is."""
    return _attribute_called(node) == "raises" and isinstance(node, ast.Call) and _is_special(*node.args[:1])


def _is_special(kind: ast.expr | None = None) -> bool:
    return kind is not None and _ANY_ERROR.isdisjoint(part.id for part in ast.walk(kind) if isinstance(part, ast.Name))


def _is_never_reached(node: ast.stmt) -> bool:
    """Whether a statement fails wherever it is reached: `assert False`, `raise AssertionError`, `pytest.fail()`."""
    match node:
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
        case ast.Raise(exc=error):
            return error is not None and "AssertionError" in ast.unparse(error)
        case ast.Expr(value=call):
            return _attribute_called(call) == "fail"
    return False


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _counted(place: ast.AST) -> ast.stmt:
    return ast.copy_location(ast.Expr(_call(COUNTER)), place)
