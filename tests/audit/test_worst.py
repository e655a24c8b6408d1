"""The worst examples are the same in whatever parts they were gathered."""

from distill.audit.facts import NUM_EXHIBITS, Exhibit
from distill.audit.worst import Worst


def gathered(scores: list[float], first: int = 0) -> Worst:
    worst = Worst()
    for number, score in enumerate(scores, start=first):
        worst.add("loops", score, Exhibit(where=f"row {number}", excerpt="", why=""))
    return worst


def test_the_worst_come_first_and_of_equals_the_earlier() -> None:
    found = gathered([1, 3, 2, 3])["loops"]
    assert [exhibit.where for exhibit in found] == ["row 1", "row 3", "row 2", "row 0"]


def test_only_twenty_are_kept() -> None:
    found = gathered([float(number % 97) for number in range(1000)])
    assert len(found["loops"]) == len(found.lists()["loops"]) == NUM_EXHIBITS


def test_parts_merge_to_what_the_whole_gives() -> None:
    scores = [float(number * 31 % 13) for number in range(300)]
    merged = Worst()
    for begin in range(0, 300, 70):
        merged.merge(gathered(scores[begin : begin + 70], begin).lists())
    assert merged.lists() == gathered(scores).lists()
