r"""Values within prose: formulas, numbers and what is computed from them, each as one piece.

A value is a maximal run of formulas, numbers, signs and single letters, with the units between them: `14 + m`,
`240 km / 3 h = 80 km/h`, `(2, 5)`. One pass over text that its caller bounds.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from distill.verifiers.math_answer.extracting.formulas import Passage, formulas
from distill.verifiers.math_answer.reading.tokens import FUNCTIONS

_TOKEN = re.compile(
    r"""(?P<word>(?!EUR|USD|GBP|CNY|RMB|JPY|INR|CHF)[A-Z]{3,6}\s\d++(?![.,\d])|(?<!\d)\d++(?:(?:st|nd|rd|th)\b|-[A-Za-z]{2,}+)|[A-Za-z]{1,12}+\d[A-Za-z0-9]*+)
    |(?P<name>[A-Za-z]_\{?[A-Za-z0-9]++\}?)|(?P<letters>[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*+)
    |(?P<number>(?:\\?[$€£¥₹]\s?)?
        (?:(?<!\d)\d++(?::\d++)++|\d{1,3}(?:,\d{3}){1,99}+(?!\d)(?:\.\d++)?|\d++(?:\.\d++|,\d++(?![,.]?\d))?|\.\d++)
        (?:\s?(?:\\?%|％|percent\b|pct\b|°[CF]?|degrees\b))?)
    |(?P<command>\\[A-Za-z]++|\\[{}|,;!\ ])
    |(?P<sign><=|>=|!=|==|[-+−–±∓×*·⋅÷/^=<>≤≥≠≈≡∈∪∩|√∞π∅°′²³⁰¹⁴-⁹⁻₀-₉_(){}\[\]])
    |(?P<space>\s++)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = frozenset("+-−–×*·⋅÷/^=<>≤≥≠≈≡∈∪∩±") | {"<=", ">=", "!="}
_ARITHMETIC = frozenset("+-−–×*·⋅÷/=x")
_MATHEMATICS = frozenset({"number", "formula", "command", "sign", "name"})
_OPEN, _CLOSED = frozenset("([{"), frozenset(")]}")
_JOINTS = frozenset("and or but so und oder et ou y o e then".split())
_MAX_UNIT_WORDS = 4
"""Words between a number and the operator behind it: its unit."""
_UNIT_LETTERS = frozenset("gmlLshWNJVK")


class Value(NamedTuple):
    """A value within a text."""

    start: int
    end: int
    text: str
    is_computed: bool = False
    """It ends a chain of equals signs, or an equals sign leads it."""
    is_cut: bool = False
    """It breaks off: an operator ends it, or nothing closes a brace."""
    is_unworked: bool = False
    """It is a sum that nobody worked out, or one whose words stand for operators."""


class _Piece(NamedTuple):
    kind: str
    start: int
    end: int
    text: str


def values(text: str) -> list[Value]:
    """The values of a sentence, in order."""
    return [value for run in _runs(list(_pieces(text))) if (value := _value(run)) is not None]


# -- runs


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    for formula in [*formulas(text), Passage(len(text), len(text), "")]:
        for match in _TOKEN.finditer(text, at, formula.start):
            kind = match.lastgroup or "other"
            if kind == "letters":
                is_letter = len(match[0]) == 1 and (match[0].isascii() or "α" <= match[0].lower() <= "ω")
                kind = "command" if match[0] in FUNCTIONS else "letter" if is_letter else "word"
            yield _Piece(kind, match.start(), match.end(), match[0])
        if formula.text:
            yield _Piece("formula", *formula)
        at = formula.end


_NOTHING = _Piece("", -1, -1, "\0")


def _runs(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Pieces that belong together; words only where arithmetic goes on behind them, or within braces."""
    run: list[_Piece] = []
    unit: list[_Piece] = []
    depth = 0
    for index, piece in enumerate(pieces):
        if piece.kind == "space":
            continue
        before = next((p for p in reversed(pieces[max(0, index - 2) : index]) if p.kind != "space"), _NOTHING)
        after = next((p for p in pieces[index + 1 : index + 3] if p.kind != "space"), _NOTHING)
        if _belongs(piece, before, after, depth if run else -1):
            if unit and not (piece.text in _ARITHMETIC and _is_operand(after)):
                yield run
                run, depth = [], 0
            elif unit:
                run += unit
            unit = []
            run.append(piece._replace(kind="text") if piece.kind == "word" else piece)
            depth = max(0, depth + (piece.text[-1] in _OPEN) - (piece.text[-1] in _CLOSED))
        elif run and piece.kind in {"word", "letter"} and len(unit) < _MAX_UNIT_WORDS and piece.text not in _JOINTS:
            unit.append(piece)
        elif run and piece.text not in "'\"’":
            yield run
            run, unit, depth = [], [], 0
    if run:
        yield run


def _is_operand(piece: _Piece) -> bool:
    return piece.kind in {"number", "formula", "command", "name", "letter"} or piece.text in {"$", "(", "-", "€", "£"}


def _belongs(piece: _Piece, before: _Piece, after: _Piece, depth: int) -> bool:
    """Whether a piece is part of a formula; `depth` counts the open brackets, and is -1 outside of a run."""
    match piece.kind, piece.text:
        case kind, _ if kind in _MATHEMATICS:
            return True
        case "word", _:
            return depth > 0 and before.text == "{"
        case "letter", "x" | "X" if depth >= 0 and (after.kind == "number" or after.text == "$"):
            return True
        case "letter", _:
            if (
                after.text in _OPERATORS
                or before.text in _OPERATORS
                or (after.text == "(" and after.start == piece.end)
            ):
                return True
            return before.end == piece.start and (before.kind in {"number", "command"} or before.text in "({|)√")
        case _, "," | ";":
            return depth > 0 or (depth == 0 and after.kind == "number" and after.start == piece.end)
        case _, "!":
            return depth >= 0 and (after is _NOTHING or after.text in _OPERATORS or after.text in ").")
        case _:
            return piece.text == "$" and depth >= 0 and after.kind == "number"


# -- the value of a run


def _value(run: list[_Piece]) -> Value | None:
    """The value of a run; None where it is punctuation."""
    first, last = 0, len(run)
    while first < last and run[first].text in ")]},;:/^*×·|_°=≈+-−–<>≤≥" and not _is_signed(run, first):
        first += 1
    while last > first and run[last - 1].text in "([{,;:=+-−–*×·/^<>≤≥≈|_&\\ ":
        last -= 1
    kept = _balanced(run[first:last])
    is_led = any(piece.text in "=≈" for piece in run[:first])
    is_cut = any(piece.text in "=+*×·^([{" for piece in run[last:])
    if not _is_value(kept):
        return None
    if len(kept) == 1 and kept[0].kind == "formula":
        side = _last_side(kept[0].text)
        return Value(kept[0].start, kept[0].end, side, is_led or side != kept[0].text)
    sides = _sides(kept)
    chosen = _without_unit(sides[-1]) if _is_reduced(sides) else kept
    text = _text(chosen)
    has_words = any(map(_is_word, chosen))
    is_sum = "," not in text and sum(piece.kind == "number" for piece in chosen) > 1
    is_sum = is_sum and all(piece.kind == "number" or piece.text in "+×*·x$()" for piece in chosen)
    is_cut |= text.count("{") != text.count("}")
    return Value(chosen[0].start, chosen[-1].end, text, is_led or chosen is not kept, is_cut, is_sum or has_words)


def _is_signed(run: list[_Piece], at: int) -> bool:
    """Whether the piece is the sign of the number that follows without a space."""
    return run[at].text in "-−–+" and at + 1 < len(run) and run[at + 1].start == run[at].end


def _is_word(piece: _Piece) -> bool:
    return piece.kind == "word"


def _is_value(run: list[_Piece]) -> bool:
    if any(p.kind in {"number", "formula"} or p.text in {"π", "∞", "∅", "√", r"\pi"} for p in run):
        return True
    return len(run) > 2 and any(piece.text in _OPERATORS for piece in run)


def _balanced(run: list[_Piece]) -> list[_Piece]:
    """The run without brackets at its ends that have no partner in it."""
    opened: list[int] = []
    for index, piece in enumerate(run):
        if piece.text in _OPEN:
            opened.append(index)
        elif piece.text in _CLOSED and opened:
            opened.pop()
        elif piece.text in _CLOSED and index == len(run) - 1:
            run = run[:-1]
    return run[1:] if opened and opened[0] == 0 and len(run) > 1 else run


def _sides(run: list[_Piece]) -> list[list[_Piece]]:
    """A run parted at the equals signs outside of its brackets."""
    sides: list[list[_Piece]] = [[]]
    depth = 0
    for piece in run:
        depth += (piece.text in _OPEN) - (piece.text in _CLOSED)
        if piece.text in {"=", "≈"} and depth <= 0:
            sides.append([])
        else:
            sides[-1].append(piece)
    return [side for side in sides if side]


def _is_reduced(sides: list[list[_Piece]]) -> bool:
    """Whether a chain states its last side alone: `12 + 23 = 35` does, `y = 2x + 1` is a relation."""
    if len(sides) != 2:
        return len(sides) > 2
    left, right = sides
    if any(map(_is_word, left)) or (left[-1].text in _UNIT_LETTERS and right[-1].text == left[-1].text):
        return True
    names = [p for p in left if p.kind in {"letter", "name", "command", "formula"} and p.text not in {"x", "X"}]
    return not names and len(left) > (left[0].kind == "letter")


def _without_unit(side: list[_Piece]) -> list[_Piece]:
    """The one number of a side, with its sign; the side where it has several, or names."""
    numbers = [index for index, piece in enumerate(side) if piece.kind == "number"]
    is_plain = len(numbers) == 1 and any(map(_is_word, side))
    return side[: numbers[0] + 1] if is_plain else side


def _last_side(formula: str) -> str:
    """The last side of a chain of equals signs within a formula; all of a formula that is none."""
    is_chain = "=" in formula or "≈" in formula
    sides = _sides([piece for piece in _pieces(formula) if piece.kind != "space"]) if is_chain else []
    return _text(sides[-1]) if _is_reduced(sides) else formula


def _text(pieces: list[_Piece]) -> str:
    """The text of pieces, spaced as they were; a formula without its delimiters."""
    parts: list[str] = []
    for before, piece in zip([None, *pieces], pieces, strict=False):
        parts.append((" " if before is not None and piece.start > before.end else "") + piece.text)
    return "".join(parts).strip()
