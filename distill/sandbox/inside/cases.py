"""Run what tests only define: `check(candidate)`, test functions, and test cases, each until it fails."""

import sys
import types
from collections.abc import Collection
from typing import Any, Protocol

from distill.sandbox.inside.fixtures import Fixtures, marks_of


class CaseCounter(Protocol):
    """Who counts tests, and knows whose errors are whose."""

    def counted(self, num: int) -> None:
        """Tests of a test case have held."""
        ...

    def is_from_program(self, error: BaseException) -> bool:
        """Whether the program raised it."""
        ...


def run_defined(
    namespace: dict[str, Any], entry_point: str | None, candidate: object, count: CaseCounter, used: Collection[str]
) -> None:
    """Run what the code only defines; the first failure is raised.

    A function with parameters that is among the names that the code has `used` is no test, but a helper of some.
    """
    check = namespace.get("check")
    if entry_point is not None and callable(check):
        _await(check(candidate))
        return
    module = types.SimpleNamespace(**namespace)
    fixtures, marks = Fixtures(namespace), marks_of(module)
    _set_up(module, "setUpModule", "setup_module")
    for name, test in list(namespace.items()):
        if isinstance(test, types.FunctionType) and name.startswith("test"):
            if not test.__code__.co_argcount or name not in used or hasattr(test, "pytestmark"):
                _set_up(module, "setup_function")
                _run(test, count, fixtures, marks)
        elif isinstance(test, type) and test.__module__ == "__main__":
            if _is_test_case(test):
                _run_case(test, count)
            elif name.startswith("Test"):
                _run_class(test, count, fixtures, marks)
    fixtures.close()


def has_failed(error: object) -> bool:
    """Whether an error says that an assertion of the tests has failed, as `pytest.fail` and `pytest.raises` do, too."""
    return isinstance(error, AssertionError) or _is_outcome(error, "Failed")


def _is_outcome(error: object, name: str) -> bool:
    outcomes = sys.modules.get("_pytest.outcomes")
    return outcomes is not None and isinstance(error, getattr(outcomes, name))


def _run(test: Any, count: CaseCounter, fixtures: Fixtures, marks: list[Any], instance: object = None) -> None:  # noqa: ANN401
    """Call a test function, or a method of an instance, with all that it is to be called with."""
    for arguments in fixtures.calls(test, marks, instance):
        try:
            _await(test(*([instance] if instance else []), **arguments))
        except BaseException as error:
            if not _is_outcome(error, "Skipped") or count.is_from_program(error):
                raise


def _await(result: object) -> None:
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
        if hasattr(getattr(test, test._testMethodName), "__unittest_expecting_failure__"):  # type: ignore[union-attr]
            continue
        try:
            test.debug()
            count.counted(1)
        except unittest.SkipTest as skip:
            if count.is_from_program(skip):
                raise
    kind.tearDownClass()


def _run_class(kind: Any, count: CaseCounter, fixtures: Fixtures, marks: list[Any]) -> None:  # noqa: ANN401
    """Run each method of a class of tests on an instance of its own."""
    _set_up(kind, "setup_class")
    for name in dir(kind):
        if name.startswith("test") and callable(getattr(kind, name)):
            instance = kind()
            _set_up(instance, "setup_method")
            _run(getattr(kind, name), count, fixtures, [*marks, *marks_of(kind)], instance)
            _set_up(instance, "teardown_method")
    _set_up(kind, "teardown_class")


def _set_up(owner: object, *names: str) -> None:
    """Call what stands around tests, where there is such a function; it may want to know which test or module."""
    for name in names:
        function = getattr(owner, name, None)
        if function is not None:
            function(*([None] if function.__code__.co_argcount > hasattr(function, "__self__") else []))
