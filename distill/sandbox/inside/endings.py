"""What ended the tests: where, what it says, whether it is a failure. Objects of the program may be in it."""

import types
from collections.abc import Callable

SHOWN = 2000
"""Characters of what is said of a value or an error."""


def place_of(error: BaseException) -> tuple[types.CodeType | None, int]:
    """Where in the tests an error was raised."""
    trace, code, line = error.__traceback__, None, 0
    while trace:
        if trace.tb_frame.f_code.co_filename == "tests":
            code, line = trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next
    return code, line


def shown(value: object, show: Callable[[object], str] = repr) -> str:
    """A value for people; what objects of the program say of themselves is theirs, and may end in any way."""
    try:
        return show(value)[:SHOWN]
    except BaseException as error:  # noqa: BLE001 - of the program's own `__repr__` or `__str__`, for one
        return f"a {type(value).__name__} that cannot be shown: {type(error).__name__}"


def is_success(exit_: SystemExit) -> bool:
    """Whether the interpreter would end with status 0; `unittest.main` says False where nothing has failed."""
    return exit_.code is None or (type(exit_.code) in {int, bool} and not exit_.code)


def is_of_runner(error: BaseException) -> bool:
    """Whether it is an error of a package for testing, not of what is tested."""
    return type(error).__module__.partition(".")[0] in {"hypothesis", "_pytest"}
