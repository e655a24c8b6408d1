"""Run what tests only define: `check(candidate)`, test functions, and test cases, each until it fails."""

import sys
import types
from typing import Any, Protocol


class CaseCounter(Protocol):
    """Who counts tests, and knows whose errors are whose."""

    def counted(self, num: int) -> None:
        """Tests of a test case have held."""
        ...

    def is_from_program(self, error: BaseException) -> bool:
        """Whether the program raised it."""
        ...


def run_defined(namespace: dict[str, Any], entry_point: str | None, candidate: object, count: CaseCounter) -> None:
    """Run what the code only defines; the first failure is raised."""
    check = namespace.get("check")
    if entry_point is not None and callable(check):
        _run(check, candidate)
        return
    for name, test in list(namespace.items()):
        if isinstance(test, types.FunctionType) and name.startswith("test") and not test.__code__.co_argcount:
            _run(test)
        elif isinstance(test, type) and test.__module__ == "__main__":
            if _is_test_case(test):
                _run_case(test, count)
            elif name.startswith("Test"):
                _run_class(test)


def _run(test: Any, *arguments: object) -> None:  # noqa: ANN401 - a function, of either kind
    result = test(*arguments)
    if isinstance(result, types.CoroutineType):
        import asyncio  # slow to import

        asyncio.run(result)


def _is_test_case(kind: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(kind, unittest.TestCase)


def _run_case(kind: Any, count: CaseCounter) -> None:  # noqa: ANN401 - a test case
    """Run the tests of a test case by `debug`, which raises what they raise instead of writing it down."""
    import unittest  # the tests did, so it costs nothing here

    kind.setUpClass()
    for test in unittest.defaultTestLoader.loadTestsFromTestCase(kind):
        try:
            test.debug()
            count.counted(1)
        except unittest.SkipTest as skip:
            if count.is_from_program(skip):
                raise
    kind.tearDownClass()


def _run_class(kind: Any) -> None:  # noqa: ANN401 - a class of test methods
    for name in dir(kind):
        if name.startswith("test"):
            instance = kind()
            getattr(instance, "setup_method", lambda *_: None)(*_wanted(instance, "setup_method"))
            _run(getattr(instance, name))


def _wanted(instance: object, name: str) -> tuple[object, ...]:
    method = getattr(instance, name, None)
    return (None,) if method is not None and method.__code__.co_argcount > 1 else ()
