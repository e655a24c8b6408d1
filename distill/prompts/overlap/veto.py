"""In what two alike texts differ that makes them different problems.

Likeness of words says that two texts may be one problem; here they are read closely. Whatever a copy may change is
left out: markup, framing, the names of unknowns, the order of sentences, options beside a complete question, a
drawing's code. What is looked at has to stand in both: numbers, formulas with their parentheses and signs, matrices,
labels in drawings, what is asked. The first text is the problem, the second may be longer than it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Indel

from distill.prompts.overlap.contrasts import AMOUNTS, CONTRASTS
from distill.prompts.overlap.options import stem
from distill.prompts.overlap.wording import Wording, is_number, read

_LABELLED = re.compile(r'(?:label|MP|dot)\s?\(\s?"([^"]{0,200})"')
_GRAPHED = re.compile(r"\breturn\b([^;]{0,300});")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_POINTS_AT_A_DRAWING = re.compile(r"\b(?:diagram|figure|graph\w*|shown|below|picture|pictured)\b", re.IGNORECASE)
_DEFINED = re.compile(r"\bdef\s+(?!__)(\w+)")
_CONTRASTING = frozenset(word for group in CONTRASTS for word in group)
MAX_NUMBERS_BESIDE_A_DRAWING = 1
"""Beyond which a text says enough without its drawing."""
MIN_SAME_FORMULA = 0.5
"""Of the parts of two formulas: below it one does not stand in place of the other."""


def difference(first: str, second: str) -> str | None:
    """In what two alike texts differ that makes them different problems; None where nothing was found.

    `first` is the problem, `second` may be longer: words and numbers around the problem are no difference. What it
    cannot see: another story in other words with the same numbers, and facts that stand in an image.

    >>> difference("What is 88 ÷ (4 ÷ 2)?", "What is 88 ÷ 4 ÷ 2?"), difference("What is 2 + 3?", "Find $2+3$.")
    ('parentheses', None)
    """
    if first == second:
        return None
    ours, theirs = read(first), read(second)
    return (
        _drawing(ours, theirs, first)
        or _matrix(ours, theirs)
        or _formula(ours, theirs)
        or _number(ours, theirs)
        or _added(ours, theirs)
        or _question(ours, theirs)
        or _contrast(ours, theirs)
        or _name(ours, theirs)
        or _role(ours, theirs)
        or _negation(ours, theirs)
        or _asked(ours, theirs)
        or _options(ours, theirs, first)
        or _code(first, second)
    )


def _drawing(ours: Wording, theirs: Wording, text: str) -> str | None:
    """Labels with numbers, or functions that are drawn; where there are none and the text says little, all numbers."""
    if not ours.drawings or not theirs.drawings or ours.drawings == theirs.drawings:
        return None
    if _labels(ours.drawings) != _labels(theirs.drawings) and _labels(ours.drawings) and _labels(theirs.drawings):
        return "drawing"
    says_little = len(ours.numbers) <= MAX_NUMBERS_BESIDE_A_DRAWING and _POINTS_AT_A_DRAWING.search(text)
    if says_little and _digits(ours.drawings) != _digits(theirs.drawings):
        return "drawing"
    return None


def _labels(drawings: Iterable[str]) -> Counter[str]:
    """The numbers in labels, and the functions."""
    code = "\n".join(drawings)
    found = [_DIGITS.findall(label) for label in _LABELLED.findall(code)]
    functions = ["".join(function.split()) for function in _GRAPHED.findall(code)]
    return Counter([number for numbers in found for number in numbers] + functions)


def _digits(drawings: Iterable[str]) -> list[str]:
    return _DIGITS.findall("\n".join(drawings))


def _matrix(ours: Wording, theirs: Wording) -> str | None:
    are_same_size = ours.matrices and len(ours.matrices) == len(theirs.matrices)
    return "matrix" if are_same_size and ours.matrices != theirs.matrices else None


def _number(ours: Wording, theirs: Wording) -> str | None:
    if not all(_has_number(number, theirs, ours) for number in ours.numbers):
        return "number"
    lacks = (word in ours.terms and not _says(theirs, word, others) for word, others in AMOUNTS.items())
    return "number" if any(lacks) else None


def _has_number(number: str, theirs: Wording, ours: Wording) -> bool:
    """Whether a number of ours stands there too; `1` and `0` are said in too many ways, but for copies."""
    is_copy = len(ours.terms ^ theirs.terms) <= 2 and AMOUNTS.keys().isdisjoint(ours.terms | theirs.terms)
    if number in theirs.numbers or (number in ("0", "1") and not is_copy):
        return True
    return any(number in others and word in theirs.terms for word, others in AMOUNTS.items())


def _added(ours: Wording, theirs: Wording) -> str | None:
    """An amount more between the problem's sentences, where the second text is not much longer."""
    if len(theirs.words) > 2 * len(ours.words):
        return None
    known = ours.numbers | ours.terms
    shared = [len(sentence & known) * 2 >= len(sentence) for sentence in theirs.sentences]
    if True not in shared:
        return None
    last = len(shared) - shared[::-1].index(True)
    within = frozenset[str]().union(*theirs.sentences[shared.index(True) : last])
    is_new = any(is_number(token) and not _has_number(token, ours, theirs) for token in within - known)
    lacks = (word in within and not _says(ours, word, others) for word, others in AMOUNTS.items())
    return "added" if is_new or any(lacks) else None


def _says(wording: Wording, word: str, others: set[str]) -> bool:
    return word in wording.terms or not others.isdisjoint(wording.terms) or not others.isdisjoint(wording.numbers)


def _formula(ours: Wording, theirs: Wording) -> str | None:
    """A formula that the other text has with another sign, parenthesis, function or index."""
    negated = {("-", *formula) for formula in ours.formulas} & set(theirs.formulas)
    if negated or {("-", *formula) for formula in theirs.formulas} & set(ours.formulas):
        return "sign"
    missing = [formula for formula in ours.formulas if not _stands_in(formula, theirs)]
    surplus = [formula for formula in theirs.formulas if not _stands_in(formula, ours)]
    for formula in missing:
        alike = [(Indel.normalized_similarity(formula, other), other) for other in surplus]
        if alike and max(alike)[0] >= MIN_SAME_FORMULA:
            return _kind(formula, max(alike)[1])
    are_both_deep = (ours.depths and theirs.depths) or len(ours.terms ^ theirs.terms) <= 4
    return "function" if are_both_deep and ours.depths != theirs.depths else None


def _kind(formula: Sequence[str], other: Sequence[str]) -> str:
    """What two formulas differ in."""
    ours, theirs = Counter(formula), Counter(other)
    changed = set((ours - theirs) + (theirs - ours))
    if changed <= set("()[]"):
        return "parentheses" if changed else "order"
    if any(is_number(token) for token in changed):
        return "index" if "_" in formula else "number"
    return "function" if any(token.isalpha() for token in changed) else "sign"


def _question(ours: Wording, theirs: Wording) -> str | None:
    """Another unknown, or another formula, in the sentence that asks."""
    first, second = ours.asked_unknowns, theirs.asked_unknowns
    if first and second and first.isdisjoint(second) and ours.unknowns == theirs.unknowns:
        return "question"
    return "question" if _asks_other(ours, theirs) and _asks_other(theirs, ours) else None


def _asks_other(ours: Wording, theirs: Wording) -> bool:
    """Whether the sentence that asks has a formula that the other problem lacks."""
    return any(len(formula) > 2 and not _stands_in(formula, theirs) for formula in ours.asked_formulas)


def _stands_in(formula: Sequence[str], wording: Wording) -> bool:
    """Whether a formula is part of a problem's formulas, other than as all that is in parentheses."""
    part = " ".join(formula)
    return wording.flat.count(f" {part} ") > wording.flat.count(f" ( {part} ) ")


def _contrast(ours: Wording, theirs: Wording) -> str | None:
    """A word where the other text has its opposite."""
    first, second = ours.terms, theirs.terms
    gone, new = first - second, second - first
    if gone.isdisjoint(_CONTRASTING) or new.isdisjoint(_CONTRASTING):
        return None
    for group in CONTRASTS:
        was, is_now = ({group[word] for word in words if word in group} for words in (gone, new))
        kept = {group[word] for word in first & second if word in group}
        if was - is_now - kept and is_now - was - kept:
            return "question"
    return None


def _name(ours: Wording, theirs: Wording) -> str | None:
    """Points or words in capitals that are not the same, however they are renamed."""
    if len(ours.names) != len(theirs.names) or ours.names == theirs.names:
        return None
    first, second = ([_pattern(name) for name in each.names] for each in (ours, theirs))
    if sorted(first) != sorted(second):
        return "name"
    is_same_order = ours.words == theirs.words and first == second
    return "name" if is_same_order and _pattern("".join(ours.names)) != _pattern("".join(theirs.names)) else None


def _pattern(name: str) -> list[int]:
    """Letters by the order in which they appear: `LEVEL` and `TEPEE` differ, `ABC` and `PQR` do not."""
    known: dict[str, int] = {}
    return [known.setdefault(letter, len(known)) for letter in name]


def _role(ours: Wording, theirs: Wording) -> str | None:
    """`8 red and 6 blue` beside `6 red and 8 blue`, or two words that changed places."""
    shared = ours.followed.keys() & theirs.followed.keys()
    for number in shared:
        word, other = ours.followed[number], theirs.followed[number]
        swapped = (each for each in shared if ours.followed[each] == other and theirs.followed[each] == word)
        if word != other and any(each != number for each in swapped):
            return "roles"
    changed = [pair for pair in zip(ours.words, theirs.words, strict=False) if pair[0] != pair[1]]
    is_swap = 4 < len(ours.words) == len(theirs.words) and len(changed) == 2 and changed[0] == changed[1][::-1]
    return "roles" if is_swap else None


def _negation(ours: Wording, theirs: Wording) -> str | None:
    """The same words, of which one is denied."""
    are_alike = len(ours.terms ^ theirs.terms) <= 2 + len(ours.terms) // 10
    return "negation" if are_alike and ours.is_denied != theirs.is_denied else None


def _asked(ours: Wording, theirs: Wording) -> str | None:
    """The same words, but for one: a thing of the story that is asked for in place of another one."""
    first, second = Counter(ours.words), Counter(theirs.words)
    gone, new = first - second, second - first
    if len(gone) == len(new) == 1 and set(gone) | set(new) <= set(first) & set(second):
        return "question"
    return None


def _options(ours: Wording, theirs: Wording, text: str) -> str | None:
    """Where the question says little, most options have to be the same."""
    if not ours.options or not theirs.options or stem(text) != text:
        return None
    first, second = set(ours.options), set(theirs.options)
    return "options" if len(first & second) * 2 < min(len(first), len(second)) else None


def _code(first: str, second: str) -> str | None:
    """Functions of other names."""
    defined, other = set(_DEFINED.findall(first)), set(_DEFINED.findall(second))
    return "code" if defined and other and defined.isdisjoint(other) else None
