"""The decision on one extracted answer, by tiers from cheap to dear that each say yes, no or neither."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from distill.records import Outcome
from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.comparing.compare import same
from distill.verifiers.math_answer.comparing.relations import ContradictionError
from distill.verifiers.math_answer.convention import STRICT, Convention
from distill.verifiers.math_answer.extracting.extract import Extraction, extract
from distill.verifiers.math_answer.numbers import constants
from distill.verifiers.math_answer.reading.literals import literal
from distill.verifiers.math_answer.reading.parse import readings
from distill.verifiers.math_answer.tree import Items, Phrase, SetOp, Tree, UnreadableError


class MathDecision(NamedTuple):
    """What an answer came to, and why; `outcome` is None where all tiers before sympy leave it open."""

    outcome: Outcome | None
    reason: str


_PLAIN = re.compile(r"[-+]?\d{1,400}(?:\.\d{1,400})?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_CHOICE = re.compile(r"\(?([A-J])[).:]\s*\S.*|\(([A-J])\)", re.DOTALL)
_LETTERS = re.compile(r"\(?(?:\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox)\s*)?\{?\s*\(?([A-Za-z]+)\)?\s*\}?\)?")
"""A letter or word in parentheses or a text command."""
PASS = MathDecision(Outcome.PASS, "equal")


def quick(reference: str, answer: str, convention: Convention = STRICT) -> MathDecision | None:
    """Tier 0: the same text, or two plain numbers. None where it takes more."""
    is_exact = not (convention.relative_tolerance or convention.num_significant)
    if is_exact and _PLAIN.fullmatch(reference) and _PLAIN.fullmatch(answer):
        return PASS if _value(reference) == _value(answer) else MathDecision(Outcome.FAIL, "another number")
    return PASS if reference == answer and reference.strip() else None


def _value(text: str) -> Fraction | int:
    return int(text) if "." not in text else Fraction(text)


def decide(reference: str, found: Extraction, convention: Convention = STRICT) -> MathDecision:
    """Tiers 0 and 1 on an extracted answer; bounded in time by static limits alone."""
    quickly = quick(reference, found.text, convention)
    if quickly is not None and not found.run:
        return quickly
    wanted = read_reference(reference)
    if not wanted.trees and not wanted.words:
        return MathDecision(Outcome.ABSTAIN, "the reference cannot be read")
    if found.run:
        return _decide_run(wanted, found, convention)
    return _decide_text(wanted, found.text, convention)


class ReadReference(NamedTuple):
    """A reference, read once."""

    text: str
    trees: tuple[Tree, ...]
    """All that the text may mean; empty where the grammar does not cover it."""
    words: str
    """The normalised text."""
    cased: str
    """The text without markup, in its own upper and lower case."""
    is_wordy: bool
    chemical: str | None
    is_list: bool


@lru_cache(maxsize=4096)
def reference_text(reference: str) -> str:
    """The answer within a reference, which may be a whole boxed solution."""
    is_solution = r"\boxed" in reference or (len(reference) > 200 and "answer" in reference)
    found = extract(reference) if is_solution else None
    if found is None:
        return reference
    return ", ".join(found.run) if found.run else found.text


@lru_cache(maxsize=4096)
def read_reference(reference: str) -> ReadReference:
    """All that comparing needs of a reference, which may itself be a boxed solution."""
    text = reference_text(reference)
    try:
        trees = readings(text)
    except (UnreadableError, RecursionError):
        trees = ()
    is_list = any(isinstance(t, Items) or t == SetOp("empty") for t in trees)
    words = wording.normal(text)
    return ReadReference(text, trees, words, _unwrapped(text), wording.is_wordy(words), wording.chemical(text), is_list)


def _unwrapped(text: str) -> str:
    bare = " ".join(text.replace("$", " ").split()).rstrip(".")
    inner = _LETTERS.fullmatch(bare)
    return inner[1] if inner else bare


def _decide_run(wanted: ReadReference, found: Extraction, convention: Convention) -> MathDecision:
    """Several boxes side by side are one list; alone, the last one counts only for a list."""
    joined = _decide_text(wanted, ", ".join(found.run), convention)
    if joined.outcome is Outcome.PASS or not wanted.is_list:
        return joined if joined.outcome is not Outcome.FAIL else MathDecision(Outcome.FAIL, "several boxed answers")
    alone = _decide_text(wanted, found.text, convention)
    return alone if alone.outcome is Outcome.PASS else joined


def _decide_text(wanted: ReadReference, text: str, convention: Convention) -> MathDecision:
    if _same_words(wanted, text):
        return PASS
    try:
        trees = readings(text)
    except (UnreadableError, RecursionError) as error:
        return _unread(wanted, f"the answer cannot be read: {error}")
    if not wanted.trees:
        if wanted.chemical and wording.chemical(text):
            return MathDecision(Outcome.FAIL, "another chemical formula")
        return _unread(wanted, "the reference cannot be read")
    try:
        verdict = _any_same(wanted.trees, trees, convention)
    except ContradictionError as error:
        return MathDecision(Outcome.FAIL, str(error))
    if verdict or _as_decimal_comma(wanted, text):
        is_strict = convention == STRICT or _any_same(wanted.trees, trees, STRICT)
        return PASS if is_strict else MathDecision(Outcome.PASS, f"equal under policy {convention.name}")
    if verdict is False:
        return MathDecision(Outcome.FAIL, "not equal")
    if _is_any_too_large((*wanted.trees, *trees)):
        return MathDecision(Outcome.ABSTAIN, "too large to evaluate")
    return MathDecision(None, "undecided")


def _is_any_too_large(trees: tuple[Tree, ...]) -> bool:
    """Whether a tree is too large to evaluate, or too deep to walk."""
    try:
        return any(constants.is_too_large(tree) for tree in trees)
    except RecursionError:
        return True


def _any_same(refs: tuple[Tree, ...], preds: tuple[Tree, ...], convention: Convention) -> bool | None:
    """Whether some reading of the one is some reading of the other."""
    is_open = False
    for ref in refs:
        for pred in preds:
            try:
                verdict = same(ref, pred, convention)
            except RecursionError:
                verdict = None
            if verdict:
                return True
            is_open |= verdict is None
    return None if is_open else False


def _unread(wanted: ReadReference, reason: str) -> MathDecision:
    """A side that the grammar does not cover: words are wrong if they differ, formulas stay open."""
    if wanted.trees and all(isinstance(tree, Phrase) for tree in wanted.trees):
        return MathDecision(Outcome.FAIL, "other words")
    return MathDecision(None, reason)


def _same_words(wanted: ReadReference, text: str) -> bool:
    if not wanted.words:
        return False
    if wanted.cased == _unwrapped(text) and wanted.cased:
        return True
    choice = _CHOICE.fullmatch(text.strip())
    if len(wanted.cased) == 1 and wanted.cased in "ABCDEFGHIJ":
        return (choice[1] or choice[2]) == wanted.cased if choice else wanted.cased == _unwrapped(text).upper()
    if wanted.is_wordy and wording.normal(text) == wanted.words:
        return True
    return wanted.chemical is not None and wording.chemical(text) == wanted.chemical


def _as_decimal_comma(wanted: ReadReference, text: str) -> bool:
    """`2,74` for a reference written `2.74`."""
    bare = text.strip(" $€£")
    if not (_DECIMAL_COMMA.fullmatch(bare) and "." in wanted.text):
        return False
    return wanted.trees[0] == literal(bare.replace(",", ".")) if bare[0] not in "+-" else False
