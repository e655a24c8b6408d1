"""Find the program in what a teacher wrote."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_OPEN = re.compile(r"([ \t]*+)(`{3,}+|~{3,}+)[ \t]*+\{?+\.?+([^\s`{}]*+)[^`]*+")


class _Block(NamedTuple):
    label: str
    code: str


def extract_program(answer: str, labels: Iterable[str]) -> str | None:
    r"""The last fenced block with one of the `labels`, else the last without any; all of `answer` if it has no fence.

    A last fence that is never closed counts. None where there is nothing, or only blocks of other languages.

    >>> extract_program("```python\nx = 1\n```\nBetter:\n```py\nx = 2\n```\n```text\nout\n```", ("python", "py"))
    'x = 2\n'
    """
    blocks = list(_blocks(answer))
    if not blocks:
        return f"{answer.strip()}\n" if answer.strip() else None
    wanted = {label.lower() for label in labels}
    right = [b for b in blocks if b.label in wanted] or [b for b in blocks if not b.label]
    return right[-1].code if right and right[-1].code.strip() else None


def _blocks(text: str) -> Iterable[_Block]:
    margin, fence, label, lines = 0, "", "", list[str]()
    for line in text.replace("\r\n", "\n").split("\n"):
        if not fence:
            if opened := _OPEN.fullmatch(line):
                margin, fence, label = len(opened[1]), opened[2], opened[3].lower()
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            yield _Block(label, _joined(lines, margin))
            fence, lines = "", []
        else:
            lines.append(line)
    if fence:
        yield _Block(label, _joined(lines, margin))


def _joined(lines: list[str], margin: int) -> str:
    """The lines without the indentation of their fence."""
    return "".join(line[min(margin, len(line) - len(line.lstrip())) :] + "\n" for line in lines)
