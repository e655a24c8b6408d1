r"""Tokens to a tree: a Pratt parser for what answers are made of.

It reads LaTeX, Unicode and calculator notation, and refuses (`UnreadableError`) what it does not cover rather than
guess: of integrals and limits it reads what they are stated to be, and does not work them out. A text that may mean
several things has several readings. Depth and length are bounded, so is the work.
"""

import re
from functools import lru_cache

from distill.verifiers.math_answer import units, wording
from distill.verifiers.math_answer.reading import remarks
from distill.verifiers.math_answer.reading.cleaning import clean
from distill.verifiers.math_answer.reading.conditions import readings_of, without_reason
from distill.verifiers.math_answer.reading.domains import spelled_domain
from distill.verifiers.math_answer.reading.grammar import Grammar
from distill.verifiers.math_answer.reading.literals import clock, ratio, whole_literal
from distill.verifiers.math_answer.reading.parts import parts
from distill.verifiers.math_answer.reading.spelled import spelled
from distill.verifiers.math_answer.reading.tokens import tokenize
from distill.verifiers.math_answer.tree import (
    Items,
    Num,
    Phrase,
    Quantity,
    SetOp,
    Tree,
    UnreadableError,
    is_scalar,
    variables,
)

_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})++(?![\d,]|\.\d*+,)")
_UNIT = r"[A-Za-zμΩ]{1,12}+(?:\^(?:-?\d|\{-?\d\}))?"
_WITH_UNIT = re.compile(rf"(.{{0,400}}[\d}})\]]) ?\\? ({_UNIT}(?:(?: ?[/*·] ?| ){_UNIT}){{0,4}})")
_FACTOR_AFTER = re.compile(r"(?<![\d.)}\]a-zA-Z^_])(\d{1,9})/(\d{1,9}[a-z])(?![a-zA-Z({^_])")
_RELATION = re.compile(r"[<>]|\\[lgn]e(?:q|qslant)?(?![a-z])")
_MAX_RESTATED = 300
"""Characters of a condition, and of the interval that it describes."""
_SAID = re.compile(r"(?i)(?:\\text\w{0,2}\s?\{\s?)?(?:yes|no)[,.;:]\s")
"""A yes or no with a sentence after it, which is no list."""
_MAY_REASON = re.compile(r"(?i)yes|no|[^\x00-\x7f]")
"""Without them, no reason follows a yes or no."""
_ALPHANUMERIC = re.compile(r"[\w .,:()/-]++")


def parse(text: str) -> Tree:
    """The tree of an answer's text; `Phrase` for what reads as words only.

    Raises:
        UnreadableError: Not covered, or beyond the static limits.
    """
    return readings(text)[0]


@lru_cache(maxsize=4096)
def readings(text: str) -> tuple[Tree, ...]:
    """All trees that an ambiguous text may mean, the likeliest first: `12,345` is a number and, less likely, a list.

    Raises:
        UnreadableError: No reading is covered, or the text is beyond the static limits.
    """
    whole = whole_literal(text)
    return (whole,) if whole is not None else _readings(remarks.plain(clean(text)), text)


def bare_readings(text: str) -> tuple[Tree, ...]:
    """The trees of a text without what it says besides its value: a place, the letter of an option, a reason.

    They may be compared with `readings` of another text, never with its bare readings: `6, attained at 1` and
    `6, attained at 2` share theirs. Empty where nothing is said besides.
    """
    cleaned = clean(text)
    parts = remarks.option(cleaned)
    shorter = remarks.without_place(cleaned)
    parts = parts or (() if shorter == cleaned else (shorter,))
    try:
        if parts:
            return tuple(tree for part in parts for tree in _readings(remarks.plain(part), part))
        if not _MAY_REASON.search(text):
            return ()
        return tuple(short for tree in _readings(cleaned, text) if (short := without_reason(tree)) != tree)
    except UnreadableError:
        return ()


def _readings(cleaned: str, text: str) -> tuple[Tree, ...]:
    joined = _join_thousands(cleaned)
    trees = list[Tree]()
    failure: UnreadableError | None = None
    under = _FACTOR_AFTER.sub(r"\\frac{\1}{\2}", joined) if "/" in joined else joined
    for spelling in dict.fromkeys((joined, cleaned, under)):
        try:
            trees += _trees(spelling, text)
        except UnreadableError as error:
            failure = failure or error
    if not any(isinstance(tree, Quantity) for tree in trees) and (measured := _with_unit(joined)) is not None:
        trees.append(measured)
    if not trees and failure is not None:
        raise failure
    return tuple(dict.fromkeys(other for tree in trees for other in readings_of(tree)))


def _with_unit(text: str) -> Tree | None:
    """`5 m/s` as a quantity: letters after a space that are a unit, other than one small letter, save `1.6 m`."""
    match = _WITH_UNIT.fullmatch(text) if " " in text else None
    if match is None:
        return None
    unit = match[2].strip().replace("{", "").replace("}", "")
    if (len(unit) == 1 and unit.islower() and (unit not in "msg" or "." not in match[1])) or units.measure(
        unit
    ) is None:
        return None
    try:
        value = _trees(match[1], match[1])[0]
    except UnreadableError:
        return None
    return Quantity(value, unit) if is_scalar(value) and not variables(value) else None


def _in_words(text: str) -> Tree | None:
    """A set, a time of day or a number in words."""
    if (named := spelled_domain(text)) is not None:
        return _without(*named)
    return (clock(text) or ratio(text) or spelled(text)) if _ALPHANUMERIC.fullmatch(text) else None


def _without(domain: Tree, exceptions: str) -> Tree:
    """A set without the values that a text lists."""
    if not exceptions:
        return domain
    tree = _trees(exceptions, exceptions)[0]
    items = tree.items if isinstance(tree, Items) else (tree,)
    if not all(map(is_scalar, items)):
        raise UnreadableError("exceptions that are no values")
    return SetOp("minus", (domain, Items("set", items)))


def _lettered(cleaned: str) -> Tree | None:
    """The values of labelled parts as a tuple, or an option's letter and its value."""
    if values := parts(remarks.flat(cleaned)) if cleaned[:1] in "(\\" else ():
        return Items("(", tuple(_trees(value, value)[0] for value in values))
    if option := remarks.option(cleaned):
        return Items("(", (Phrase(option[0].lower()), _trees(option[1], option[1])[0]))
    return None


def _trees(cleaned: str, text: str) -> tuple[Tree, ...]:
    if not cleaned:
        raise UnreadableError("empty")
    whole = whole_literal(cleaned)
    if whole is None and ("\\" not in cleaned or "\\text" in cleaned):
        whole = _in_words(remarks.flat(cleaned))
    if whole is not None:
        return (whole,)
    if restated := _restated(cleaned):
        condition, values = (_trees(part, part)[0] for part in restated)
        return (SetOp("intersection", (condition, values)),)
    words = wording.normal(text) if _SAID.match(cleaned) else ""
    if words and wording.is_wordy(words):
        return (Phrase(words),)
    if lettered := _lettered(cleaned):
        return (lettered,)
    try:
        return Grammar(tokenize(cleaned)).whole()
    except UnreadableError:
        words = wording.normal(text)
        if words.isdecimal() and not any(c.isdecimal() for c in text):
            return (Num(int(words)),)
        if wording.is_wordy(words) and "\\" not in words:
            return (Phrase(words),)
        raise


def _restated(text: str) -> tuple[str, str] | None:
    """A condition and, after a colon, the interval that it describes."""
    condition, _, values = text.partition(":")
    values = values.removeprefix(" ")
    is_interval = values.startswith(("(", "[", r"\mathbb")) and len(values) > 1
    if not is_interval or max(len(condition), len(values)) > _MAX_RESTATED or "{" in condition or "}" in condition:
        return None
    return (condition, values) if _RELATION.search(condition, 1) else None


def _join_thousands(text: str) -> str:
    """Drop the commas of `12,345` outside parentheses and braces, where they would separate items."""
    if "," not in text:
        return text

    def join(match: re.Match[str]) -> str:
        before = text[: match.start()]
        depth = sum(before.count(c) for c in "([") + before.count(r"\{")
        depth -= sum(before.count(c) for c in ")]") + before.count(r"\}")
        return match[0] if depth > 0 else match[0].replace(",", "")

    return _THOUSANDS.sub(join, text)
