"""The card on the Hub, ours of the last push, and ours now ─▶ the card to push. Pure.

A maintainer's text around our sections is kept byte for byte. A section of ours that they edited is never replaced
unasked: it is handed back as an edit.
"""

import difflib
from typing import NamedTuple

from distill.hub.front_matter import merge_headers, split_card
from distill.hub.sections import CardPart, parts_of

WHOLE = "the whole text"
"""Of a card without marks: name of the one part it is."""


class Edit(NamedTuple):
    """Something of ours that was changed on the Hub."""

    what: str
    difference: str
    """As `diff -u` has it: from ours of the last push to what is there; where there was none, from there to ours."""


class MergedCard(NamedTuple):
    """The card to push, and what is to be said of it."""

    text: str
    kept: tuple[str, ...] = ()
    """Keys of the header and sections in which the maintainer's word stands against ours."""
    num_kept_lines: int = 0
    """Of text around our sections."""
    edits: tuple[Edit, ...] = ()


def merge_cards(base: str | None, ours: str, theirs: str | None, *, is_ours_meant: bool = False) -> MergedCard:
    """Merge three cards; where `is_ours_meant`, ours stands instead of what was edited."""
    if theirs is None or theirs == ours:
        return MergedCard(ours)
    before = split_card(base) if base is not None else None
    our_header, our_body = split_card(ours)
    header, body = split_card(theirs)
    merged, kept = merge_headers(before[0] if before else None, our_header, header)
    old, new, there = parts_of(before[1] if before else ""), parts_of(our_body), parts_of(body)
    if any(part.name for part in new) and (any(part.name for part in there) or not _was_whole(old)):
        text, edits, stay = _by_section(_sections(old), new, there, is_ours_meant=is_ours_meant)
    else:
        text, edits = _as_a_whole(before[1] if before else None, our_body, body, is_ours_meant=is_ours_meant)
        stay = []
    around = "" if text == our_body else "".join(part.text for part in there if part.name is None)
    num_kept = sum(1 for line in around.splitlines() if line.strip())
    whole = merged.text() + ("" if header.keys or not merged.keys or text.startswith("\n") else "\n") + text
    return MergedCard(
        whole.replace("\n", "\r\n") if "\r\n" in theirs else whole, (*kept, *stay), num_kept, tuple(edits)
    )


def _was_whole(old: list[CardPart]) -> bool:
    """Whether the last push had a text of ours without marks."""
    return bool(old) and not _sections(old)


def _sections(parts: list[CardPart]) -> dict[str, str]:
    return {part.name: part.text for part in parts if part.name is not None}


def _as_a_whole(base: str | None, ours: str, theirs: str, *, is_ours_meant: bool) -> tuple[str, list[Edit]]:
    """Of a card without marks, one side's text."""
    before = (base or "").strip()
    if is_ours_meant or theirs.strip() in ("", before):
        return ours, []
    if ours.strip() in (before, theirs.strip()):
        return theirs, []
    return theirs, [Edit(WHOLE, difference(base, ours, theirs))]


def _by_section(
    old: dict[str, str], new: list[CardPart], there: list[CardPart], *, is_ours_meant: bool
) -> tuple[str, list[Edit], list[str]]:
    """The merged body, what was edited and cannot stay unasked, and what was edited and stays."""
    ours, theirs = _sections(new), _sections(there)
    edits: list[Edit] = []
    pieces: list[CardPart] = []
    stay: list[str] = []
    for part in there:
        text = part.text
        if part.name is not None:
            wanted = ours.get(part.name, "")
            if text not in (wanted, old.get(part.name)) and not is_ours_meant:
                if wanted == old.get(part.name):
                    stay.append(f"section `{part.name}`")
                else:
                    edits.append(Edit(f"section `{part.name}`", difference(old.get(part.name), wanted, text)))
            else:
                text = wanted
        pieces.append(CardPart(part.name, text))
    gone = old.keys() - theirs.keys()
    for name, text in ours.items():
        if name not in theirs and (name not in gone or is_ours_meant):
            pieces.insert(_place(list(ours), name, pieces), CardPart(name, f"\n\n{text}\n"))
        elif name not in theirs:
            stay.append(f"section `{name}`, which is gone")
    return "".join(part.text for part in pieces), edits, stay


def _place(order: list[str], name: str, pieces: list[CardPart]) -> int:
    """Behind the section that stands before it in ours; at the end where there is none."""
    places = {part.name: place for place, part in enumerate(pieces) if part.name is not None}
    earlier = [places[each] for each in order[: order.index(name)] if each in places]
    return earlier[-1] + 1 if earlier else len(pieces)


def difference(base: str | None, ours: str, theirs: str) -> str:
    """As `diff -u` has it: what was changed there since the last push; without one, from what is there to ours."""
    old, names = (base, ("pushed", "on the Hub")) if base is not None else (theirs, ("on the Hub", "new"))
    new = theirs if base is not None else ours
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), *names, lineterm="", n=1)
    return "\n".join(lines)
