"""The answer behind a mark: a tag, the key of a JSON object, words such as "the answer is"; the last one counts."""

import re
from typing import NamedTuple

from distill.verifiers.math_answer.extracting import markers
from distill.verifiers.math_answer.extracting.formulas import Passage, is_bare
from distill.verifiers.math_answer.extracting.json_answer import json_answer
from distill.verifiers.math_answer.extracting.sentences import sentences
from distill.verifiers.math_answer.extracting.statement import Statement, field, read

_MAX_MARKERS = 12
"""Markers from the end that are tried."""
TAG = re.compile(r"<(?:answer|final_answer|finalanswer)>|<\|begin_of_box\|>", re.IGNORECASE)
TAG_END = re.compile(r"</(?:answer|final_answer|finalanswer)>|<\|end_of_box\|>", re.IGNORECASE)
_LINE = re.compile(
    r"^[ \t>*_#✅-]{0,12}(?:####\s|(?:(?:A|R)(?=[*_]{0,2}\s?[:：])|Ans|Result|Résultat|Ergebnis|Resultado|Risultato"
    r"|Итог|结果|Final \w{3,12})[*_]{0,2}\s?[:：=])",
    re.MULTILINE,
)
_FORM_FIELD = re.compile(r"\s*+[^\W\d_]++(?: [^\W\d_]++)?\s?[:：]")
_OF = re.compile(r"\s(?:to|for|of|in|that|we|you|which)\b[^.\n:=]{0,80}?(?=\s(?:is|are|was|be)\b)")
"""Between a marker and its verb: the answer to what."""
_MARKUP = " *_:：>#\n.-✅"
_TAKEN_BACK = "the answer is taken back"


class Marked(NamedTuple):
    """What a mark introduces, where it ends, and by which rule."""

    statement: Statement
    end: int
    rule: str


def marked(text: str) -> Marked | None:
    """The last statement that a mark introduces; None where nothing does."""
    found = [mark for mark in (_keyed(text), _tagged(text), _behind_words(text)) if mark is not None]
    if not found:
        return None
    last = max(found, key=lambda mark: mark.end)
    if not last.statement.doubt and markers.RETRACTION.search(text, last.end):
        return last._replace(statement=Statement(last.statement.text, _TAKEN_BACK))
    return last


# -- tags and keys


def _tagged(text: str) -> Marked | None:
    opening = next(reversed(list(TAG.finditer(text))), None)
    if opening is None:
        return None
    closing = TAG_END.search(text, opening.end())
    end = closing.end() if closing else len(text)
    content = text[opening.end() : closing.start() if closing else end].strip()
    return Marked(_field(content), end, "tag") if content else None


def _keyed(text: str) -> Marked | None:
    span = json_answer(text)
    if span is None:
        return None
    nothing = Statement("", "the field of the answer holds no single value")
    return Marked(_field(span.text) if span.text else nothing, len(text), "json")


def _field(content: str) -> Statement:
    """What a field states: its last marked statement, or all of it."""
    found = None if is_bare(content) else _behind_words(content)
    return field(content) if found is None else found.statement


# -- words


def _behind_words(text: str) -> Marked | None:
    """The last statement behind words such as "the answer is"."""
    places = {match.end(): match for match in [*markers.ANSWER.finditer(text), *_LINE.finditer(text)]}
    spans = sentences(text) if places else []
    for end in sorted(places, reverse=True)[:_MAX_MARKERS]:
        index = next((i for i, span in enumerate(spans) if span.start < end <= span.end), None)
        found = _behind(text, spans[index : index + 2], places[end]) if index is not None else None
        if found is not None:
            return found
    return None


def _behind(text: str, spans: list[Passage], match: re.Match[str]) -> Marked | None:
    """What the sentence with a marker states behind it, or the next one, where the marker is a heading."""
    span, later = spans[0], spans[1:]
    lead, body, end = text[span.start : match.start()], text[match.end() : span.end], span.end
    if not body.strip(_MARKUP):
        if lead.strip(_MARKUP) and not body.strip(" *_").startswith((":", "：")):
            return None
        if not later or _FORM_FIELD.match(later[0].text):
            return _empty(end) if later else None
        body, end = f":\n{later[0].text}", later[0].end
    if match.re is not _LINE:
        of = _OF.match(body)
        body = body[of.end() :] if of else body
        link = markers.STARTS_WITH_LINK.match(body)
        if not (link or markers.DENIAL.match(body.strip()) or markers.DOUBT.match(body.strip())):
            return None
        body = body[link.end() :] if link else body
    head, _, line = body.partition("\n")
    is_below = bool(line) and not head.strip(_MARKUP)
    if is_below and _FORM_FIELD.match(line) and not is_bare(line.strip(_MARKUP)) and not markers.LINK.search(line):
        return _empty(end)
    stated = read(body.lstrip(" :：=*_>\n"), lead=lead, is_marked=not is_below or is_bare(line.strip(_MARKUP)))
    return None if stated is None else Marked(stated, end, "marker")


def _empty(end: int) -> Marked:
    return Marked(Statement("", "the answer is left empty"), end, "marker")
