"""The assertions' end of the link, in a sandbox of its own: it runs the tests' code and counts what held.

The program's functions appear here as stand-ins. What they return is plain data of exact builtin types; objects of
the program stay over there, and what it could forge about them (comparing or computing with values) is refused.
Builtins and modules of the standard library are never taken from the program.
"""

import ast
import builtins
import importlib
import json
import os
import sys
import types
from typing import NoReturn

from distill.sandbox.assertions import SOLUTION_MODULES, modules_used, names_used
from distill.sandbox.inside.link import Hangup, Link, Message
from distill.sandbox.plain import decode, encode

_COUNTER = "__num_asserts_held__"


class Unforgeable(Exception):  # noqa: N818 - a refusal
    """The tests want of the program's objects what the program could forge."""


class ProgramError(Exception):
    """The program raised something that the tests did not expect."""


class Examiner:
    """Runs assertion code against the program at the other end of the link."""

    def __init__(self, fd: int) -> None:
        self.num_held = 0
        self.from_program: list[BaseException] = []
        self._link = Link(fd, self._answer)
        self._callbacks: list[object] = []
        self._exceptions: dict[str, type[BaseException]] = {}

    def examine(self, code: str, entry_point: str | None) -> None:
        """Run the tests; returns if all held."""
        tree = _Counting().visit(ast.parse(code))
        namespace: dict[str, object] = {"__name__": "__main__", _COUNTER: self._count}
        wanted = names_used(code) | ({entry_point} if entry_point else set())
        namespace.update(self._names(wanted, modules_used(code) & wanted))
        program = types.ModuleType("solution")
        program.__dict__.update(namespace)
        sys.modules.update(dict.fromkeys(SOLUTION_MODULES, program))
        module = types.ModuleType("__main__")
        module.__dict__.update(namespace)
        sys.modules["__main__"] = module
        exec(compile(ast.fix_missing_locations(tree), "tests", "exec"), module.__dict__)  # noqa: S102
        self._run_defined(module.__dict__, entry_point)

    def _run_defined(self, namespace: dict[str, object], entry_point: str | None) -> None:
        """Run what the code only defines: `check(candidate)`, test functions, test cases."""
        check = namespace.get("check")
        if entry_point is not None and callable(check):
            if entry_point not in namespace:
                raise ProgramError(f"NameError: the program defines no {entry_point!r}")
            check(namespace[entry_point])
            return
        for name, test in list(namespace.items()):
            if isinstance(test, types.FunctionType) and name.startswith("test") and not test.__code__.co_argcount:
                test()
            elif isinstance(test, type) and "unittest" in sys.modules:
                self._run_cases(test)

    def _run_cases(self, cases: type) -> None:
        import unittest  # the tests did, so it costs nothing here

        if not issubclass(cases, unittest.TestCase):
            return
        result = unittest.TestResult()
        result.failfast = True
        unittest.defaultTestLoader.loadTestsFromTestCase(cases).run(result)
        for _, text in (*result.failures, *result.errors):
            raise AssertionError(text.strip().rsplit("\n", 1)[-1])
        self.num_held += result.testsRun - len(result.skipped)

    def _count(self) -> None:
        self.num_held += 1

    def _names(self, wanted: set[str], modules: set[str]) -> dict[str, object]:
        theirs = self._ask(do="names", names=sorted(wanted - modules))
        assert isinstance(theirs, dict)
        found = {name: self._decode(value) for name, value in theirs.items()}
        return found | {name: importlib.import_module(name) for name in modules}

    def _ask(self, **message: object) -> object:
        received = self._link.request(message)
        if "raised" in received:
            raise self._exception(received["raised"], received.get("text"))
        return received["answer"]

    def call(self, handle: int, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call an object of the program; lists, dicts and sets that it changed are changed here too."""
        sent = [self._encode(argument) for argument in arguments]
        keywords = {name: self._encode(value) for name, value in named.items()}
        received = self._link.request({"do": "call", "of": handle, "arguments": sent, "named": keywords})
        if "raised" in received:
            raise self._exception(received["raised"], received.get("text"))
        changed = received.get("changed")
        for index, new in changed.items() if isinstance(changed, dict) else ():
            _replace(arguments[int(index)], self._decode(new))
        return self._decode(received["answer"])

    def attribute(self, handle: int, name: str) -> object:
        """Read an attribute of an object of the program."""
        return self._decode(self._ask(do="attribute", of=handle, name=name))

    def assign(self, handle: int, name: str, value: object) -> None:
        """Set an attribute of an object of the program."""
        self._ask(do="assign", of=handle, name=name, value=self._encode(value))

    def is_instance(self, handle: int, kind: int) -> bool:
        """Whether an object of the program is an instance of a class of the program."""
        return self._ask(do="is_instance", of=handle, kind=kind) is True

    def _answer(self, message: Message) -> Message:
        """The program calls a function that the tests gave it."""
        number, arguments = message.get("of"), message.get("arguments")
        try:
            if not isinstance(number, list) or not isinstance(arguments, list):
                raise TypeError("not a callback")
            function = self._callbacks[number[0]]
            return {"answer": self._encode(function(*map(self._decode, arguments)))}  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 - it crosses to the program, whose call it is
            return {"answer": None, "raised": [type(error).__name__], "text": str(error)[:1000]}

    def _encode(self, value: object) -> object:
        return encode(value, self._handle)

    def _handle(self, value: object) -> object:
        if isinstance(value, Remote):
            return object.__getattribute__(value, "_handle")
        if not callable(value):
            raise Unforgeable(f"the tests pass a {type(value).__name__} to the program, which is not plain data")
        self._callbacks.append(value)
        return [len(self._callbacks) - 1]

    def _decode(self, data: object) -> object:
        if isinstance(data, dict) and set(data) == {"exception"}:
            return type(self._exception(data["exception"], ""))
        return decode(data, self._refer)

    def _refer(self, handle: object) -> object:
        match handle:
            case {"module": str() as name}:
                return importlib.import_module(name) if name in sys.stdlib_module_names else None
            case int():
                return Remote(self, handle)
        raise ValueError("not a handle")

    def _exception(self, ancestry: object, text: object) -> BaseException:
        """The program's exception, as an instance of the builtin class that it extends."""
        names = [str(name) for name in ancestry] if isinstance(ancestry, list) else []
        base = getattr(builtins, names[-1], None) if names else None
        kind = base if isinstance(base, type) and issubclass(base, Exception) else ProgramError
        for name in reversed(names[:-1]):
            kind = self._exceptions.setdefault(name, type(name, (kind,), {}))  # type: ignore[assignment]
        error = kind(str(text))
        self.from_program.append(error)
        return error


class Remote:
    """An object of the program. Using it happens over there; comparing it with values is never true."""

    def __init__(self, examiner: Examiner, handle: int) -> None:
        object.__setattr__(self, "_examiner", examiner)
        object.__setattr__(self, "_handle", handle)

    def __getattr__(self, name: str) -> object:
        return _examiner(self).attribute(_handle(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        _examiner(self).assign(_handle(self), name, value)

    def __call__(self, *arguments: object, **named: object) -> object:
        """Call it, over there."""
        return _examiner(self).call(_handle(self), arguments, named)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, Remote) and _examiner(self).is_instance(_handle(instance), _handle(self))

    def __bool__(self) -> bool:
        return True

    def __hash__(self) -> int:
        return _handle(self)


def _examiner(remote: Remote) -> Examiner:
    examiner = object.__getattribute__(remote, "_examiner")
    assert isinstance(examiner, Examiner)
    return examiner


def _handle(remote: Remote) -> int:
    handle = object.__getattribute__(remote, "_handle")
    assert isinstance(handle, int)
    return handle


def _forward(name: str) -> types.FunctionType:
    def method(self: Remote, *arguments: object) -> object:
        try:
            found = self.__getattr__(name)
        except AttributeError as error:
            raise TypeError(f"an object of the program has no {name}") from error
        return found(*arguments)  # type: ignore[operator]

    return method  # type: ignore[return-value]


def _forward_between_objects(name: str) -> types.FunctionType:
    def method(self: Remote, other: object) -> object:
        if isinstance(other, Remote):
            return self.__getattr__(name)(other)  # type: ignore[operator]
        if name in {"__eq__", "__ne__"}:
            return name == "__ne__"
        raise Unforgeable(f"the tests apply {name} to an object of the program and a value")

    return method  # type: ignore[return-value]


for _name in "len iter next getitem setitem delitem enter exit str repr".split():
    setattr(Remote, f"__{_name}__", _forward(f"__{_name}__"))
for _name in (
    "eq ne lt le gt ge add sub mul truediv floordiv mod pow and or xor matmul "
    "radd rsub rmul rtruediv rfloordiv rmod rpow"
).split():
    setattr(Remote, f"__{_name}__", _forward_between_objects(f"__{_name}__"))


class _Counting(ast.NodeTransformer):
    """Count each assertion that held."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        count = ast.Expr(ast.Call(ast.Name(_COUNTER, ast.Load()), [], []))
        return [node, ast.copy_location(count, node)]


def _replace(old: object, new: object) -> None:
    if isinstance(old, list) and isinstance(new, list):
        old[:] = new
    elif isinstance(old, (dict, set)) and isinstance(new, type(old)):
        old.clear()
        old.update(new)


def examine(link: int, result: int, code: str, entry_point: str | None) -> NoReturn:
    """Run assertions, and report how many held, what went wrong, and whose fault it is."""
    examiner = Examiner(link)
    kind, text = "", ""
    try:
        examiner.examine(code, entry_point)
    except AssertionError as error:
        kind, text = "wrong", _where(error, code)
    except Hangup:
        kind = "gone"
    except (Unforgeable, SyntaxError, ModuleNotFoundError) as error:
        kind, text = "ours", f"{type(error).__name__}: {error}"
    except BaseException as error:  # noqa: BLE001 - an error of the program, or of its results
        kind, text = "error", f"{type(error).__name__}: {error}"
    report = json.dumps({"num_held": examiner.num_held, "kind": kind, "text": text[:300]})
    os.write(result, report.encode())
    os._exit(0)


def _where(error: AssertionError, code: str) -> str:
    """The assertion that failed, as it is written."""
    trace, line = error.__traceback__, 0
    while trace:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "tests" else line
        trace = trace.tb_next
    lines = code.split("\n")
    return lines[line - 1].strip() if 0 < line <= len(lines) else str(error)
