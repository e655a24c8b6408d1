"""Containers that both ends of a link have."""

from collections import Counter, OrderedDict, defaultdict, deque

import pytest

from distill.sandbox.inside.boxes import Boxes, content_of, empty_like, fill


def same(value: object) -> object:
    return value


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        {3, 4},
        {"b": 1, "a": 2},
        deque([1, 2], maxlen=3),
        Counter("aab"),
        OrderedDict(b=1, a=2),
        defaultdict(list, x=[1]),
        bytearray(b"ab"),
    ],
)
def test_a_container_is_filled_with_what_another_held(value: object) -> None:
    content = content_of(value, same)
    assert isinstance(content, dict)
    made = empty_like(content)
    fill(made, content, same)
    assert (made, type(made), repr(made)) == (value, type(value), repr(value))


def test_only_changes_are_said_and_they_are_made_in_place() -> None:
    here, there = Boxes(0), Boxes(1)
    mine: list[object] = [1]
    number = here.number_of(mine, is_shared=True)
    there.apply(here.changes(same), same, same)
    theirs = there.value(number)
    assert here.changes(same) == {} == there.changes(same)
    assert isinstance(theirs, list)
    theirs.append(True)
    here.apply(there.changes(same), same, same)
    assert mine == [1, True]


def test_what_nobody_else_has_is_dropped() -> None:
    boxes = Boxes(1)
    kept = [1]
    numbers = [boxes.number_of(kept, is_shared=True), boxes.number_of([2], is_shared=True)]
    assert boxes.drop_unused() == numbers[1:]
    assert boxes.value(numbers[0]) is kept


def test_a_container_that_another_took_the_place_of_leaves_no_number_for_the_next_at_its_address() -> None:
    class Mine(list[object]):
        pass

    boxes, mine = Boxes(0), Mine()
    boxes.apply({"1": {"list": [1]}}, same, same)
    boxes.adopt(1, mine)
    others: list[list[object]] = [[] for _ in range(1000)]
    later = [others, *others]
    assert boxes.number_of(mine, is_shared=False) == 1
    assert {boxes.number_of(other, is_shared=False) for other in later} == {None}
    assert mine == [1]
