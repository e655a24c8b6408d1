r"""The place of the final answer in a text.

The last `\boxed{}`; then `<answer>` tags; then what follows "the final answer is" (in several languages); then the
whole of a short answer; then the last formula or number. Linear in the text: searches run from the end, and regular
expressions see only a tail of bounded length.
"""

import re
from typing import NamedTuple

from distill import reasoning
from distill.verifiers.math_answer.extracting import prose, values

_TAIL = 3000
"""Characters from the end within which an unboxed answer is looked for."""
_MAX_UNCLOSED = 200
"""Characters of a box whose brace is missing."""
_MAX_RUN = 64
"""Boxes that are listed together."""
_MAX_LISTED = 4000
"""Characters of one box in such a list."""
_MAX_GAP = 48
"""Characters between two boxes in such a list."""


class Extraction(NamedTuple):
    """What was taken as the answer, and by which rule."""

    text: str
    rule: str
    run: tuple[str, ...] = ()
    """All boxes of the closing sentence, where it has several: the answer if the reference is a list."""


_MARKER = re.compile(
    r"(?P<strong>final\s+answer(?:\s*(?:is|are|:|：|=))*|(?:the|my|so|correct|our)\s+answers?\s+(?:is|are|:|=|would\s+be|must\s+be)[\s:]*"
    r"|\*{0,2}answers?\*{0,2}\s*(?:is\b|are\b|[:：=])|最终答案(?:[是为：:])?|答案(?:应?[是为选：:])?|故选|因此答案|答[：:]"
    r"|r[ée]ponse(?:\s+finale)?\s*(?:est\b|:)|respuesta(?:\s+final)?\s*(?:es\b|:)|risposta(?:\s+finale)?\s*(?:è|:)"
    r"|antwort\s*(?:ist\b|lautet\b|:)|resposta(?:\s+final)?\s*(?:é|:)|ответ\s*[:—-]|答えは|정답은|답은|الجواب|الإجابة)"
    r"|(?P<weak>\banswer\b(?=\s*(?:\\\(|\\\[|\$)))",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<!\d)[.。](?=\s|$|\*)|(?<=\d)[.。](?=\s|$|\*)|\n\s*\n|\n(?=\s*[A-Z*])|(?<=\S)\n|<\|")
_COPULA = re.compile(
    r"(?:\b(?:is|are|be|equals?|was|were|est|es|ist)\b|[:：=为是])\s*(?=\S)(?!.*\b(?:is|are|be|equals?|est|es|ist)\b\s)",
    re.DOTALL,
)
_LEADING = re.compile(r"^\s*(?:(?:approximately|about|exactly|simply|just|therefore|thus|also)\s+)*")
_NEGATIVE = re.compile(r"^(?:minus|negative)\s+(?=[\d.$\\])", re.IGNORECASE)
_OPERATION = re.compile(
    r"\s*(?:to the|squared|cubed|factorial|choose|over|divided|multiplied|times|plus|minus|mod)\b", re.IGNORECASE
)
_BREAK = re.compile(
    r"[,;]?\s+\(?(?:because|since|as|so|where|which|when|for|not|if|but|while|with|i\.e\.|that)\b|[，,]?(?:因为|不是|而不是)"
)
_DENIAL = re.compile(r"(?i)\s*(?:definitely |certainly |surely )?(?:not|never|n't|neither|unknown|unclear)\b|\s*不")
_CONNECTOR = re.compile(
    r"^[\s$\\()\[\].,;:&+*}]*(?:(?:\\(?:quad|qquad|text|mbox|,|;)\s*\{?|\{|\}|\b(?:and|or|for|part|the|is|are)\b|[和或与、，]"
    r"|\([a-z0-9]\)|\b[a-zA-Z](?:_\{?\w+\}?)?\s*=|\b[a-z]{3,12}\b(?=\s+(?:and|or)\b)|[\s$\\()\[\],;:&+*}])*)$"
)
_SPLIT = re.compile(r"[.!?]\s+\S|\n\s*\n|\b(?:but|no|not|wait|instead|however|actually)\b", re.IGNORECASE)


def extract(answer: str) -> Extraction | None:
    r"""The answer's text; None where none is given.

    >>> extract(r"Thus $x = \boxed{\frac{1}{2}}$.")
    Extraction(text='\\frac{1}{2}', rule='boxed', run=())
    """
    if reasoning.OPEN in answer or reasoning.CLOSE in answer:
        answer = reasoning.split(answer).answer
    found = _boxed(answer)
    if found is not None:
        return found if found.text else None
    found = _tagged(answer)
    if found is not None:
        return found
    found = _marked(answer[-_TAIL:]) or _plain(answer)
    return found if found is not None and found.text else None


# -- boxes


def _boxed(answer: str) -> Extraction | None:
    start = _last_box(answer, len(answer))
    if start < 0:
        return None
    content, end = _content(answer, start)
    if not content.strip():
        return Extraction("", "boxed_empty")
    later = _later_marker(answer[end : end + _TAIL]) if len(answer) - end > 12 else None
    if later is not None:
        return later
    rule = "boxed" if end <= len(answer) else "boxed_unclosed"
    text = content.strip() + values.unit_after(answer[end : end + 24])
    return Extraction(text, rule, _run(answer, start, content))


def _last_box(answer: str, end: int, start: int = 0) -> int:
    return max(answer.rfind(r"\boxed", start, end), answer.rfind(r"\fbox", start, end))


def _content(answer: str, start: int, limit: int | None = None) -> tuple[str, int]:
    """The content of the box at `start` and where it ends; to the end of the line where its brace is missing."""
    at = start + (6 if answer.startswith(r"\boxed", start) else 5)
    while at < len(answer) and answer[at] == " ":
        at += 1
    if at >= len(answer) or answer[at] != "{":
        word = re.compile(r"\\?[\w.,/]+|\S").match(answer, at)
        return (word[0].rstrip(".,"), word.end()) if word else ("", at)
    depth, position = 0, at
    for match in re.compile(r"[{}]").finditer(answer, at, len(answer) if limit is None else limit):
        position = match.start()
        if answer[position - 1] == "\\" and answer[position - 2] != "\\":
            continue
        depth += 1 if answer[position] == "{" else -1
        if depth == 0:
            return answer[at + 1 : position], position + 1
    line = answer[at + 1 : at + 1 + _MAX_UNCLOSED].split("\n", 1)[0]
    return line.rstrip(" $.").removesuffix("\\]").removesuffix("\\)").rstrip(" $."), len(answer) + 1


def _run(answer: str, start: int, content: str) -> tuple[str, ...]:
    """The contents of the boxes that are listed together with the last one; () where it stands alone."""
    contents, later = [content.strip()], start
    while len(contents) < _MAX_RUN:
        earlier = _last_box(answer, later, max(0, later - _MAX_LISTED))
        if earlier < 0:
            break
        inside, end = _content(answer, earlier, later)
        gap = answer[end:later]
        if end > later or len(gap) > _MAX_GAP or _SPLIT.search(gap) or not _CONNECTOR.match(gap):
            break
        contents.append(inside.strip())
        later = earlier
    return tuple(reversed(contents)) if len(set(contents)) > 1 else ()


def _later_marker(rest: str) -> Extraction | None:
    """A "final answer is …" after the last box, where it gives a formula or a number."""
    marker = None
    for match in re.finditer(r"final\s+answer(?:\s+is)?\s*:?\s*\*{0,2}", rest, re.IGNORECASE):
        marker = match
    if marker is None:
        return None
    found = _from_sentence(_sentence(rest[marker.end() :]))
    return Extraction(found, "marker_after_box") if found and any(c.isdigit() for c in found) else None


# -- tags and markers


def _tagged(answer: str) -> Extraction | None:
    start = answer.rfind("<answer>")
    if start < 0:
        return None
    end = answer.find("</answer>", start)
    content = answer[start + 8 : end if end >= 0 else start + 8 + _TAIL].strip()
    return Extraction(content, "tag") if content else None


def _marked(tail: str) -> Extraction | None:
    marker = None
    for match in _MARKER.finditer(tail):
        marker = match
    if marker is None:
        return None
    sentence = _sentence(tail[marker.end() :])
    if _DENIAL.match(sentence):
        return Extraction("", "denied")
    found = _from_sentence(sentence)
    return Extraction(found, "marker") if found else None


def _sentence(text: str) -> str:
    """The first sentence; a formula is never cut."""
    text = text.lstrip(" :：=*\n")
    covered = 0
    for match in _SENTENCE_END.finditer(text):
        if match.start() < covered:
            continue
        inside = next((m for m in values.FORMULA.finditer(text) if m.start() < match.start() < m.end()), None)
        if inside is not None:
            covered = inside.end()
            continue
        return text[: match.start()]
    return text


def _from_sentence(sentence: str) -> str:
    """The value that a sentence gives: after its last verb, else its last formula or number, else all of it."""
    sentence = sentence.strip().strip("*_`\"' ").rstrip(".。,;").strip()
    cut = _BREAK.search(sentence)
    if cut and cut.start() > 0 and values.is_bare(sentence[: cut.start()]):
        sentence = sentence[: cut.start()]
    if not sentence or values.is_bare(sentence):
        return sentence
    copula = _COPULA.search(sentence) if "\\" not in sentence[:1] else None
    rest = sentence[copula.end() :] if copula else sentence
    rest = _NEGATIVE.sub("-", _LEADING.sub("", rest).strip("*_`\"' "))
    cut = _BREAK.search(rest)
    if cut and cut.start() > 0:
        rest = rest[: cut.start()]
    rest = rest.rstrip(".,;* ").strip()
    if rest and values.is_bare(rest):
        return rest
    leading = values.FORMULA.match(rest)
    if leading:
        return next(g for g in leading.groups() if g) + values.unit_after(rest[leading.end() : leading.end() + 24])
    number = values.NUMBER.match(rest)
    if number:
        return rest if _OPERATION.match(rest, number.end()) else number[0]
    return values.last_formula_or_number(sentence) or (rest if len(rest) < 80 else "")


# -- no marker


def _plain(answer: str) -> Extraction | None:
    text = answer.strip()
    if not text:
        return None
    if text[0] == text[-1] == "*":
        text = text.strip("* ")
    if len(text) <= values.MAX_WHOLE and values.is_bare(text):
        return Extraction(text, "whole")
    tail = text[-_TAIL:]
    found = _last_bare(tail)
    if found and not prose.states(tail, tail.rindex(found), tail.rindex(found) + len(found)):
        return None
    found = found or values.last_formula_or_number(tail)
    if found:
        return Extraction(found, "last_value")
    return Extraction(text, "whole") if len(text) <= 60 and "\n" not in text else None


def _last_bare(text: str) -> str:
    """The formula without delimiters that ends the last sentence, as in "So the polynomial is x^2 + 1"."""
    sentence = re.split(r"[.!?。]\s|\n", text.rstrip(" .。\n"))[-1]
    rest = re.split(r"\b(?:is|are|equals?)\b\s*:?|:\s|\\(?:therefore|implies|Rightarrow)\b", sentence)[-1].strip(
        "*_`\"' "
    )
    is_formula = re.search(r"[a-zA-Z)\d]\s*[\^*/+=]\s*[a-zA-Z(\d-]|^[(\[{].*\d.*[)\]}]$", rest) is not None
    return rest if is_formula and "$" not in sentence and "\\(" not in sentence and values.is_bare(rest) else ""
