"""The clause of a sentence that carries its value, and the value that it asserts.

The main clause is what a word of conclusion introduces, without reasons behind it and conditions before it. Its value
is the one that a verb or an equals sign gives; where none does, the only one that is no part of the data.
"""

import re
from typing import NamedTuple

from distill.verifiers.math_answer.extracting import markers
from distill.verifiers.math_answer.extracting.values import Value

NO_STATEMENT = "no statement of the answer"
_SEVERAL = "several values are stated"
_MAX_LEAD = 80
"""Characters before a value in which the words that give, bound or deny it are looked for."""
_MAX_UNIT = 2
"""Words of a unit."""
_JOINT = re.compile(
    r"(?:[\s$()\[\],;，、]|\b(?:and|or|und|oder|et|ou|y|o|e|и|или)\b|和|或|与|と|や|또는)*+", re.IGNORECASE
)
_PARTED = re.compile(r"[;,:，：]|\b(?:and|but|while|or)\b", re.IGNORECASE)
SUBORDINATE = re.compile(
    r"\W*+(?:since|because|if|as|when|given|after|da|weil|wenn|si|como|puisque|если|因为)\b[^,]{0,200},", re.IGNORECASE
)
_GOES_ON = re.compile(r"\b(?:and|but|so|then)\s?$")
"""Before a reason: it belongs to what follows."""
_CONTINUED = re.compile(
    r"[,;]\s(?:and|while|yet)\b|\b(?:but|which we|so the next|contradicts?"
    r"|and (?:we|now|then|add|subtract|divide|multiply))\b"
)
"""Behind a value: the sentence goes on."""
_PARTIAL = re.compile(r"\W{0,3}the (?:first|second|third|next|initial|common)\b|\b(?:steps?|cases?)\b", re.IGNORECASE)
"""Before a value: it is one of several, or belongs to the work."""
_IS_SUBJECT = re.compile(r"\s?\w{0,12}+\s?(?:\b(?:is|are) (?:the|left)|\bremains?)\b")


class Clause(NamedTuple):
    """The part of a body that carries the value."""

    body: str
    start: int
    end: int
    values: list[Value]
    is_concluded: bool
    """A word of conclusion stands in it."""
    is_proved: bool
    """A chain in the reason behind it ends in its value."""

    def before(self, value: Value) -> str:
        """What stands before a value, as far as it matters."""
        return self.body[max(self.start, value.start - _MAX_LEAD) : value.start]


def main_clause(body: str, found: list[Value], is_marked: bool) -> Clause:
    """The clause that carries the value: without reasons, and from the last word of conclusion on."""
    start = 0 if is_marked else _independent(body, found, 0)
    end = _end(body, [v for v in found if v.start >= start])
    inside = [v for v in found if v.start >= start and v.end <= end]
    concluded = list(markers.CONCLUSION.finditer(body, start, end))
    if not is_marked:
        opening = next((m for m in reversed(concluded) if inside and inside[-1].start >= m.end()), None)
        if opening is not None:
            behind = _independent(body, inside, opening.end())
            start = opening.start() if behind == opening.end() else behind
    inside = [v for v in inside if v.start >= start]
    is_proved = any(v.is_computed and v.start >= end and v.text == inside[0].text for v in found)
    return Clause(body, start, end, inside, bool(concluded), is_proved)


def _independent(body: str, found: list[Value], start: int) -> int:
    """Where the clause begins that follows a subordinate one."""
    subordinate = SUBORDINATE.match(body, start)
    return subordinate.end() if subordinate and found and found[-1].start >= subordinate.end() else start


def _end(body: str, found: list[Value]) -> int:
    """Where the reasons behind the first value begin, if nothing is concluded from them."""
    for reason in markers.REASON.finditer(body, found[0].end):
        if not _GOES_ON.search(body, max(0, reason.start() - 5), reason.start()):
            return len(body) if markers.CONCLUSION.search(body, reason.end()) else reason.start()
    return len(body)


# -- the value


def asserted_behind_marker(clause: Clause) -> tuple[Value, str]:
    """The value behind a marker: the first, if nothing else precedes it, or the first that a verb gives."""
    first = clause.values[0]
    if not clause.body[clause.start : first.start].strip(" $*\"'“:：="):
        return first, ""
    return next(iter(_linked(clause) or _free(clause) or clause.values)), ""


def asserted(clause: Clause) -> tuple[Value | None, str]:
    """The value that a clause asserts without a marker, or why it asserts none."""
    linked, free = _linked(clause), _free(clause)
    if linked and linked[-1].is_computed:
        linked = [value for value in linked if value.is_computed]
    if linked:
        chosen = linked[0] if listed(clause, linked[0]) else linked[-1]
    elif len(clause.values) == 1 or len(free) == 1:
        chosen = (free or clause.values)[0]
    else:
        return None, NO_STATEMENT
    items = listed(clause, chosen)
    rivals = [v for v in linked if v.end < chosen.start and _PARTED.search(clause.body, v.end, chosen.start)]
    rivals = [v for v in rivals if not markers.DATA.search(clause.before(v))]
    others = linked if items else [] if chosen.is_computed else free
    if rivals or any(v.start > chosen.end and v not in items for v in others):
        return None, _SEVERAL
    if not items and _CONTINUED.search(clause.body, chosen.end):
        return None, NO_STATEMENT
    if not clause.is_concluded and _PARTIAL.search(clause.body, clause.start, chosen.start):
        return None, NO_STATEMENT
    if markers.LABEL.search(clause.before(chosen)) or not (linked or _is_told(clause, chosen, free)):
        return None, NO_STATEMENT
    return chosen, ""


def _is_told(clause: Clause, value: Value, free: list[Value]) -> bool:
    """Whether a sentence tells this value although no verb gives it directly."""
    before = clause.body[clause.start : value.start].strip(" $*#-")
    rest = clause.body[value.end : clause.end]
    if clause.is_proved or _IS_SUBJECT.match(rest) or (not before and len(rest.split()) <= _MAX_UNIT):
        return True
    return value in free and (clause.is_concluded or (len(clause.values) == 1 and bool(before)))


def _linked(clause: Clause) -> list[Value]:
    """The values that a verb or an equals sign gives."""
    found = []
    for value in clause.values:
        before = clause.before(value)
        is_given = markers.LINK.search(before) and not markers.PURPOSE.search(before)
        if value.is_computed or "=" in value.text or is_given:
            found.append(value)
    return found


def _free(clause: Clause) -> list[Value]:
    """The values that are neither data nor labels, nor joined to one that is."""
    found: list[Value] = []
    earlier: Value | None = None
    for value in clause.values:
        before = clause.before(value)
        is_joined = earlier is not None and earlier not in found and _is_joint(clause.body[earlier.end : value.start])
        if not (is_joined or markers.DATA.search(before) or markers.LABEL.search(before)):
            found.append(value)
        earlier = value
    return found


def _is_joint(gap: str) -> bool:
    """Whether nothing but a comma or a conjunction stands between two values."""
    return bool(gap.strip(" $")) and _JOINT.fullmatch(gap) is not None


def listed(clause: Clause, first: Value) -> list[Value]:
    """The values that stand side by side, from one on; [] where it stands alone."""
    items = [first]
    for value in clause.values:
        if value.start < items[-1].end:
            continue
        if not _is_joint(clause.body[items[-1].end : value.start]):
            break
        items.append(value)
    return items if len(items) > 1 else []
