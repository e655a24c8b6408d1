"""What test functions in pytest's form are called with."""

from collections.abc import Iterator

import pytest

from distill.sandbox.inside.fixtures import Fixtures, UnknownFixture, marks_of


def calls(namespace: dict[str, object], name: str = "test") -> list[dict[str, object]]:
    return list(Fixtures(namespace).calls(namespace[name], []))


def test_a_test_without_parameters_is_called_once_and_optional_ones_are_not_given() -> None:
    def test(x: int = 1) -> None: ...

    assert calls({"test": test}) == [{}]


def test_rows_of_parameters_multiply() -> None:
    @pytest.mark.parametrize("a, b", [(1, 2), pytest.param(3, 4), pytest.param(5, 6, marks=pytest.mark.xfail)])
    @pytest.mark.parametrize("c", [[7], [8]])
    @pytest.mark.parametrize(argnames=["d"], argvalues=[(9,)])
    def test(a: int, b: int, c: int, d: int) -> None: ...

    found = [(row["a"], row["b"], row["c"], row["d"]) for row in calls({"test": test})]
    assert sorted(found) == [(1, 2, [7], 9), (1, 2, [8], 9), (3, 4, [7], 9), (3, 4, [8], 9)]


@pytest.mark.parametrize("mark", [pytest.mark.skip(reason="later"), pytest.mark.xfail, pytest.mark.skipif(True)])
def test_what_is_to_be_skipped_or_to_fail_is_not_called(mark: pytest.MarkDecorator) -> None:
    def test() -> None: ...

    assert calls({"test": mark(test)}) == []


def test_fixtures_want_fixtures_and_clean_up_behind_each_call() -> None:
    log: list[str] = []

    @pytest.fixture
    def base() -> list[int]:
        return [1]

    @pytest.fixture(name="more")
    def made_more(base: list[int]) -> Iterator[list[int]]:
        log.append("made")
        yield [*base, 2]
        log.append("gone")

    @pytest.mark.parametrize("x", [1, 2])
    def test(more: list[int], x: int) -> None: ...

    assert calls({"base": base, "more": made_more, "test": test}) == [
        {"more": [1, 2], "x": 1},
        {"more": [1, 2], "x": 2},
    ]
    assert log == ["made", "gone"] * 2


def test_fixtures_of_a_module_are_made_once_and_those_for_all_are_made_unasked() -> None:
    log: list[str] = []

    @pytest.fixture(scope="module")
    def shared() -> Iterator[int]:
        log.append("made")
        yield 1
        log.append("gone")

    @pytest.fixture(autouse=True)
    def always() -> None:
        log.append("always")

    def test(shared: int) -> None: ...

    fixtures = Fixtures({"shared": shared, "always": always})
    assert [list(fixtures.calls(test, [])) for _ in range(2)] == [[{"shared": 1}]] * 2
    fixtures.close()
    assert log == ["always", "made", "always", "gone"]


def test_methods_have_fixtures_and_marks_of_their_class() -> None:
    class TestIt:
        pytestmark = pytest.mark.parametrize("x", [1, 2])

        @pytest.fixture
        def own(self) -> str:
            return type(self).__name__

        def test(self, own: str, x: int) -> None: ...

    found = Fixtures({}).calls(TestIt.test, marks_of(TestIt), TestIt())
    assert list(found) == [{"own": "TestIt", "x": 1}, {"own": "TestIt", "x": 2}]


def test_an_argument_that_nobody_gives_is_said() -> None:
    def test(nobody: int) -> None: ...

    with pytest.raises(UnknownFixture, match="nobody"):
        calls({"test": test})
