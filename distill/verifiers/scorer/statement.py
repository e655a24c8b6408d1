r"""What a text gives as its answer, with its line breaks, and the ways to read that as a scorer wants it. Pure.

The last `<answer>` tag counts; then the last `\boxed{…}`; then what comes later of the last fenced block and the last
"answer:" or "answer is"; else, marked by nothing, a text of no sentences, the last paragraph, or its last line. Linear.
"""

import re
from typing import NamedTuple

MAX_CHARS = 20_000
"""No answer to a puzzle is longer."""
_TAG, _END_TAG = "<answer>", "</answer>"
_BOX = "\\boxed{"
_FENCE = re.compile(r"^[ \t]*+(?:```|~~~)[^\n`]*+$", re.MULTILINE)
_MARKER = re.compile(r"\banswer(?:\*\*)?(?: is\b:?|:)(?:\*\*)?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[A-Za-z][.!?:](?=\s)")
_WRAPPED = re.compile(
    r"\$\$?([^$]*+)\$\$?|\\\(([^\\]*+)\\\)|\\\[([^\\]*+)\\\]|\*\*([^*]*+)\*\*|\\(?:text|mathrm|texttt)\{([^{}]*+)\}"
    r"|`([^`]*+)`|\"([^\"]*+)\"|'([^']*+)'"
)
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})++(?:\.\d++)?")
_COMMAND = re.compile(r"\\(?:[A-Za-z]++|[{}_#, %])|−")
_TYPESET = {
    "\\times": "×", "\\cdot": "*", "\\div": "/", "\\rightarrow": "→", "\\to": "→", "\\land": "∧", "\\wedge": "∧",
    "\\lor": "∨", "\\vee": "∨", "\\neg": "¬", "\\lnot": "¬", "\\{": "{", "\\}": "}", "\\_": "_", "\\#": "#",
    "\\left": "", "\\right": "", "\\,": " ", "\\ ": " ", "\\%": "%", "−": "-",
}  # fmt: skip
"""How LaTeX writes what packages want as plain text."""
_PLAIN = str.maketrans({"×": "*", "·": "*", "÷": "/", "^": "**"})
_MAX_WRAPPINGS = 4


class Submission(NamedTuple):
    """An answer as it was given."""

    texts: tuple[str, ...]
    """What may be meant, the likeliest first; more than one where nothing marks it."""
    rule: str
    is_marked: bool = True


class Fragment(NamedTuple):
    """A text, and where it or its marker stands."""

    place: int
    text: str
    rule: str


def find_statement(answer: str) -> Submission | None:
    r"""What is stated as the answer; None where the text is empty.

    >>> find_statement("So:\n<answer>\nA B\nC D\n</answer>")
    Submission(texts=('A B\nC D',), rule='tagged', is_marked=True)
    """
    if not answer.strip():
        return None
    for rule, found in (("tagged", _tagged(answer)), ("boxed", _boxed(answer))):
        if found is not None:
            return Submission((_trimmed(found),), rule)
    passages = [passage for passage in (_block(answer), _marked(answer)) if passage is not None]
    if passages:
        last = max(passages, key=lambda passage: passage.place)
        return Submission((_trimmed(last.text),), last.rule)
    return Submission(_unmarked(answer), "unmarked", is_marked=False)


def readings(statement: Submission) -> list[str]:
    """Ways to read a statement that say the same: as it stands, without its markup, and in plain signs."""
    found: list[str] = []
    for text in statement.texts:
        bare = _bare(text)
        typeset = _COMMAND.sub(lambda match: _TYPESET.get(match[0], match[0]), bare).strip()
        number = typeset.replace(",", "") if _THOUSANDS.fullmatch(typeset) else typeset
        found += [text, bare, typeset, number, typeset.translate(_PLAIN)]
    return list(dict.fromkeys(found))


def _tagged(answer: str) -> str | None:
    """The last tag's content; to the end of the text where it is not closed."""
    start = answer.rfind(_TAG)
    return answer[start + len(_TAG) :].partition(_END_TAG)[0] if start >= 0 else None


def _boxed(answer: str) -> str | None:
    """The last box's content; None where it is not closed."""
    start = answer.rfind(_BOX)
    if start < 0:
        return None
    first, depth = start + len(_BOX), 1
    for at in range(first, len(answer)):
        if answer[at] in "{}" and answer[at - 1] != "\\":
            depth += 1 if answer[at] == "{" else -1
        if depth == 0:
            return answer[first:at]
    return None


def _block(answer: str) -> Fragment | None:
    """The last fenced block, and where it ends."""
    fences = list(_FENCE.finditer(answer))
    if len(fences) < 2:
        return None
    num_closed = len(fences) // 2 * 2
    first, last = fences[num_closed - 2 : num_closed]
    return Fragment(last.end(), answer[first.end() + 1 : last.start()], "block")


def _marked(answer: str) -> Fragment | None:
    """What stands behind the last marker, to the end of its paragraph where sentences follow; and where it stands."""
    markers = list(_MARKER.finditer(answer))
    if not markers:
        return None
    rest = _trimmed(answer[markers[-1].end() :].lstrip(" "))
    text = rest.partition("\n\n")[0] if _SENTENCE_END.search(rest) else rest
    return Fragment(markers[-1].start(), text, "marker") if text.strip() else None


def _unmarked(answer: str) -> tuple[str, ...]:
    text = _trimmed(answer)
    paragraph = _trimmed(text.rpartition("\n\n")[2])
    whole = () if _SENTENCE_END.search(text) else (text,)
    return tuple(dict.fromkeys((*whole, paragraph, paragraph.rpartition("\n")[2].strip())))


def _trimmed(text: str) -> str:
    """Without empty lines around it, and without spaces at the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n").rstrip()


def _bare(text: str) -> str:
    """Without what wraps all of it: a fence, a box, formula signs, quotes; and without a last full stop."""
    for _ in range(_MAX_WRAPPINGS):
        inside = _inside(text.strip())
        if inside is None:
            break
        text = inside
    return _trimmed(text.strip().removesuffix("."))


def _inside(text: str) -> str | None:
    if text.startswith(("```", "~~~")) and (block := _block(text)) and block.place == len(text):
        return block.text
    if text.startswith(_BOX) and (box := _boxed(text)) is not None and len(box) == len(text) - len(_BOX) - 1:
        return box
    wrapped = _WRAPPED.fullmatch(text)
    return next((group for group in wrapped.groups() if group is not None), None) if wrapped else None
