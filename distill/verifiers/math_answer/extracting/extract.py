r"""The place of the final answer in a text.

The last of what is marked counts: a box, a tag, the key of a JSON object, words such as "the answer is" in the
languages that teachers write. Else the whole of a short answer; else the last sentence, where it asserts one value.
What is taken back, denied, doubted or cut off is given with the reason why it is no clear statement.

Linear in the text: boxes are found from the end, and all else is looked for in a tail of bounded length.
"""

import re
from typing import NamedTuple

from distill import reasoning
from distill.verifiers.math_answer.extracting import boxes, markers
from distill.verifiers.math_answer.extracting.clause import NO_STATEMENT
from distill.verifiers.math_answer.extracting.formulas import is_bare
from distill.verifiers.math_answer.extracting.marked import TAG, TAG_END, Marked, marked
from distill.verifiers.math_answer.extracting.sentences import sentences
from distill.verifiers.math_answer.extracting.statement import Statement, field, read
from distill.verifiers.math_answer.extracting.suffixes import unit_after
from distill.verifiers.math_answer.extracting.values import values

TAIL = 4000
"""Characters from the end within which all but a box is looked for."""
_MAX_WHOLE = 60
"""Characters of a whole answer in words."""
_MAX_NUM_WORDS = 4
"""Words of one."""
_MAX_ASIDE = 24
"""Characters at the start of a sentence within which a word shows that it only accompanies the answer."""
_MAX_LEAD = 60
"""Characters before a box in which a word that denies it is looked for."""


class Extraction(NamedTuple):
    """What was taken as the answer, and by which rule."""

    text: str
    rule: str
    run: tuple[str, ...] = ()
    """All boxes of the closing sentence, where it has several: the answer if the reference is a list."""
    doubt: str = ""
    """Why the text is no clear statement of an answer, as a clause; "" where it is one."""


_CALCULATION = re.compile(r"<<[^<>\n]{0,120}?=([^<>=\n]{1,60}+)>>(?=(\$?[-\d.])?)")
_TURN_END = re.compile(r"<\|(?!begin_of_box|end_of_box)\w{1,30}+\|>")
_THEREFORE = re.compile(r"=>|\\(?:therefore|implies|Rightarrow)\b")
_BOLD = re.compile(r"(?<![A-Za-z0-9)])\*\*|\*\*(?![A-Za-z0-9(])")
_PRINTED = re.compile(r"```output\s{1,3}([^\s`]{1,60}+)\s{1,3}```\s{0,3}$")
_AFTER_BOX = " \n\t$.。,;*\\])}"
_IN_SIGNS = re.compile(r"(?:\\[A-Za-z]++|[^\n#<:A-Za-z\u00c0-\uffff]|(?<![A-Za-z])[B-Zb-z](?![A-Za-z]))*+")
"""Formulas alone: nothing that could be a word, a mark or a second line."""
_ITEM = re.compile(r"[-•*]\s|\(?(?:[a-z]|\d{1,2})[).]\s")
_NAMED = re.compile(r"\$?[A-Za-z]\s?=\s?[-−]?[\d.,/]{1,20}+\$?\.?$")
_CLAUSE_END = re.compile(r"[.,;:\n]")


def extract(answer: str) -> Extraction | None:
    r"""The answer's text; None where none is given.

    >>> extract(r"Thus $x = \boxed{\frac{1}{2}}$.")
    Extraction(text='\\frac{1}{2}', rule='boxed', run=(), doubt='')
    """
    if answer.rfind(reasoning.OPEN) >= 0 or answer.rfind(reasoning.CLOSE) >= 0:  # a third of the time of `in`
        answer = reasoning.split(answer).answer
    answer = (answer.replace("\x08oxed", r"\boxed") if "\x08" in answer else answer).strip()
    if not answer:
        return None
    box = boxes.last_box(answer)
    if box is not None:
        return _boxed(answer, box)
    if len(answer) <= _MAX_WHOLE and _IN_SIGNS.fullmatch(answer):
        return Extraction(answer.strip("* "), "whole")
    tail = _tidy(answer[-TAIL:])
    found = marked(tail)
    if found is not None:
        return _from(found)
    bare = answer.strip("* ∴⇒→")
    is_one_line = "\n" not in bare or "\\" in bare or "$" in bare
    if is_one_line and is_bare(bare) and not markers.SURRENDER.search(bare):
        stated = field(bare)
        return Extraction(stated.text, "whole", doubt=stated.doubt)
    return _unmarked(tail)


def _tidy(text: str) -> str:
    """The text up to where the turn ends, without bold signs and calculations that a value repeats."""
    turn_end = _TURN_END.search(text)
    if turn_end and text[: turn_end.start()].strip():
        text = text[: turn_end.start()]
    text = _THEREFORE.sub("∴", text)
    text = _CALCULATION.sub(lambda match: "" if match[2] else match[1], text)
    return _BOLD.sub("", text)


def _from(found: Marked) -> Extraction:
    return Extraction(found.statement.text, found.rule, doubt=found.statement.doubt)


# -- boxes


def _boxed(answer: str, box: boxes.Box) -> Extraction | None:
    """The last box, or what a later statement puts in its place; None where it is empty or hardly begun."""
    rest = answer[box.end : box.end + TAIL]
    rest = _tidy(rest) if rest.strip(_AFTER_BOX) else ""
    is_retracted = bool(rest) and markers.RETRACTION.search(rest) is not None
    later = marked(rest) if any(map(str.isdigit, rest)) else None
    is_final = later is not None and (later.rule != "marker" or is_retracted or "final" in rest.lower())
    if later is not None and is_final and later.statement.text:
        return _from(later)
    if box.depth > 1 or not re.search(r"\w|\\", box.content):
        return None
    if box.depth:
        return Extraction(box.content, "boxed", doubt="the box is cut off")
    lead = answer[max(0, box.start - _MAX_LEAD) : box.start].rstrip(" $\\([{")
    doubt = "the answer is taken back" if is_retracted else "the answer is denied" if _is_denied(lead) else ""
    content = TAG_END.sub("", TAG.sub("", box.content)).strip()
    text = content if "\\" in content or _IN_SIGNS.fullmatch(content) else field(content).text
    text += unit_after(answer[box.end : box.end + 24])
    return Extraction(text, "boxed", boxes.listed(answer, box), doubt)


def _is_denied(lead: str) -> bool:
    """Whether the last words before a box deny or doubt it."""
    if not lead[-1:].isalpha():
        return False
    near = " ".join(_CLAUSE_END.split(lead)[-1].split()[-3:])
    return (markers.DENIAL.search(near) or markers.DOUBT.search(near)) is not None


# -- what nothing marks


def _unmarked(tail: str) -> Extraction | None:
    """The last sentence, asides apart; a few words; None where the writer says that there is no answer."""
    if tail.endswith("```"):
        return Extraction("", "none", doubt=NO_STATEMENT)
    spans = [span for span in sentences(tail) if not _is_aside(span.text)]
    last = spans[-1].text.strip() if spans else ""
    if markers.SURRENDER.search(last):
        return None
    stated = read(last.lstrip("-•*#> "), is_marked=False)
    if stated is not None and stated.doubt == NO_STATEMENT:
        stated = _repeated(tail[: spans[-1].start], last) or stated
    if stated is not None and not stated.doubt and len(spans) > 1 and _are_siblings(spans[-2].text, last):
        stated = Statement(stated.text, "one of several lines")
    if stated is not None:
        return Extraction(stated.text, "sentence", doubt=stated.doubt)
    text = tail.strip()
    is_short = len(text) <= _MAX_WHOLE and len(text.split()) <= _MAX_NUM_WORDS and "\n" not in text
    in_words = read(text, is_marked=True) if is_short and spans else None
    if in_words is not None:
        return Extraction(in_words.text, "whole", doubt=in_words.doubt)
    return Extraction("", "none", doubt=NO_STATEMENT)


def _are_siblings(before: str, last: str) -> bool:
    """Whether the last two lines are items of one list: of bullets, parts, or values of names."""
    if markers.CONCLUSION.search(last):
        return False
    line = before.strip().rpartition("\n")[2]
    return any(kind.match(line) and kind.match(last) for kind in (_ITEM, _NAMED))


def _repeated(before: str, sentence: str) -> Statement | None:
    """The value of a sentence that repeats what a program printed directly before it."""
    printed = _PRINTED.search(before[-_MAX_LEAD * 2 :])
    if printed is None:
        return None
    same = [value for value in values(sentence) if value.text.strip("%$") == printed[1].removesuffix(".0")]
    return Statement(same[0].text) if same else None


def _is_aside(sentence: str) -> bool:
    """Whether a sentence only accompanies an answer."""
    text = sentence.strip(" \n*-_#`>")
    is_bracketed = text[:1] in {"(", "（"} and text.rstrip(".")[-1:] in {")", "）"}
    if not any(map(str.isalnum, text)) or (is_bracketed and re.search(r"[A-Za-z]{3}", text)):
        return True
    return markers.ASIDE.search(text[:_MAX_ASIDE]) is not None
