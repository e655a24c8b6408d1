r"""A multiple choice ─▶ its question and its options."""

import re

from distill.prompts.overlap.markup import DRAWING, cut

_OPTION = re.compile(r"(?<![A-Za-z0-9_])(?:[(（]([A-H])[)）]|([A-H])\s?[.)．、])")
_POINTS_AT_OPTIONS = re.compile(r"\b(?:following|which)\b|下列|下面|以下", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s|[。！？\n]")
_SECOND = re.compile(r"B[.)．、）]")
"""Without one of which a text has no options."""
MIN_STEM_CHARS = 40
MIN_OPTIONS = 3
"""`A.` and `B.` may end sentences about points."""


def split_options(text: str) -> tuple[str, tuple[str, ...]]:
    r"""A problem without its options, and the options.

    >>> split_options("How much is 2 + 3?\nA. 4\nB. 5\nC. 6")
    ('How much is 2 + 3?', ('4', '5', '6'))
    """
    run: list[re.Match[str]] = []
    for mark in _OPTION.finditer(text):
        letter = mark[1] or mark[2]
        if letter == "A" and len(run) < MIN_OPTIONS:
            run = [mark]
        elif run and letter == chr(ord("A") + len(run)):
            run.append(mark)
    if len(run) < MIN_OPTIONS:
        return text, ()
    ends = [*(mark.start() for mark in run[1:]), len(text)]
    options = tuple(text[mark.end() : end].strip() for mark, end in zip(run, ends, strict=True))
    return text[: run[0].start()].rstrip(), options


def stem(text: str) -> str:
    """A problem without its options where it says enough without them: it has a number, and does not point at them.

    The same problem is asked with options, with others, and without any.
    """
    if not _SECOND.search(text):
        return text
    question, options = split_options(cut(text, DRAWING)[0])
    asked = next((part for part in reversed(_SENTENCE.split(question)) if part.strip(" $(){}")), "")
    says_enough = len(question) >= MIN_STEM_CHARS and any(letter.isdigit() for letter in question)
    return question if options and says_enough and not _POINTS_AT_OPTIONS.search(asked) else text
