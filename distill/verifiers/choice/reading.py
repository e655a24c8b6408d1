"""Everything that a text states about the options, in the order of the text. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from distill.verifiers.choice.option_texts import OptionTexts, plain
from distill.verifiers.choice.statements import Claim, Mood, announced, statements
from distill.verifiers.choice.tokens import Sign, kinds_of, tokens

Held = tuple[int, ...] | None
"""The options that a marked answer gives; none where it leaves them open; None where it is no option."""
_MAX_ANSWER, _MAX_ANNOUNCED = 300, 12
"""Characters of an answer in words; announcements of one that are looked at, from the last."""
_LINE = re.compile("[o:]*+(B|[LB](?:,?[&,]?[LB])*+(?=[.:]|,?k|$)|R(?=[.]?$)|l(?=[.]?$))[.:]?")
_WORD = re.compile(r"\w")
_NOISE = re.compile(r"</?\|?[A-Za-z_]{1,20}\|?>|[\"“”‘「」『』【】]|\*++|(?<![A-Za-z])'|'(?![A-Za-z])")


class ReadText(NamedTuple):
    """A text as tokens, and what it states."""

    text: str
    row: list[Sign]
    found: list[Claim]


def read(text: str, held: list[Held], options: OptionTexts, is_whole: bool) -> ReadText:
    """Read a text whose marked answers hold what `held` says; `is_whole` is False for the end of a longer one."""
    text = clean(text)
    row = list(_with_marks(tokens(text, options), held))
    found = [*statements(row), *_in_words(row, text, options), *_lines(row, text, options, is_whole)]
    return ReadText(text, row, sorted(found, key=lambda statement: statement.at))


def clean(text: str) -> str:
    """Without the marks that say nothing: LaTeX's and Markdown's, tags such as `<eoa>`, quotation marks."""
    return plain(_NOISE.sub(" ", text))


def lines_of(row: list[Sign]) -> list[tuple[int, int]]:
    """Where the lines that are not empty begin and end."""
    ends = [at for at, token in enumerate(row) if token.kind == "N"] + [len(row)]
    starts = [0] + [end + 1 for end in ends[:-1]]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]


def _with_marks(row: list[Sign], held: list[Held]) -> Iterator[Sign]:
    """The tokens with what the marked answers hold; one that holds no option is like any other word."""
    places = iter(held)
    for token in row:
        own = next(places, None) if token.kind == "X" else token.places
        yield token._replace(kind="x") if own is None else token._replace(places=own) if token.kind == "X" else token


def _in_words(row: list[Sign], text: str, options: OptionTexts) -> Iterator[Claim]:
    """Answers that are given by an option's text, or its value, behind words that announce them."""
    kinds = kinds_of(row)
    found = list(announced(row))[-_MAX_ANNOUNCED:]
    for at, run in found:
        end = re.compile("[.N?]|$").search(kinds, at + 2)
        assert end is not None  # the end of the text is one
        if end[0] == "?":
            continue
        for cut in (end, re.compile("[,k]").search(kinds, at + 1, end.start())):
            piece = text[row[at].end : row[cut.start()].start if cut and cut.start() < len(row) else len(text)]
            place = options.place_of(piece[:_MAX_ANSWER]) if cut else None
            if place is None and cut and "a" in run and (at, run) in found[-2:]:
                place = options.place_of_value(piece)
            if place is not None:
                yield Claim(at, frozenset({place}), Mood.PICKED, "d" in run)
                break


def _lines(row: list[Sign], text: str, options: OptionTexts, is_whole: bool) -> Iterator[Claim]:
    """Letters that are the first or the last line, or open it where no other line opens with letters."""
    lines = lines_of(row)
    looked_at = [lines[0], lines[-1]] if len(lines) > 1 and is_whole else lines[-1:]
    has_one = is_whole and len({places for start, end in lines if (places := _opening(row, start, end))}) == 1
    for start, end in looked_at:
        written = text[row[start].start : row[end].start if end < len(row) else len(text)]
        places, match = _opening(row, start, end), _LINE.match(kinds_of(row[start:end]))
        if match is None:
            place = options.place_of(written)
            places = None if place is None else frozenset({place})
        elif not has_one and _WORD.search(written, row[start + match.end(1) - 1].end - row[start].start):
            places = None  # one line of a list of all options
        elif written[:3].strip("([ ")[:1].islower() and (len(lines) > 1 or end > start + match.end()):
            places = None  # a variable, or the label of a part of a solution
        if places is not None:
            yield Claim(start + (match.start(1) if match else 0), places, Mood.PICKED if places else Mood.OPEN)


def _opening(row: list[Sign], start: int, end: int) -> frozenset[int] | None:
    """The options whose letters open a line."""
    match = _LINE.match(kinds_of(row[start:end]))
    if match is None:
        return None
    return frozenset(place for token in row[start + match.start(1) : start + match.end(1)] for place in token.places)
