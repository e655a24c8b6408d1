"""The assertions' end of the link, in a sandbox of its own: it runs the tests' code and counts what held.

The program's functions, classes and objects appear here as stand-ins (see `stand_in`); its values are values of exact
types of our own. What it could forge is refused: its objects are equal to no value, and add up with none, unless the
tests constructed them by a class of the program that they name. Whatever ends the tests is reported at once, so that
no `except` of theirs swallows it.
"""

import importlib
import json
import os
import sys
import time
import types
from typing import Any, NoReturn

from distill.sandbox.inside.cases import has_failed, run_defined
from distill.sandbox.inside.counting import COUNTER, NOTE
from distill.sandbox.inside.endings import SHOWN, is_of_runner, is_success, place_of, shown
from distill.sandbox.inside.link import Hangup, Message
from distill.sandbox.inside.peer import Peer
from distill.sandbox.inside.stand_in import StandInClass, library_function
from distill.sandbox.inside.suite import SOLUTION_MODULES, USUAL, Suite
from distill.sandbox.inside.trust import Trust

ASKING, IDLE = b"1", b"0"
"""The first byte of the result: whether the program is being waited for, when the tests run out of time."""
_RUNNERS = {"unittest", "pytest"}
_AT_ONCE_S = 0.05
"""A program that is gone this soon after it was asked had gone before."""


class Examiner:
    """Runs assertion code against the program at the other end of the link."""

    is_guarded = True

    def __init__(self, link: int, result: int, suite: Suite, entry_point: str | None) -> None:
        self.num_held = 0
        self._result = result
        self._suite = suite
        self._entry_point = entry_point
        self._peer = Peer(link, self)
        self._from_program: list[BaseException] = []
        self._asked: tuple[types.CodeType, int] | None = None
        self._asked_s = 0.0
        self._num_asked = 0
        self._noted: dict[int, object] = {}
        self.is_sharing = suite.is_sharing()
        self.trust = Trust(suite.as_classes(), self._refuse)
        self._has_failed_inside: BaseException | None = None
        self._names: list[str] = []

    def examine(self) -> None:
        """Run the tests; returns if all held."""
        reason = self._suite.why_together()
        if reason:
            self.leave("ours", reason)
        theirs = self._program_names()
        self._names = list(theirs)
        namespace: dict[str, Any] = {"__name__": "__main__", COUNTER: self._count, NOTE: self._note}
        module = types.ModuleType("__main__")
        module.__dict__.update(namespace | self._ours() | theirs)
        sys.modules["__main__"] = module
        self._offer_modules()
        self._send_over()
        for name in _RUNNERS & self._suite.packages:
            importlib.import_module(name).main = lambda *_, **__: 0  # type: ignore[attr-defined]
        self._define(module.__dict__)
        run_defined(module.__dict__, self._entry_point, self._entry(theirs), self, self._suite.loaded)
        if self._has_failed_inside:
            raise self._has_failed_inside

    def _define(self, namespace: dict[str, Any]) -> None:
        """Run the tests' code; where it ends by an exit that is no failure, what it has defined is still to be run."""
        try:
            exec(compile(self._suite.instrumented(), "tests", "exec"), namespace)  # noqa: S102
        except SystemExit as exit_:
            if not is_success(exit_) or self.is_from_program(exit_):
                raise

    def counted(self, num: int) -> None:
        """Tests of a test case have held."""
        self.num_held += num

    def is_from_program(self, error: BaseException) -> bool:
        """Whether the program raised it."""
        return any(error is known for known in self._from_program)

    # Names.

    def _program_names(self) -> dict[str, object]:
        wanted = self._suite.wanted | ({self._entry_point} if self._entry_point else set())
        theirs = self._ask_names("names", wanted)
        if not self._suite.wanted - self._suite.bound and not self._entry_point:
            own = self._ask_names("own", self._suite.usual)
            theirs |= own if len(own) == 1 else {}
        return theirs

    def _ask_names(self, do: str, wanted: set[str]) -> dict[str, object]:
        """Names of the program, of those that are wanted and no others."""
        answer = self._peer.ask(do=do, names=sorted(wanted))
        if type(answer) is not dict:
            self.malformed(ValueError("names that are no object"))
        found = {name: answer[name] for name in wanted if name in answer}
        for name, value in found.items():
            if isinstance(value, type) and issubclass(AssertionError, value) and value is not object:
                self.leave("ours", f"{name} of the program is {value.__name__}, which catches the tests' own failures")
            if isinstance(value, StandInClass) and _is_class_name(name):
                self.trust.meet(name, value)
        return found

    def _entry(self, theirs: dict[str, object]) -> object:
        """What `check` is called with; taken out of the names where it is called like a builtin."""
        if self._entry_point is None:
            return None
        if self._entry_point not in theirs:
            self.leave("error", f"NameError: the program defines no {self._entry_point!r}")
        return theirs[self._entry_point]

    def _ours(self) -> dict[str, object]:
        found: dict[str, object] = {
            name: importlib.import_module(module) for name, module in self._suite.modules.items()
        }
        usual = self._suite.usual & set(USUAL)
        return found | {name: getattr(importlib.import_module(USUAL[name]), name) for name in usual}

    def _offer_modules(self) -> None:
        """Make the program importable as what the tests call it."""
        program = types.ModuleType("solution")
        program.__getattr__ = self._attribute  # type: ignore[method-assign]
        names = set(SOLUTION_MODULES)
        for name, taken in self._suite.strangers().items():
            wanted = self._suite.wanted - self._suite.bound if "*" in taken else taken
            if wanted and set(self._ask_names("names", wanted)) == wanted:
                parts = name.split(".")
                names |= {".".join(parts[: n + 1]) for n in range(len(parts))}
        sys.modules.update(dict.fromkeys(names, program))

    def _send_over(self) -> None:
        """Have dataclasses of the program looked into where they are."""
        if any("dataclasses" in line for line in self._suite.lines):
            module = importlib.import_module("dataclasses")
            for name in ("asdict", "astuple", "fields", "replace", "is_dataclass"):
                setattr(module, name, library_function(getattr(module, name), f"dataclasses:{name}"))

    def _attribute(self, name: str) -> object:
        if name == "__all__":
            return list(self._names)  # and no other: what the tests take for a builtin is not to be replaced
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._ask_names("names", {name})
        if name not in found:
            error = AttributeError(f"the program defines no {name!r}")
            self._from_program.append(error)
            raise error
        self._names.append(name)
        return found[name]

    # What the tests count.

    def _count(self) -> None:
        self.num_held += 1

    def _note(self, place: int, value: object) -> object:
        self._noted[place] = value
        return value

    # The policy of this end.

    def before(self) -> None:
        """Say that the program is being waited for, and note where in the tests."""
        self._num_asked += 1  # it may call functions of the tests, which ask again
        os.pwrite(self._result, ASKING, 0)
        self._asked_s = time.monotonic()
        frame: types.FrameType | None = sys._getframe(1)
        while frame and frame.f_code.co_filename != "tests":
            frame = frame.f_back
        self._asked = (frame.f_code, frame.f_lineno) if frame else self._asked

    def after(self) -> None:
        """Say that the program is no longer waited for."""
        self._num_asked -= 1
        if not self._num_asked:
            os.pwrite(self._result, IDLE, 0)

    def malformed(self, error: BaseException) -> NoReturn:
        """The program has said what makes no sense, or is gone."""
        if isinstance(error, Hangup):
            self.leave("gone", "", was_gone=time.monotonic() - self._asked_s < _AT_ONCE_S)
        self.leave("error", f"a result that is not plain data: {type(error).__name__}: {error}")

    def raised(self, error: BaseException, name: str) -> None:
        """Note what is the program's. A StopIteration that no test speaks of would end their loops without a word."""
        self._from_program.append(error)
        if isinstance(error, StopIteration) and name != "__next__" and "StopIteration" not in self._suite.loaded:
            self.leave("error", "StopIteration")

    def leaves(self, error: object) -> None:
        """An assertion that failed, or could not be made, has failed, whatever the program's `with` makes of it."""
        if isinstance(error, BaseException) and not self.is_from_program(error):
            line = place_of(error)[1]
            if has_failed(error) or (line and self._suite.is_assertion_at(line)):
                raise error

    def callback_failed(self, error: BaseException) -> None:
        """An assertion that failed inside a function of the tests has failed, whatever the program makes of it."""
        if has_failed(error) and not self.is_from_program(error):
            self._has_failed_inside = self._has_failed_inside or error

    def serve(self, message: Message) -> object:
        """Nothing else is served here."""
        raise ValueError(f"no such request: {message}")

    def _refuse(self, name: str) -> NoReturn:
        self.leave("ours", f"the tests apply {name} to an object of the program and a value, which it could forge")

    # The end.

    def leave(self, kind: str, text: str, **more: object) -> NoReturn:
        """Report how it ended, and end."""
        if kind == "held" and self.num_held and not self._names:
            kind, text = "ours", "they use nothing that the program defines"
        shared = self._suite.why_shared() if kind in {"wrong", "error"} else None
        if shared:
            kind, text = "ours", shared
        total = self.num_held if kind == "held" else self._suite.num_assertions()
        report = {"kind": kind, "text": text[:SHOWN], "num_held": self.num_held, "num_tests": total} | more
        os.pwrite(self._result, IDLE + json.dumps(report).encode(), 0)
        os._exit(0)

    def leave_by(self, error: BaseException) -> NoReturn:
        """Report an error that ended the tests, and whose fault it is."""
        code, line = place_of(error)
        text = f"{type(error).__name__}: {shown(error, str)}"
        if has_failed(error) and not self.is_from_program(error):
            self._leave_wrong(error, line)
        if self.is_from_program(error) or any(
            self.is_from_program(e) for e in (error.__cause__, error.__context__) if e
        ):
            self.leave("error", text)
        if isinstance(error, SystemExit):
            self.leave("held" if is_success(error) else "wrong", f"the tests exit with {shown(error.code)}")
        if isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError):
            self.leave("error" if error.name in SOLUTION_MODULES else "ours", text)
        if isinstance(error, ModuleNotFoundError):
            self.leave("ours", text)
        is_own = code is None or self._suite.is_own_fault(error, line, self._asked, code) or is_of_runner(error)
        self.leave("ours" if is_own else "error", text)

    def _leave_wrong(self, error: BaseException, line: int) -> NoReturn:
        source = self._suite.source_at(line) if line else shown(error, str)
        is_noted = "==" in source and len(self._noted) > 1
        sides = [shown(self._noted[place]) for place in (0, 1)] if is_noted else ["", shown(error, str)]
        self.leave("wrong", source, got=sides[0], expected=sides[1])


def examine(link: int, result: int, code: str, entry_point: str | None) -> NoReturn:
    """Run assertions, and report how many held, what went wrong, and whose fault it is."""
    try:
        suite = Suite(code, entry_point)
    except (SyntaxError, ValueError, RecursionError) as error:
        suite = Suite("", None)
        Examiner(link, result, suite, None).leave("ours", f"{type(error).__name__}: {error}")
    examiner = Examiner(link, result, suite, entry_point)
    try:
        examiner.examine()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        examiner.leave_by(error)
    examiner.leave("held", "")


def _is_class_name(name: str) -> bool:
    return name.lstrip("_")[:1].isupper()
