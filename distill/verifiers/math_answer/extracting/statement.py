r"""What a sentence states, and what speaks against taking it.

A value that is denied, doubted, bounded, asked for, a label, a share, or on the way to another is no clear statement:
the reason is given with it.
"""

import re
from typing import NamedTuple

from distill.verifiers.math_answer.extracting import markers
from distill.verifiers.math_answer.extracting.clause import (
    NO_STATEMENT,
    SUBORDINATE,
    Clause,
    asserted,
    asserted_behind_marker,
    listed,
    main_clause,
)
from distill.verifiers.math_answer.extracting.formulas import is_bare
from distill.verifiers.math_answer.extracting.suffixes import is_operation, suffix
from distill.verifiers.math_answer.extracting.values import Value, values

_DENIED = "the answer is denied"
_DOUBTED = "the answer is in doubt"
MAX_SENTENCE = 800
"""Characters of a sentence that are read: its first ones behind a marker, else its last ones."""
_MAX_LEAD = 80
"""Characters before a marker in which a word that denies or doubts is looked for."""
_MAX_DENYING = 4
"""Words before a value among which one that denies it is looked for."""
_MAX_BEHIND = 30
"""Characters behind a value in which a word that doubts or denies it is looked for."""
_MAX_WORDS = 80
"""Characters of an answer in words."""
_QUOTES = "*_`\"'“”「」> \n"
_ASIDE = re.compile(
    r"[(（](?!mod\b|base\b)(?=[^()（）\\]{0,200}(?:[A-Za-z]{3}|\bor\b|[\u4e00-\u9fff]))[^()（）\\]{0,200}+[)）]"
)
_CLAUSE_END = re.compile(r"[,;:，；：、](?!\d)")
_NEGATIVE = re.compile(r"\b(?:minus|negative)\s$", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:but|only|unless|if|except|provided|when)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"(yes|no|true|false|oui|non|ja|nein|sí|да|нет|是|否)(?:[,.;:，](?!\s?(?:true|false|yes|no)\b)|$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"([-−]?\$?\d[\d,]*+(?:\.\d++)?)")
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE = re.compile(r"\b(?:is|are|equals?)\b", re.IGNORECASE)
_SHARE = re.compile(r"\s?of (?:the|its|his|her|their|that)\b")
_FRACTION = re.compile(r"[/%.]|frac")
_NAME = re.compile(r"[A-Za-z]{3}")
_ENDING = re.compile(r"\d\s?[\u0400-\u1fff\u3040-\ud7af]")
"""A number with an ending in a script that puts no space before it."""


class Statement(NamedTuple):
    """What is stated, and the reason why it is not clear; "" where it is."""

    text: str
    doubt: str = ""


def read(sentence: str, *, lead: str = "", is_marked: bool) -> Statement | None:
    """The statement of a sentence; None where it gives neither a value nor a few words.

    `lead` is what stands before a marker in its sentence, and `is_marked` whether one introduces this one.
    """
    sentence = sentence.strip(_QUOTES)
    sentence = sentence[:MAX_SENTENCE] if is_marked else sentence[-MAX_SENTENCE:]
    end = ".。,;" + _QUOTES
    bare = sentence.rstrip(end) if sentence.rstrip(_QUOTES).endswith("!.") else sentence.rstrip("!！" + end)
    body = _ASIDE.sub(" ", bare).strip() or sentence
    alone = (_YES_OR_NO.match(body) or _NUMBER.fullmatch(body)) if is_marked else None
    if alone and not sentence.endswith(("?", "？")):
        return Statement(alone[1], _DOUBTED if _is_doubted_before(lead) else "")
    found = values(body)
    if not found:
        return _in_words(body, lead, is_marked)
    clause = main_clause(body, found, is_marked)
    chosen, doubt = asserted_behind_marker(clause) if is_marked else asserted(clause)
    if chosen is None:
        return Statement("", doubt)
    doubt = doubt or _doubt(sentence, lead, clause, chosen, is_marked)
    if doubt == _DENIED:
        return _instead(clause, chosen) or Statement(chosen.text, doubt)
    return Statement(_text(clause, chosen, is_marked), doubt)


def field(content: str) -> Statement:
    """What a field holds, such as a box or a tag: all of it, or the value that a sentence in it gives."""
    content = content.strip("* \n")
    if not _LETTER.search(content):
        return Statement(content)
    found = values(content) if len(content) <= MAX_SENTENCE else []
    is_value = is_bare(content) or not found
    is_one = len(found) == 1 and found[0].start == 0
    if not is_value and (is_one or _SENTENCE.search(content)) and "\n" not in content:
        return read(content, is_marked=True) or Statement(content)
    yes_or_no = None if _CONDITION.search(content) else _YES_OR_NO.match(content)
    before = content[: found[0].start] if found else ""
    is_doubted = markers.DENIAL.search(content) or markers.DOUBT.search(content) or markers.STEP.match(content)
    is_clear = not found or not (is_doubted or markers.BOUND.search(before))
    return Statement(yes_or_no[1] if yes_or_no else content, "" if is_clear else _DOUBTED)


def _text(clause: Clause, chosen: Value, is_marked: bool) -> str:
    """The whole clause where it is nothing but the answer; else the list or the value with its unit."""
    all_of_it = clause.body[clause.start : clause.end].lstrip("∴⇒→= ").rstrip(",;，( ")
    if is_marked and is_bare(all_of_it) and not _has_words(all_of_it):
        return all_of_it
    sign = "-" if _NEGATIVE.search(clause.before(chosen)) else ""
    alone = sign + chosen.text + suffix(clause.body[chosen.end : clause.end])
    return ", ".join(item.text for item in listed(clause, chosen)) or alone


def _has_words(text: str) -> bool:
    """Whether a text is more than its value: words name a side of its chain of equals signs, or end its number."""
    return bool(_NAME.search(text.rpartition("=")[0]) or _ENDING.search(text))


def _in_words(text: str, lead: str, is_marked: bool) -> Statement | None:
    """An answer in words, which only a marker makes one."""
    text = text.strip(" :*")
    if not is_marked or len(text) > _MAX_WORDS or not any(map(str.isalnum, text)):
        return None
    is_doubted = markers.DENIAL.match(text) or markers.DOUBT.search(f"{lead[-_MAX_LEAD:]} {text}")
    return Statement(text, _DOUBTED if is_doubted else "")


# -- what speaks against it


def _instead(clause: Clause, denied: Value) -> Statement | None:
    """The value that a denial puts in the place of another: not 56 but 58."""
    contrast = markers.CONTRAST.search(clause.body, denied.end)
    later = [v for v in clause.values if contrast is not None and v.start >= contrast.end()]
    return Statement(later[0].text) if len(later) == 1 else None


def _doubt(sentence: str, lead: str, clause: Clause, value: Value, is_marked: bool) -> str:
    """Why a value of a clause is not clearly asserted; "" where it is."""
    before, rest = clause.before(value), clause.body[value.end :]
    near = " ".join(_CLAUSE_END.split(before)[-1].split()[-_MAX_DENYING:])
    if sentence.endswith(("?", "？")):
        return "the answer is a question"
    is_denied = markers.DENIAL.search(near) or (is_marked and markers.DENIAL.match(clause.body))
    if is_denied or _is_denied_behind(rest):
        return _DENIED
    if (
        markers.DOUBT.search(before)
        or markers.DOUBT.search(rest[:_MAX_BEHIND])
        or (is_marked and _is_doubted_before(lead))
    ):
        return _DOUBTED
    if markers.BOUND.search(before) or markers.BOUND_AFTER.match(rest):
        return "the answer is a bound"
    if is_operation(rest):
        return "the answer goes on in words"
    if _SHARE.match(rest) and _FRACTION.search(value.text) and markers.LINK.search(before):
        return "the answer is a share of something"
    if value.is_cut or (value.is_unworked and not is_marked):
        return "the value is cut off"
    return NO_STATEMENT if not is_marked and _is_on_the_way(sentence, clause, value) else ""


def _is_on_the_way(sentence: str, clause: Clause, value: Value) -> bool:
    """Whether a sentence supposes a value, or reaches it on the way to another."""
    subordinate = SUBORDINATE.match(clause.body)
    if subordinate and value.start < subordinate.end():
        return True
    if clause.is_concluded or value.is_computed:
        return False
    is_step = markers.STEP.match(sentence) and not markers.LINK.search(clause.before(value))
    return bool(is_step) or markers.PREMISE.match(sentence) is not None


def _is_doubted_before(lead: str) -> bool:
    """Whether what stands before a marker supposes, doubts or denies what it introduces."""
    near = lead[-_MAX_LEAD:]
    if not near.strip():
        return False
    is_supposed = markers.PREMISE.match(near.rpartition(",")[2]) or markers.DOUBT.search(near)
    return bool(is_supposed) or markers.DENIAL.search(_CLAUSE_END.split(near)[-1]) is not None


def _is_denied_behind(rest: str) -> bool:
    """Whether a denial follows a value within two words."""
    denial = markers.DENIAL.search(rest[:_MAX_BEHIND])
    gap = rest[: denial.start()] if denial else ""
    return denial is not None and len(re.findall(r"\w+", gap)) <= 2 and "," not in gap
