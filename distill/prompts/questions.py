"""What a problem asks for: one answer, a proof, or several answers. Pure.

Judged by what is asked (`asking.py`): the questions, the imperatives and their objects, and of an enumeration the
items that ask something themselves. A list of options, conditions or statements therefore has no parts, and "show
that there is a root, and find it" asks for one answer. The gold answer, where it is known, is evidence too: two
questions in prose with one number for an answer are steps to it. A bare statement ("Every convex function is
continuous.") asks for a proof where no answer is known. English and Chinese are read; of a text in another language
question marks and blanks are seen.
"""

import re
from enum import StrEnum

from distill.prompts.asking import Wish, asks, plain_text
from distill.prompts.enumeration import Enumeration, enumerations


class Asked(StrEnum):
    """What a problem asks for."""

    ONE = "one"
    PROOF = "proof"
    """Or an explanation, an example, a drawing: nothing that a comparison could decide on."""
    PARTS = "parts"


MIN_OPTIONS = 3
"""A list labelled A, B, C with at least so many items is a multiple choice, unless its items ask."""

_JOINT = re.compile(
    r"\b(?:as|in|using) an? (?:[a-z]+ )?(?:list|pair|tuple|triple|triplet|vector)\b|\banswers? in \[|in that order"
    r"|separated by|return (?:the|a) list|ordered (?:pair|triple)",
    re.IGNORECASE,
)
"""Several values that are one answer."""
_GIVEN = re.compile(r"\b(?:Show|Prove) that (?:it|they|this|(?:the|this|your)(?: [a-z]+){1,3}) (?:is|are|equals?)\b")
"""The answer stands in the question, as in miniF2F."""
_LETTER = re.compile(r"\s*+\(?[A-Ha-h]\)?\.?\s*")
"""The gold answer of a multiple choice."""
_PROVED = re.compile(
    r"\W*+(?:text\{)?(?:see )?(?:the )?(?:proof|proved|proven|q\.?e\.?d|证明|证明略)\W*", re.IGNORECASE
)
"""Stands for an answer in the rows of proofs."""
_CONDITIONS = re.compile(
    r"such that|satisf|propert|condition|subject to|given|where|\bif\b|so that|which|statement|rule|constraint"
    r"|system|simultaneous|assum|suppose|defined|满足|命题",
    re.IGNORECASE,
)
"""Before a list whose items say more about what is asked."""
_OFFER = re.compile(r"which of (?:the following|these)\b|下列.{0,60}[（(]\s{0,8}[)）]", re.IGNORECASE)
"""Before a list of which one is to be chosen."""
_BOTH = re.compile(
    r"\b(?:find|determine|compute|calculate|state|give|what\s(?:is|are))\s(?:both\s)?(?:the|its|their)\s[^.?;]{0,200}?"
    r"\band\s(?:also\s)?(?:the|its|their)\b",
    re.IGNORECASE,
)
"""Two things of one verb; but "the distance between the point and the line" looks the same (`_RELATION`)."""
_RELATION = re.compile(r"\b(?:sum|difference|product|ratio|between|distance|quotient|common)\b", re.IGNORECASE)
_QUESTIONS = re.compile(r"(?:回答|完成|解答)(?:下列|以下)|answer the following", re.IGNORECASE)
_STOP = re.compile(r"[.?!。？！]\s")
_FULL_STOP = re.compile(r"[.。]\s*+\Z")
_LABEL_SIGNS = {
    ")": (
        *(("a)", "b)"), ("1)", "2)"), ("i)", "ii)"), ("I)", "II)"), ("A)", "B)")),
        *(("(i ", "(ii "), ("I ", "II "), ("1 ", "2 ")),
    ),
    "）": (("1", "2"), ("i", "ii"), ("I", "II"), ("a", "b")),
    "\n": (("\n1", "\n2"), ("\na", "\nb"), ("\nA", "\nB"), ("\nI", "\nII")),
    "rt ": (("rt a", "rt b"), ("rt A", "rt B")),
    "2:": (("1:", "2:"),),
    "item": (("\\item", "\\item"),),
    "bullet": (("\\bullet", "\\bullet"),),
    "•": (("•", "•"),),
}
"""What a text with labels of a first and a second item contains."""
_ANSWER_SIGNS = (
    "?",
    "Find the ",
    "Find all ",
    "Compute",
    "Determine",
    "Calculate",
    "Evaluate",
    "Solve",
    "Simplify",
    "？",
)
_WHY_SIGNS = ("why", "show that", "prove that", "know", "justify", "为什么")
"""A text that asks for an answer asks for a proof as well only with one of these."""
_PROOF_SIGNS = (
    *("prov", "show", "verify", "demonstrat", "establish", "justify", "expla", "interpret", "discuss", "describe"),
    *("draw", "sketch", "plot", "graph", "construct", "illustrate", "argu", "comment", "outline", "deduce", "conclude"),
    *("infer", "example", "proof", "证", "说明", "画", "作出", "为什么"),
)


def asked(problem: str, answer: str | None = None) -> Asked:
    """What the problem asks for; `answer` is its gold answer, if known."""
    if _is_plain(problem, answer):
        return Asked.ONE
    text = plain_text(problem)
    lists = enumerations(text)
    num_parts = max(map(_num_parts, lists), default=0)
    if num_parts > 1 and not _JOINT.search(text):
        return Asked.PARTS
    if num_parts == 0 and _GIVEN.search(text):
        return Asked.PROOF
    if any(map(_is_choice, lists)):
        return Asked.ONE
    return _asked_in_prose(text, answer)


def _asked_in_prose(text: str, answer: str | None) -> Asked:
    if answer is not None and _LETTER.fullmatch(answer):
        return Asked.ONE
    found = asks(text)
    if answer is not None and _PROVED.fullmatch(answer):
        return Asked.PROOF if Wish.PROOF in found or _is_statement(text) else Asked.ONE
    if _is_twofold(text, found, answer) and not _JOINT.search(text):
        return Asked.PARTS
    if not found:
        return Asked.PROOF if answer is None and _is_statement(text) else Asked.ONE
    return Asked.PROOF if _is_proof(found) else Asked.ONE


def _is_twofold(text: str, found: list[Wish], answer: str | None) -> bool:
    """Whether it asks for two answers, and the gold answer, if known, has two."""
    is_asked_twice = found.count(Wish.ANSWER) > 1
    if answer is None or not _is_several(answer):
        return is_asked_twice and answer is None
    return is_asked_twice or any(not _RELATION.search(both[0]) for both in _BOTH.finditer(text))


def _num_parts(found: Enumeration) -> int:
    """How many items ask for an answer of their own."""
    sentence = _STOP.split(found.lead)[-1].strip()
    if _QUESTIONS.search(found.lead):
        return len(found.items)
    if _OFFER.search(found.lead):
        return 0
    items = [asks(item) for item in found.items]
    if any(items) or found.is_capital or _CONDITIONS.search(sentence):
        return sum(bool(item) and not _is_proof(item) for item in items)
    return len(items) if any(wish is Wish.ANSWER for wish in asks(sentence)) else 0


def _is_choice(found: Enumeration) -> bool:
    return bool(_OFFER.search(found.lead)) or (found.is_capital and len(found.items) >= MIN_OPTIONS)


def _is_proof(found: list[Wish]) -> bool:
    return all(wish is Wish.PROOF for wish in found)


def _is_statement(text: str) -> bool:
    """A sentence in Latin letters with its full stop."""
    return bool(_FULL_STOP.search(text)) and not any("\u3000" <= char <= "\u9fff" for char in text)


def _is_plain(problem: str, answer: str | None) -> bool:
    """Nothing in it may ask for more than one answer, or for a proof. Most rows end here, after a few microseconds."""
    if answer is None or _is_several(answer) or _PROVED.fullmatch(answer):
        return False
    for sign, labels in _LABEL_SIGNS.items():
        if sign in problem:
            for first, second in labels:
                if first in problem and second in problem:
                    return False
    lowered = problem.lower()
    is_answer_asked = any(sign in problem for sign in _ANSWER_SIGNS)
    return not any(sign in lowered for sign in (_WHY_SIGNS if is_answer_asked else _PROOF_SIGNS))


def _is_several(answer: str) -> bool:
    """Whether something stands on either side of a comma, a semicolon or "and", outside brackets."""
    depth = 0
    for place, char in enumerate(answer):
        depth += (char in "([{") - (char in ")]}")
        if depth <= 0 and char in ",;，；、\n" and not answer[place + 1 : place + 4].isdigit():
            return True
    return depth <= 0 and " and " in answer
