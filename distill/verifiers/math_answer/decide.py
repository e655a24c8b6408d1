"""The decision on one extracted answer. A verdict is a proof, both ways.

- pass: the answer is proved to say what the reference says: the same text or words; equal values, exactly or to
  hundreds of digits; expressions that agree on both sides of every breakpoint, near and far, wherever both are defined;
  the same members, members in pairs, the same solutions.
- fail: a disproof. A value, a point or an end where the two differ beyond what rounding explains; a count that differs;
  words that share nothing, or that deny or bound a value; an identity, which asserts nothing; no answer at all.
- abstain: all else, with its reason: what cannot be read, is too large or too slow, is not clearly stated, or is
  neither proved nor disproved.

Tiers go from cheap to dear, each of which says yes, no or neither; what both here leave open goes to sympy.
"""

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from distill.records import Outcome
from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.comparing.compare import same
from distill.verifiers.math_answer.comparing.relations import ContradictionError, equates_different_values
from distill.verifiers.math_answer.convention import STRICT, Convention
from distill.verifiers.math_answer.extracting.extract import Extraction, extract
from distill.verifiers.math_answer.numbers import constants
from distill.verifiers.math_answer.reading.literals import literal
from distill.verifiers.math_answer.reading.parse import bare_readings, readings
from distill.verifiers.math_answer.tree import Items, Phrase, SetOp, Tree, UnreadableError


class MathDecision(NamedTuple):
    """What an answer came to, and why; `outcome` is None where all tiers before sympy leave it open."""

    outcome: Outcome | None
    reason: str


_PLAIN = re.compile(r"[-+]?\d{1,400}(?:\.\d{1,400})?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d++,\d++")
_THOUSAND_DIGITS = 3
"""Behind a comma they may be thousands as well."""
_CHOICE = re.compile(r"\(?([A-J])[).:]\s*\S.*|\(([A-J])\)", re.DOTALL)
_LETTERS = re.compile(r"\(?(?:\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox)\s?)?\{?\s?\(?([A-Za-z]++)\)?\s?\}?\)?")
"""A letter or word in parentheses or a text command."""
_HAS_WORDS = re.compile(r"\\text|(?<![\\a-zA-Z])[a-zA-Z]{2}|[A-J][).]")
"""Without them, nothing is said besides a value."""
_ROUNDED = ("~", "≈", r"\approx", r"\sim", "about ", "approximately ", r"\text{approximately")
_MARKED = frozenset({"boxed", "marker", "tag", "json"})
"""Rules of extraction by which a reference that is a solution says which of it is the answer."""
PASS = MathDecision(Outcome.PASS, "equal")


def quick(reference: str, answer: str, convention: Convention = STRICT) -> MathDecision | None:
    """Tier 0: the same text, or two plain numbers. None where it takes more."""
    is_exact = convention.tolerance == "exact" and not (convention.relative_tolerance or convention.num_significant)
    if is_exact and _PLAIN.fullmatch(reference) and _PLAIN.fullmatch(answer):
        return PASS if _value(reference) == _value(answer) else MathDecision(Outcome.FAIL, "another number")
    return PASS if reference == answer and reference.strip() else None


def _value(text: str) -> Fraction | int:
    return int(text) if "." not in text else Fraction(text)


def decide(reference: str, found: Extraction, convention: Convention = STRICT) -> MathDecision:
    """Tiers 0 and 1 on an extracted answer; bounded in time by static limits alone."""
    if found.doubt:
        return MathDecision(Outcome.ABSTAIN, found.doubt)
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
    bare_trees: tuple[Tree, ...]
    """All that it may mean without a remark that it makes; empty where it makes none, or gives a reason in words."""
    words: str
    """The normalised text."""
    cased: str
    """The text without markup, in its own upper and lower case."""
    is_wordy: bool
    chemical: str | None
    is_list: bool
    is_rounded: bool
    """It says of itself that it was rounded: `\\approx 33.4`."""


@lru_cache(maxsize=4096)
def reference_text(reference: str) -> str:
    """The answer within a reference, which may be a whole solution that marks it: a box, `#### 48`, "the answer is"."""
    found = extract(reference)
    if found is None or found.rule not in _MARKED or found.doubt or not found.text:
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
    bare_trees = tuple(tree for tree in _without_remark(text) if not isinstance(tree, Phrase))
    return ReadReference(
        text=text,
        trees=trees,
        bare_trees=bare_trees,
        words=words,
        cased=_unwrapped(text),
        is_wordy=wording.is_wordy(words),
        chemical=wording.chemical(text),
        is_list=is_list,
        is_rounded=text.lstrip(" $").startswith(_ROUNDED),
    )


def _without_remark(text: str) -> tuple[Tree, ...]:
    """All that a text may mean without a remark that it makes; () where it makes none."""
    if not _HAS_WORDS.search(text):
        return ()
    try:
        return bare_readings(text)
    except (UnreadableError, RecursionError):
        return ()


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
        is_same = _same_without_remarks(wanted, text, (), convention)
        return PASS if is_same else _unread(wanted, text, f"the answer cannot be read: {error}")
    if not wanted.trees:
        is_same = _same_without_remarks(wanted, text, trees, convention)
        return PASS if is_same else _unread(wanted, text, "the reference cannot be read")
    try:
        verdict = _any_same(wanted.trees, trees, _as_rounded(convention) if wanted.is_rounded else convention)
    except ContradictionError as error:
        is_ours = any(map(equates_different_values, wanted.trees))
        return (
            MathDecision(Outcome.ABSTAIN, "the reference equates different values") if is_ours else _failed(str(error))
        )
    if verdict or _as_decimal_comma(wanted, text):
        is_strict = convention == STRICT or _any_same(wanted.trees, trees, STRICT)
        return PASS if is_strict else MathDecision(Outcome.PASS, f"equal under policy {convention.name}")
    if _same_without_remarks(wanted, text, trees, convention):
        return PASS
    return _failed("not equal") if verdict is False else _open((*wanted.trees, *trees))


def _as_rounded(convention: Convention) -> Convention:
    """Beside a reference that calls itself rounded, what rounds to its digits is right."""
    return convention.model_copy(update={"tolerance": "reference-digits"})


def _failed(reason: str) -> MathDecision:
    return MathDecision(Outcome.FAIL, reason)


def _unread(wanted: ReadReference, text: str, reason: str) -> MathDecision:
    """Where the grammar does not cover one side."""
    if not any(c.isalnum() for c in text):
        return _failed("no answer")
    if wanted.chemical and wording.chemical(text):
        return _failed("another chemical formula")
    return MathDecision(None, reason)


def _open(trees: tuple[Tree, ...]) -> MathDecision:
    """Neither proved nor disproved; for good, where a number is too large."""
    if _is_any_too_large(trees):
        return MathDecision(Outcome.ABSTAIN, "too large to evaluate")
    return MathDecision(None, "neither proved nor disproved")


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


def _same_without_remarks(wanted: ReadReference, text: str, trees: tuple[Tree, ...], convention: Convention) -> bool:
    """Whether one side without its remark is the whole other side."""
    bare = _without_remark(text)
    try:
        return any(_any_same(*pair, convention) for pair in ((wanted.trees, bare), (wanted.bare_trees, trees)))
    except ContradictionError:
        return False


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
    if not (_DECIMAL_COMMA.fullmatch(bare) and "." in wanted.text) or len(bare.partition(",")[2]) == _THOUSAND_DIGITS:
        return False
    return wanted.trees[0] == literal(bare.replace(",", ".")) if bare[0] not in "+-" else False
