"""Which option a piece of text gives by its own words or its value."""

import math
import re
import unicodedata
from functools import lru_cache

from distill.records import Outcome
from distill.rows.parse import option_name
from distill.verifiers.math_answer import equal, units

_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it|sf)|mbox|boldsymbol|left|right|displaystyle)(?![a-zA-Z])"
    r"|\\[ ,;!]|[$*`{}\\~#]"
)
_ARTICLE = re.compile(r"(?:the|an?|der|die|das|le|la|el|los|las|il|o|os|as)\s")
_NO_WORD = re.compile(r"[^\w%.+^/=<>°-]++")
_BETWEEN = re.compile(r"[ .:)(,-]{0,8}")
_NUMBER = re.compile(r"\s*+(-?\d{1,12}(?:,\d{3})*+(?:\.\d{1,12})?)\s*+(?:[A-Za-zµ°]{1,12}\s*+)?")
_ROUNDING = 0.02
"""Of a decimal logarithm: five per cent, the digits that a rounded result may be off."""
_MAX_VALUE = 100
"""Characters of a text that is compared as a value: longer ones are sentences."""


def plain(text: str) -> str:
    """Without LaTeX's and Markdown's wrappers, in Unicode's NFKC form."""
    text = _WRAPPER.sub(" ", text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def normal(text: str) -> str:
    """The words alone, in lower case, without a leading article."""
    words = _NO_WORD.sub(" ", plain(text).casefold()).strip(" .")
    return _ARTICLE.sub("", words, count=1) if _ARTICLE.match(words) else words


@lru_cache(maxsize=64)
def option_texts(choices: tuple[str, ...]) -> "OptionTexts":
    """The texts of a question's options; kept, since a question has many samples."""
    return OptionTexts(choices)


class OptionTexts:
    """The texts of a question's options, made ready to be looked up."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        self.choices = choices
        self.normals = tuple(map(normal, choices))
        self._plains = tuple(plain(choice).strip(" .").casefold() for choice in choices)
        self._longest = max(map(len, self._plains)) + 1
        self._names = tuple(option_name(place).casefold() for place in range(len(choices)))
        self.are_letters = all(re.fullmatch(r"\W*[A-Za-z]\W*", choice) for choice in choices)

    def place_of(self, text: str) -> int | None:
        """The only option that reads as `text`, with or without its letter before it."""
        wanted = normal(text)
        if wanted and self.normals.count(wanted) == 1:
            return self.normals.index(wanted)
        label, _, rest = wanted.partition(" ")
        labelled = [
            p for p, own in enumerate(self.normals) if rest and own == rest and label.rstrip(".") == self._names[p]
        ]
        return labelled[0] if labelled else None

    def place_of_value(self, text: str) -> int | None:
        r"""The only option of the same value: `0.5` for `$\frac12$`."""
        if len(text) > _MAX_VALUE or not any(letter.isdigit() or letter == "\\" for letter in text):
            return None
        same = [p for p, choice in enumerate(self.choices) if equal(_with_unit(choice), text).outcome is Outcome.PASS]
        return same[0] if len(same) == 1 else None

    def is_another_number(self, text: str) -> bool:
        """Whether `text` is a number, all options are, and it is far from each, in whatever decimal unit."""
        own = _number(text)
        others = [_number(choice) for choice in self.choices]
        return own is not None and all(other is not None and _is_far(own, other) for other in others)

    def text_behind(self, text: str, at: int) -> tuple[int, int, str] | None:
        """The option whose text stands at `at`, behind a bracket or colon: its place, its end, what stands before."""
        between = _BETWEEN.match(text, at)
        assert between is not None  # it may be empty
        start = between.end()
        folded = text[start : start + self._longest].casefold()
        behind = [
            place
            for place, own in enumerate(self._plains)
            if own and folded.startswith(own) and not folded[len(own) : len(own) + 1].isalnum()
        ]
        if not behind:
            return None
        place = max(behind, key=lambda place: len(self._plains[place]))
        return place, start + len(self._plains[place]), between[0]

    def named_in(self, words: str) -> list[int]:
        """The options that `words`, which are normal, name; the longest of those that overlap."""
        padded = f" {words} "
        spans = sorted(
            (start, -len(own), place)
            for place, own in enumerate(self.normals)
            if own and (start := padded.rfind(f" {own} ")) >= 0
        )
        kept: list[int] = []
        last = (-1, 0)
        for start, length, place in spans:
            if start > last[0] - last[1] or (start, length) == last:  # two options may have the same text
                kept.append(place)
                last = start, length
        return kept


def _number(text: str) -> float | None:
    """The number that is all of a text but for a few letters of a unit; no fraction, percentage or power."""
    match = _NUMBER.fullmatch(plain(text))
    return float(match[1].replace(",", "")) if match else None


def _is_far(one: float, other: float) -> bool:
    """Whether two numbers differ beyond rounding, and also where one was given in a thousandth of the unit, say."""
    if one == 0 or other == 0:
        return one != other
    exponent = math.log10(one / other) if one / other > 0 else 0.5
    return abs(exponent - round(exponent)) > _ROUNDING


def _with_unit(choice: str) -> str:
    """`18 m/s` with its letters marked as a unit, which an answer may leave out."""
    match = re.fullmatch(r"([-+]?[\d.,]++)\s*+([^\s\d\\].*)", choice.strip())
    return rf"{match[1]}\text{{ {match[2]}}}" if match and units.measure(match[2]) else choice
