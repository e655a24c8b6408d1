r"""What follows an answer and says for what it holds: `\forall x`, `for any integer k`, `attained at x = 2`.

A remark that only says what is understood (all real x, a constant of integration) is dropped. A condition becomes an
item of its own, so that two answers with different ones differ; `bare` is the answer without it.
"""

import re

from distill.verifiers.math_answer.reading.cleaning import clean

_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textrm|mbox|textit|quad)(?![a-zA-Z])\s?(?:\{([^{}\\]{0,80})\})?")
_HAS_REMARK = re.compile(
    r"\b(?:for|where|with|any|all|some|integers?|constants?|attained|achieved|reached|when|if|equality)\b|forall"
)
_END = r" ?+[)\].]?+ ?+$"
_LEADING = re.compile(r"(?:for (?:all|any|every|each)|\\forall) ([^,]{1,60}), ?(.{1,400})$")
_INTEGER = re.compile(
    r",? ?\(?(?:for|where|with)? ?(?:all |any |every |each |some |an? |arbitrary |the ){0,3}integers? "
    r"(?:values? of |number )?([a-zA-Z])" + _END
)
_IS_INTEGER = re.compile(
    r",? ?\(?(?:for|where|with)? ?(?:all |any |some )?([a-zA-Z]) (?:is |being |= ?)?(?:an |any )?(?:arbitrary )?integer"
    + _END
)
_LETTER = r"[A-Za-z](?:_\{?\d\}?)?"
_CONSTANT = re.compile(
    rf",? ?\(?(?:for|where|with)? ?(?:all |any |some )?{_LETTER}(?: ?(?:,|and) ?{_LETTER})? "
    r"(?:is |are |being )?(?:an? |any )?(?:arbitrary |real |integration ){0,2}constants?(?: of integration)?" + _END
)
_DEFINITION = re.compile(
    r",? ?where [A-Za-z](?:_\{?\w\}?)? (?:is|are|denotes|represents) (?:the|an?) [a-z]{1,20}(?: [a-z]{1,20}){0,11}"
    + _END
)
_EVERYWHERE = re.compile(
    r",? ?\(?(?:for (?:all|any|every|each)|\\forall) ?(?:real )?(?:numbers? |values? of )?[a-z]?"
    r"(?: ?(?:in|\\in) ?(?:R|\\mathbb ?\{R\}))?" + _END
)
_CONDITION = re.compile(
    r",? ?\(?(?:for (?:all|any|every|each)|for|\\forall|where|when|whenever|if|with|provided that) "
    r"([a-zA-Z]\b(?=[^,]{0,30}?(?:[<>=]|\\(?:le|ge|lt|gt|leq|geq|ne|neq|in)\b).).{2,64}?)" + _END
)
_OPTION = re.compile(r"(?:\(([A-J])\)|([A-J])[.)]) (?=[^\s^*/+=<>!,;)])(.{1,400})")
_PLACE = re.compile(
    r",? ?\(?(?:which is |is |with )?"
    r"(?:attained|achieved|reached|obtained|equality|occurring|only when|when|at)\b.{1,80}$"
)


def plain(text: str) -> str:
    """Cleaned text with its remark as one more item, or without it where it says only what is understood."""
    if "\\begin" in text or not _HAS_REMARK.search(text):
        return text
    unmarked = flat(text)
    leading = _LEADING.match(unmarked)
    if leading:
        unmarked = f"{leading[2]}, for all {leading[1]}"
    for pattern, replacement in (
        (_CONSTANT, ""),
        (_EVERYWHERE, ""),
        (_INTEGER, r", \1 \\in \\mathbb{Z}"),
        (_IS_INTEGER, r", \1 \\in \\mathbb{Z}"),
        (_DEFINITION, ""),
        (_CONDITION, r", \1"),
    ):
        changed = pattern.sub(replacement, unmarked, count=1)
        if changed != unmarked and changed.strip(" ,") and changed[0] != ",":
            return clean(changed)
    return text


def option(text: str) -> tuple[str, ...]:
    r"""The letter and the value of an answer that gives both: `\textbf{(B)}\ 12`."""
    match = _OPTION.fullmatch(flat(text)) if ")" in text[:20] or "." in text[:20] else None
    return (match[1] or match[2], match[3]) if match else ()


def without_place(text: str) -> str:
    """Cleaned text without a remark on where its value is attained."""
    unmarked = flat(text)
    changed = _PLACE.sub("", unmarked, count=1).strip(" ,")
    return clean(changed) if changed and changed != unmarked else text


def flat(text: str) -> str:
    """The text without text commands around its words."""
    return " ".join(_TEXT.sub(lambda match: f" {match[1] or ''} ", text).split())
