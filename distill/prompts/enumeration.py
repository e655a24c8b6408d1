"""The items of an enumeration in a problem, however they are labelled: (a), 1., (iii), （2）, Part B, a list. Pure."""

import re
from typing import NamedTuple

MIN_ITEMS = 2
_BEFORE = r"(?:(?<=^)|(?<=[\s.;:,?!¤。；：，、？！)）*]))"
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
_KINDS = (tuple("abcdefgh"), _ROMAN, tuple(map(str, range(1, 10))), tuple(map(str.upper, _ROMAN)), tuple("ABCDEFGH"))
_LABEL = r"([a-hA-H]|[ivIV]{1,4}|[1-9])"
_LABELS = (
    re.compile(rf"{_BEFORE}[(（]?\s?{_LABEL}\s?[)）]"),
    re.compile(rf"(?:(?<=^)|(?<=[\n•]))[ \t]*+{_LABEL}[.．、:](?=\D)"),
    re.compile(rf"\b(?:part|question|problem|task|step)\s+\(?{_LABEL}(?=[):. ])[):.]?", re.IGNORECASE),
)


class Enumeration(NamedTuple):
    """A list within a text."""

    lead: str
    """What stands before the first item."""
    items: tuple[str, ...]
    is_capital: bool = False
    """Labelled A, B, C: mostly options of a multiple choice."""


def enumerations(text: str) -> list[Enumeration]:
    """Each run of labels that begins with the first of its kind and goes on in order, with at least two items."""
    found = [run for labels in _LABELS for run in _runs(text, list(labels.finditer(text)))]
    lead, *points = text.split("•")
    return [*found, Enumeration(lead, tuple(points))] if len(points) >= MIN_ITEMS else found


def _runs(text: str, labels: list[re.Match[str]]) -> list[Enumeration]:
    return [run for kind in _KINDS for run in [_run(text, labels, kind)] if len(run.items) >= MIN_ITEMS]


def _run(text: str, labels: list[re.Match[str]], kind: tuple[str, ...]) -> Enumeration:
    places: list[re.Match[str]] = []
    for label in labels:
        if len(places) < len(kind) and label[1] == kind[len(places)]:
            places.append(label)
    ends = [place.start() for place in places[1:]] + [len(text)]
    items = tuple(text[place.end() : end].strip() for place, end in zip(places, ends, strict=False))
    return Enumeration(text[: places[0].start()] if places else text, items, kind[0] == "A")
