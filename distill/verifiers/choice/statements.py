"""Which options the sentences of a text state, deny or leave open. Pure."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

from distill.verifiers.choice.tokens import Sign, kinds_of

_RUN: Final = "aocsifrwnbdej:,N"
"""Kinds that may stand between the word that announces an answer and the answer."""


def _list_of(letter: str) -> str:
    return rf"{letter}(?:(?:,?[&|][fd]{{0,2}}|,)o?{letter})*+"


_LETTERS = re.compile(
    rf"(?<![{_RUN}])(?P<before>[{_RUN}]*+)(?P<letters>{'|'.join(map(_list_of, 'LBX'))}|R|l)"
    rf"(?=(?P<after>[{_RUN}]*+)(?P<next>.?))"
)
_LISTED = re.compile(r"[^N]{0,99}N+o?[LB][.:N]")
"""What follows the first of several letters that open lines."""
_OF_NONE = re.compile("(?<![acsofi:r,N])(?P<run>[acsofi:r,N]++)(?P<none>[zv])")
_WORDS = re.compile(rf"(?<![{_RUN}])(?P<run>[{_RUN}]++)(?P<next>.?)")


class Mood(Enum):
    """What is said of the options."""

    PICKED = "picked"
    CALLED_RIGHT = "called right"
    """A pick, unless several options are called so one after another."""
    DENIED = "denied"
    OPEN = "open"
    """Several are offered, as in `A or B`."""


NO_OPTION: Final = frozenset({-1})
"""The places that `none of the above` picks where no option reads so."""


class Claim(NamedTuple):
    """What is said of some options, at which token it stands, and whether it is in doubt."""

    at: int
    places: frozenset[int]
    mood: Mood
    is_doubted: bool = False


def statements(row: list[Sign]) -> Iterator[Claim]:
    """Every statement about letters, in the order of the text."""
    kinds = kinds_of(row)
    for match in _LETTERS.finditer(kinds):
        mood, places = _mood(match, kinds), _places(match, row)
        if mood is Mood.PICKED and not places:
            mood = Mood.OPEN  # a box that holds `A or B`
        if mood is Mood.PICKED and _is_a_list_cut_by_a_comma(match):
            places = frozenset(row[match.start("letters")].places)
        if mood is not None:
            doubt = "d" in re.split("[,N]", match["before"])[-1] + match["letters"] or _leads(match["after"], "d")
            yield Claim(match.start("letters"), places, mood, doubt and mood is not Mood.DENIED)
    for match in _OF_NONE.finditer(kinds):
        if not {*"acso"}.isdisjoint(match["run"]):
            none = match["none"] == "z"
            yield Claim(match.start(), NO_OPTION, Mood.PICKED if none else Mood.OPEN)


def announced(row: list[Sign]) -> Iterator[tuple[int, str]]:
    """The last token that announces an answer in words, and the kinds of all that do."""
    kinds = kinds_of(row)
    for match in _WORDS.finditer(kinds):
        run = match["run"]
        run = run[: max(run.rfind(kind) for kind in "i:cs") + 1]
        says_so = not {*"acs"}.isdisjoint(run) or ("r" in run and "i" in run)
        if says_so and {*"nwe"}.isdisjoint(run) and match["next"] not in tuple("LBXRl"):
            yield match.start() + len(run) - 1, run


def _places(match: re.Match[str], row: list[Sign]) -> frozenset[int]:
    start, end = match.span("letters")
    return frozenset(place for token in row[start:end] for place in token.places)


def _mood(match: re.Match[str], kinds: str) -> Mood | None:
    before, after, letters = _clause(match["before"]), match["after"], match["letters"]
    end, is_at_end = (after + match["next"])[:1], (after.removeprefix("i") + match["next"])[:1] in ("", *".N,kdutx|")
    start, at = match.span("letters")[0], match.start()
    if end == "?" or kinds[max(0, at - 1) : at] == "h" or _is_of_others(match, kinds):
        return None
    if _denies(before, after + match["next"], _lead(match, kinds)):
        return Mood.DENIED
    if "w" in before or "w" in _predicate(after):
        return None
    is_open = "|" in letters or end == "|" or ("N" in before and _LISTED.match(kinds, match.end("letters")) is not None)
    if _picks(before, after, letters, is_at_end):
        return Mood.OPEN if is_open else Mood.PICKED
    if is_open or letters == "l":
        return None
    follows_value = re.search("a[i:][^.N]{1,8}$", kinds[max(0, start - 10) : start])
    is_pointed = letters[0] == "B" and end in ("", ".", "N") and ("i" in before or follows_value)
    return Mood.CALLED_RIGHT if "r" in _predicate(after) or is_pointed or ("i" in before and "o" in before) else None


def _picks(before: str, after: str, letters: str, is_at_end: bool) -> bool:
    if letters[0] == "X" or "c" in before or ("a" in before and re.search("[i:Nr]", before)):
        return True
    if letters == "l":
        return False
    names_it = re.match("[fir]*+a", after)
    if (names_it and "i" in names_it[0]) or ("r" in before and re.search("[o:i]", before)):
        return True
    if not is_at_end:
        return "r" in _predicate(after) and "s" in before
    return bool(re.search("[asbd]", before)) or ("o" in before and ":" in before and "N" not in before)


def _clause(before: str) -> str:
    """The part of the words before letters that belongs to them."""
    head, newline, tail = before.rpartition("N")
    if newline and not re.search("[:ai]$", head.rstrip("N")):
        before = tail
    start = max(before.rfind("s"), before.rfind("b"))
    return before[start:] if start >= 0 else before.rpartition(",")[2] if not before.startswith("a") else before


def _predicate(after: str) -> str:
    """What is said of the letters before the clause ends."""
    match = re.match(r"o?([ifrwnd]*)", after)
    return match[1] if match else ""


def _denies(before: str, after: str, lead: str) -> bool:
    said = _predicate(after)
    if "w" in said or re.match("o?f*(?:i[if]*n[fi]*(?:[rao.N,k]|$)|ni*(?:[.N,]|$))", after):
        return "n" not in said or "w" not in said
    return "n" in before or "e" in before or (not before.startswith(("s", "b")) and "n" in lead)


def _lead(match: re.Match[str], kinds: str) -> str:
    """The three words before those that announce the letters, where both are of one clause: `no reason to choose B`."""
    if match["letters"][0] == "X" or re.match("i|.*[,:N]", match["before"]):
        return ""
    return re.split("[.N,?:&bks]", kinds[max(0, match.start() - 3) : match.start()])[-1]


def _is_of_others(match: re.Match[str], kinds: str) -> bool:
    """Whether the clause says what other people choose, or what was chosen first; a box is always the writer's own."""
    at, start = match.start(), match.start("letters")
    clause = re.split("[.N?b]", kinds[max(0, start - 40) : start])[-1]
    return match["letters"][0] != "X" and (
        re.match("p[^,b]", kinds[max(0, at - 1) : at + 1]) is not None or "c" in clause.partition("p")[2]
    )


def _leads(after: str, kind: str) -> bool:
    return after.lstrip(",")[:1] == kind


def _is_a_list_cut_by_a_comma(match: re.Match[str]) -> bool:
    """`B, A is wrong`: the letter behind the comma begins a sentence of its own."""
    return bool(re.fullmatch(".,.", match["letters"])) and bool(re.search("[wn]", _predicate(match["after"])))
