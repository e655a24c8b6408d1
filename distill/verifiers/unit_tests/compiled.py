"""Find the program in an answer in a language other than Python: by where a program begins in it."""

import re

from distill.sandbox.languages.language import Language
from distill.verifiers.unit_tests.blocks import blocks_or_whole

_COMMENT = re.compile(r"//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?")


def find_compiled(answer: str, language: Language) -> str | None:
    r"""The program of an answer; None where there is none.

    It is the last block of the language in which a program begins, else the last that is more than comments. Blocks of
    a near language, or without any, count where there are none of its own. A program without the head that each has
    stands behind the parts of one before it. Not covered: programs in several files.

    >>> from distill.sandbox.languages.cpp import LANGUAGE as CPP
    >>> answer = "```cpp\n#include <cstdio>\n```\nand\n```cpp\nint main() {}\n```\nor\n```c\nmain() {}\n```"
    >>> find_compiled(answer, CPP)
    '#include <cstdio>\nint main() {}\n'
    """
    blocks = blocks_or_whole(answer)
    for labels in (language.labels, language.near, ("",)):
        codes = [block.code for block in blocks if block.label in labels]
        bare = [_COMMENT.sub(" ", code) for code in codes]
        full = [at for at, code in enumerate(bare) if code.strip()] or list(range(len(codes)))
        if full:
            programs = [at for at in full if language.begins.search(bare[at])]
            place = max(programs or full)
            parts = [codes[at] for at in full if at < place and at not in programs]
            return "".join([*_needed(codes[place], parts, language.head), codes[place]])
    return None


def _needed(program: str, parts: list[str], head: re.Pattern[str] | None) -> list[str]:
    """The parts, where the program has no head and one of them has it."""
    if head is None or head.search(program) or not any(map(head.search, parts)):
        return []
    return parts
