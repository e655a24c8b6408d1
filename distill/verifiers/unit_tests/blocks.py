"""Find the blocks of code in what a teacher wrote, in the forms of Markdown and in those that models make of it."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from distill.sandbox.languages import languages
from distill.verifiers.unit_tests.source import PythonSource

_OPEN = re.compile(r"(?P<margin>[ \t>]*+(?:(?:[-*+]|\d{1,3}+[.)])[ \t]++)?+)(?P<fence>`{3,}+|~{3,}+)(?P<info>[^`]*+)")
_OPEN_AFTER_WORDS = re.compile(r"(?P<words>[^`]*+)(?P<fence>`{3,}+)(?P<info>[^`]*+)")
_ON_ONE_LINE = re.compile(r"[^`]*+```[ \t]*+(?P<info>\S++)[ \t]++(?P<code>[^`]++)```[^`]*+")
_UNLABELLED_ON_ONE_LINE = re.compile(r"[ \t]*+```(?P<code>[^`]++)```[ \t]*+")
_LABEL = re.compile(r"[ \t{.]*+([A-Za-z+#][A-Za-z+#]*+)")
_TAG = re.compile(r"\s*+<(\w++)>")
_BEGIN = re.compile(r"^[ \t]*+\[(?:BEGIN|PYTHON)\][ \t]*+\n", re.MULTILINE)
_DONE = re.compile(r"^[ \t]*+\[(?:DONE|/PYTHON)\]", re.MULTILINE)
"""Marks around programs in the prompts of MBPP and of Code Llama."""
_END_TOKEN = re.compile(r"<\|\w++\|>|<｜[^｜\s]++｜>|</s>")
_END_TAG = re.compile(r"\s*</\w+>\s*")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad"))
_NESTING = frozenset({"markdown", "md"})
_QUOTES = ('"""', "'''")
_MAX_READINGS = 20
"""Of a block that looks as if it went on behind a close: longer ones end at the first."""


class Block(NamedTuple):
    """A block of code."""

    label: str
    """Its language as it is called there, in lower case and without a version; empty where it has none."""
    code: str


class _End(NamedTuple):
    """Where a block may end."""

    line: int
    """The first line that does not belong to it."""
    code: str
    is_close: bool
    """Whether a fence stands there; else the next block begins, or a tag ends."""


def blocks_of(text: str) -> list[Block]:
    r"""The fenced blocks of a text, in their order. A last one that is never closed counts.

    A fence may stand on a bullet, in a quotation or after words; it may close on the last line of code. Where Python
    cut off there would not parse, and cut off at a later one does, the earlier fence stands inside a string.

    >>> blocks_of("So:\n- ```python3.11 main.py\n  x = 1\n  ```")
    [Block(label='python', code='x = 1\n')]
    """
    return list(_read(text.replace("\r\n", "\n").split("\n")))


def blocks_or_whole(answer: str) -> list[Block]:
    """The blocks of an answer that hold anything; one without any fence is the program, but for tags and marks."""
    answer = without_end_tokens(answer)
    blocks = [block for block in blocks_of(answer) if block.code.strip()]
    if blocks or "```" in answer:
        return blocks
    code = _DONE.split(_BEGIN.split(answer.replace("\r\n", "\n"), 1)[-1], 1)[0].strip("\n").rstrip()
    if (tag := _TAG.match(code)) and code.endswith(f"</{tag[1]}>"):
        code = code[tag.end() :].removesuffix(f"</{tag[1]}>").strip("\n").rstrip()
    return [Block("", f"{code}\n")] if code.strip() else []


def without_end_tokens(answer: str) -> str:
    """An answer without what a chat template ends it with, which some engines leave there."""
    text = answer.rstrip()
    while "<" in text and _END_TOKEN.fullmatch(text, text.rindex("<")):
        answer = text = text[: text.rindex("<")].rstrip()
    return answer


def label_of(info: str) -> str:
    """The language that the words behind a fence name: `{.python}`, `C++17`, `python:main.py`, `python,ignore`."""
    found = _LABEL.match(info.translate(_INVISIBLE))
    return found[1].lower() if found else ""


def _read(lines: Sequence[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if inline := _inline(line):
            yield inline
        elif opened := _opened(line):
            label = label_of(opened["info"])
            end = _end(lines, at, opened["fence"], opened.groupdict().get("margin") or "", label)
            at = end.line
            if label in _NESTING and "```" in end.code:
                yield from _read(end.code.split("\n"))
            else:
                yield Block(label, end.code)


def _inline(line: str) -> Block | None:
    """A block on one line."""
    found = _ON_ONE_LINE.fullmatch(line)
    if found and label_of(found["info"]) in _labels():
        return Block(label_of(found["info"]), found["code"].strip() + "\n")
    found = _UNLABELLED_ON_ONE_LINE.fullmatch(line)
    return Block("", found["code"].strip() + "\n") if found else None


def _opened(line: str) -> re.Match[str] | None:
    """The fence that opens on a line; behind words it needs the name of a language, or a colon before it."""
    if opened := _OPEN.fullmatch(line):
        return opened
    found = _OPEN_AFTER_WORDS.fullmatch(line)
    if found is None:
        return None
    is_told = found["words"].rstrip().endswith(":") and not found["info"].strip()
    return found if is_told or (len(found["info"].split()) == 1 and label_of(found["info"]) in _labels()) else None


@cache
def _labels() -> frozenset[str]:
    return frozenset(label for language in languages() for label in (*language.labels, *language.near))


def _end(lines: Sequence[str], begin: int, fence: str, margin: str, label: str) -> _End:
    """Where the block that begins there ends: at the first close, but for Python at the first that makes it parse."""
    first: _End | None = None
    for number, end in enumerate(_ends(lines, begin, fence, margin)):
        if end.is_close and not _may_be_python(label):
            return end
        if number == _MAX_READINGS:
            break
        if PythonSource(end.code).is_valid and (end.is_close or end.code.strip()):
            return end
        first = first or (end if end.is_close else None)
        if first and not _is_in_string(end.code):
            break
    return first or _End(len(lines), _joined(lines[begin:], margin), is_close=False)


def _is_in_string(code: str) -> bool:
    """Whether a long string of Python may still be open at the end."""
    return any(code.count(quotes) % 2 for quotes in _QUOTES)


def _may_be_python(label: str) -> bool:
    return not label or label.startswith(("py", "ipy", "sage"))


def _ends(lines: Sequence[str], begin: int, fence: str, margin: str) -> Iterator[_End]:
    """Every line at which a block may end."""
    for at in range(begin, len(lines)):
        line = lines[at].strip("> \t") if ">" in margin else lines[at].strip()
        if line.startswith(fence) and not line.strip(fence[0]):
            yield _End(at + 1, _joined(lines[begin:at], margin), is_close=True)
        elif line.endswith(fence[:3]) and "`" not in line.removesuffix(fence[:3]) and not line.startswith(("#", "//")):
            last = lines[at].rstrip().removesuffix(fence[:3])
            yield _End(at + 1, _joined([*lines[begin:at], last], margin), is_close=True)
        elif (opened := _OPEN.fullmatch(lines[at])) and opened["info"].strip():
            yield _End(at, _joined(lines[begin:at], margin), is_close=False)
        elif _END_TAG.fullmatch(line):
            yield _End(at + 1, _joined(lines[begin:at], margin), is_close=False)


def _joined(lines: Sequence[str], margin: str) -> str:
    """The lines without the quotation marks and the indentation of their fence, as far as the first of them has it."""
    if ">" in margin:
        lines = [line.lstrip()[1:].removeprefix(" ") if line.lstrip().startswith(">") else line for line in lines]
        margin = margin.rpartition(">")[2].removeprefix(" ")
    first = next((line for line in lines if line.strip()), "")
    width = min(len(margin), len(first) - len(first.lstrip()))
    text = "\n".join(line[min(width, len(line) - len(line.lstrip())) :] for line in lines).rstrip("\n")
    return f"{text}\n"
