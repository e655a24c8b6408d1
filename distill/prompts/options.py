"""The options of a question, in any of the forms in which people write them ─▶ their texts and labels. Pure.

["red", "blue"] · ["A) red", "B) blue"] · {"A": "red", "B": "blue"} · [{"label": "A", "text": "red"}, …]
[{"A": "red"}, {"B": "blue"}] · {"label": ["A", "B"], "text": ["red", "blue"]} · "A) red B) blue"
`A. red` or `(A) red` at the end of the question
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from distill.errors import InputError
from distill.prompts.turns import clean
from distill.rows.parse import LETTERS, right_option

_LETTERED = (
    re.compile(r"\\(?:text|math)(?:bf|rm)?\{\s*\(?([A-Z])[).]?\s*\}"),
    re.compile(r"[(（]([A-Z])[)）][.、:]?"),
    re.compile(r"(?<![^\s(（?？。.:：;；,，_])([A-Z])[)）]"),
    re.compile(r"(?<![^\s)）?？。:：;；,，_])([A-Z])[.．、:：]"),
)
"""How options are lettered inside a text; the first way that finds A and B is taken."""
_LETTER = re.compile(r"\s*(?:[(（]([A-Z])[)）]|([A-Z])[).．、:：])[.:]?\s*")
_ANSWER = re.compile(r"[(（]?+([A-Z])[)）.．、:：]{1,2}+\s*+(\S.*)")
_SPACES = ("\\qquad", "\\quad", "\\ ", "\\,", "\\;", "\\!", "\\\\", "~", "$", "&")
"""How TeX spaces options within one formula."""


class Options(NamedTuple):
    """What a question offers, in its order."""

    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """What the dataset calls each, where it says so itself."""

    def place(self, answer: object) -> int | None:
        """The zero-based place of the option that an answer names; None where it names none, or more than one.

        By its label, its text, its letter, or its place; `B. blue` and `(B)` name it too.
        """
        text = answer.strip() if isinstance(answer, str) else answer
        if str(text) in self.labels:
            return self.labels.index(str(text))
        found = right_option(text, self.texts)
        if found is None and isinstance(text, str) and (named := _ANSWER.fullmatch(text)):
            place = LETTERS.index(named[1])
            return place if place < len(self.texts) and named[2].strip() == self.texts[place] else None
        return found


def read_options(found: object) -> Options:
    """Options as a column holds them. Raises InputError where they are in no form that is known."""
    match found:
        case str():
            return _read_text(found)
        case {"text": list() | tuple() as texts, "label": list() | tuple() as labels}:
            return _checked(texts, labels, found)
        case Mapping():
            given = {label: text for label, text in found.items() if text is not None}  # Parquet has every key
            return _checked(list(given.values()), list(given), found)
        case list() | tuple() if _are_labelled(found):
            return read_options({label: text for each in found for label, text in each.items()})
        case list() | tuple() if found and all(isinstance(each, Mapping) for each in found):
            texts = [each.get("text", each.get("value", each.get("content"))) for each in found]
            labels = [each.get("label", each.get("key", each.get("id"))) for each in found]
            return _checked(texts, labels, found)
        case list() | tuple():
            return _checked(found, (), found)
    raise _unknown(found)


def _are_labelled(found: Sequence[object]) -> bool:
    """Whether each option is an object of its label and its text."""
    labels = [label for each in found if isinstance(each, Mapping) and len(each) == 1 for label in each]
    return len(found) > 1 and len(set(labels)) == len(found)


def inline_options(text: str) -> Options | None:
    """The options that stand lettered at the end of a question; None where there are none.

    >>> inline_options("Which is even? (A) 3 (B) 4").texts
    ('3', '4')
    """
    if "A" not in text or "B" not in text:
        return None
    for style in _LETTERED:
        chain = _chain([(match[1], match.start(), match.end()) for match in style.finditer(text)])
        if len(chain) > 1:
            ends = [start for _, start, _ in chain[1:]] + [len(text)]
            texts = [_bare(text[end:stop]) for (_, _, end), stop in zip(chain, ends, strict=True)]
            if "\n" in texts[-1] and not any("\n" in each for each in texts[:-1]):
                texts[-1] = texts[-1].partition("\n")[0].strip()  # what follows the options
            return Options(tuple(texts)) if all(texts) else None
    return None


def shown(options: Sequence[str]) -> str:
    """Options as a prompt shows them: `A. red`, a line each."""
    return "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False))


def are_shown(options: Sequence[str], question: str) -> bool:
    """Whether a question shows these options already, lettered in their order."""
    if shown(options) in question:
        return True
    found = inline_options(question)
    return found is not None and found.texts == tuple(options)


def _chain(marks: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """The last run A, B, C, … of marks that has more than one."""
    best: list[tuple[str, int, int]] = []
    current: list[tuple[str, int, int]] = []
    for mark in marks:
        if mark[0] == "A":
            current = [mark]
        elif current and mark[0] == LETTERS[len(current)]:
            current.append(mark)
        if len(current) > 1:
            best = current
    return best


def _read_text(found: str) -> Options:
    if found.startswith(("[", "{")):
        try:
            return read_options(json.loads(found))
        except ValueError:
            pass  # the text of an option may begin so
    inside = inline_options(found)
    lines = [line for line in found.splitlines() if line.strip()]
    if inside is None and len(lines) > 1:
        return _checked(lines, (), found)
    if inside is None:
        raise _unknown(found)
    return inside


def _checked(texts: Sequence[object], labels: Sequence[object], found: object) -> Options:
    """Options as clean texts, without letters of their own."""
    if len(texts) < 2 or not all(isinstance(text, str | int | float) for text in texts):
        raise _unknown(found)
    cleaned = _unlettered([clean(str(text)) for text in texts])
    return Options(tuple(cleaned), tuple(map(str, labels)) if None not in labels else ())


def _unlettered(texts: list[str]) -> list[str]:
    """Texts without the letters A, B, C, … in front of them, if all have theirs."""
    found = [_LETTER.match(text) for text in texts]
    letters = "".join((match[1] or match[2]) if match else " " for match in found)
    if letters != LETTERS[: len(texts)]:
        return texts
    return [text[match.end() :].strip() for text, match in zip(texts, found, strict=True) if match]


def _bare(text: str) -> str:
    """The text of an option without what separates it from the next; AMC's are spaced within one formula."""
    bare = text.strip(" \t\n;；")
    while bare.startswith(_SPACES) and text.startswith(_SPACES):
        bare = _without(bare)
    return bare


def _without(text: str) -> str:
    """A text without one space of TeX in front, and all at its end."""
    text = text.removeprefix(next(space for space in _SPACES if text.startswith(space))).strip()
    while text.endswith(_SPACES):
        text = text.removesuffix(next(space for space in _SPACES if text.endswith(space))).strip()
    return text


def _unknown(found: object) -> InputError:
    return InputError(
        f"`choices` should be a list of texts, {{A: …, B: …}}, or one text with A) and B), but is {found!r:.60}"
    )
