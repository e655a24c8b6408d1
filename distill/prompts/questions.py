"""What a problem asks for: one answer, a proof, or several answers. Pure.

Judged by what is asked (`asking.py`): the questions, the imperatives and their objects, and of an enumeration the
items that ask something themselves. A list of options, conditions or statements therefore has no parts, and "show
that there is a root, and find it" asks for one answer. A gold answer, where it is known, is evidence too.

A bare statement ("Every convex function is continuous.") asks for a proof where the row has no answer. English and
Chinese are read; of other languages only enumerated questions and question marks are seen.
"""

import re
from enum import StrEnum

from distill.prompts.asking import Wish, asks, plain_text
from distill.prompts.enumeration import Enumeration, enumerations


class Asked(StrEnum):
    """What a problem asks for."""

    ONE = "one"
    PROOF = "proof"
    PARTS = "parts"


_JOINT = re.compile(
    r"\b(?:as|in|using)\s+an?\s+(?:[a-z]+\s+)?(?:list|pair|tuple|triple|triplet|vector)\b|\banswer(?:s)?\s+in\s+\[|in\s+that\s+order"
    r"|separated\s+by|return\s+(?:the|a)\s+list|ordered\s+(?:pair|triple)",
    re.IGNORECASE,
)
_CONDITIONS = re.compile(
    r"such\s+that|satisf|propert|condition|subject\s+to|given|where|\bif\b|so\s+that|which|statement|rule|constraint"
    r"|system|simultaneous|assum|suppose|defined|满足|下列命题",
    re.IGNORECASE,
)
_OFFER = re.compile(r"\bwhich\s+of\s+(?:the\s+following|these)\b[^.?]*[?:.]?\s*$|下列[^。]*[（(]\s*[)）][。.]?\s*$", re.IGNORECASE)
"""What follows is offered for a choice."""
_QUESTIONS = re.compile(r"回答下列|回答以下|完成下列|解答下列|answer\s+the\s+following", re.IGNORECASE)
_GIVEN = re.compile(r"\b(?:Show|Prove) that (?:it|they|this|(?:the|this|your)(?: [a-z]+){1,3}) (?:is|are|equals?)\b")
"""The answer stands in the question, as in miniF2F."""
_LETTER = re.compile(r"\s*\(?[A-Ha-h]\)?\.?\s*")
"""The gold answer of a multiple choice."""
_STOP = re.compile(r"[.?!。？！]\s")
_ENDS = re.compile(r"[.。]\s*$")


_LABEL_SIGNS = (
    *(("a)", "b)"), ("1)", "2)"), ("i)", "ii)"), ("i ", "ii "), ("I)", "II)"), ("I ", "II "), ("A)", "B)"), ("）", "）")),
    *(("\n1", "\n2"), ("\na", "\nb"), ("\nA", "\nB"), ("\nI", "\nII"), ("art ", "art "), ("1:", "2:"), ("item", "item"), ("bullet", "bullet"), ("•", "•")),
)
_WHY_SIGNS = ("why", "that", "know", "justify", "为什么")
_PROOF_SIGNS = (
    *("prov", "show", "verify", "demonstrat", "establish", "justify", "explain", "interpret", "discuss", "describe", "draw"),
    *("sketch", "plot", "graph", "construct", "illustrate", "argu", "comment", "outline", "deduce", "conclude", "infer"),
    *("example", "proof", "explanation", "证", "说明", "画", "作出", "为什么"),
)


def asked(problem: str, answer: str | None = None) -> Asked:
    """What the problem asks for; `answer` is its gold answer, if known."""
    if _is_plain(problem, answer):
        return Asked.ONE
    text = plain_text(problem)
    lists = enumerations(text)
    num_items = max((_num_parts(found) for found in lists), default=0)
    if num_items > 1 and not _JOINT.search(text):
        return Asked.PARTS
    if _GIVEN.search(text) and num_items == 0:
        return Asked.PROOF
    if answer is not None and _LETTER.fullmatch(answer):
        return Asked.ONE
    if any(found.is_capital and len(found.items) > 2 for found in lists):
        return Asked.ONE
    wishes = [ask for ask in asks(text)]
    num_answers = sum(ask.wish is Wish.ANSWER for ask in wishes)
    if num_answers > 1 and not _JOINT.search(text) and (answer is None or _is_several(answer)):
        return Asked.PARTS
    if not any(ask.wish is not Wish.PROOF for ask in wishes) and (wishes or _is_statement(text, answer)):
        return Asked.PROOF
    return Asked.ONE


def _is_plain(problem: str, answer: str | None) -> bool:
    """Nothing in it may ask for more than one answer, or for a proof; so it is with most rows."""
    if answer is None or _is_several(answer) or any(a in problem and b in problem for a, b in _LABEL_SIGNS):
        return False
    lowered = problem.lower()
    signs = _WHY_SIGNS if "?" in problem or "？" in problem else _PROOF_SIGNS
    return not any(sign in lowered for sign in signs)


def _is_several(answer: str) -> bool:
    """Whether an answer has parts: something stands on either side of a comma, a semicolon or "and"."""
    depth = 0
    for place, char in enumerate(answer):
        depth += (char in "([{") - (char in ")]}")
        if depth <= 0 and char in ",;，；、\n" and not answer[place + 1 : place + 4].isdigit():
            return True
    return depth <= 0 and " and " in answer


def _num_parts(found: Enumeration) -> int:
    """How many items ask for an answer of their own."""
    if _QUESTIONS.search(found.lead):
        return len(found.items)
    if _OFFER.search(found.lead):
        return 0
    asking = [asks(item) for item in found.items]
    num = sum(any(ask.wish is not Wish.PROOF for ask in asking_item) for asking_item in asking)
    if any(asking) or found.is_capital:
        return num
    sentence = _STOP.split(found.lead)[-1]
    is_asked = any(ask.wish is Wish.ANSWER for ask in asks(sentence.strip()))
    return len(found.items) if is_asked and not _CONDITIONS.search(sentence) else num


def _is_statement(text: str, answer: str | None) -> bool:
    return not answer and text.replace("¤", "").isascii() and bool(_ENDS.search(text))
