"""Find the Python program in what a teacher wrote: by what it defines, with what it needs of the code around it."""

import ast
import re
import textwrap
from collections.abc import Collection, Sequence
from typing import NamedTuple

from distill.verifiers.unit_tests.blocks import blocks_of, blocks_or_whole, without_end_tokens
from distill.verifiers.unit_tests.source import BUILTINS, PythonSource

_FIRST_CODE = re.compile(r"^(?:from[ \t]+\S+[ \t]+import|import|def|class|async[ \t]+def|@)\b.*", re.MULTILINE)
_MEANT = re.compile(r"^[ \t]*(?:import|from|def|class|for|while|if|try|with)\b|\bprint\b|\binput\b", re.MULTILINE)
_SESSION = re.compile(r"\s*(?:>>>|\$ |%|In \[)")
_MAX_STARTS = 20
"""Of code in a prompt without fences."""


class WantedProgram(NamedTuple):
    """What kind of program is looked for."""

    labels: Collection[str]
    """What blocks of its language are called."""
    names: frozenset[str] = frozenset()
    """Of functions and classes, any of which the program defines; empty for a program that reads and writes."""
    used: frozenset[str] = frozenset()
    """Further names that its tests use."""


def find_program(answer: str, wanted: WantedProgram, prompt: str = "") -> str | None:
    r"""The program of an answer; None where there is none.

    It is the last block of its language that defines what the tests use; of programs that read and write the last
    that runs. What it lacks is taken from the blocks around it, and from the code of the prompt, which may also be the
    head of a function whose body the answer is. Blocks behind it, with examples or tests, are left out.

    >>> answer = "```py\ndef f(): return 1\n```\nUse:\n```py\nprint(f())\n```"
    >>> find_program(answer, WantedProgram(("py",), names=frozenset("f")))
    'def f(): return 1\n'
    """
    if _begins_in_block(answer, wanted.names, prompt):
        answer = f"```python\n{answer}"
    blocks = blocks_or_whole(answer)
    codes = [block.code for block in blocks if block.label in wanted.labels]
    bare = [block.code for block in blocks if not block.label]
    if not codes and not bare:
        return None
    sources = [_unindented(code, wanted.names) for code in codes or bare]
    if codes and bare and wanted.names and not any(_defines(each, wanted.names) for each in sources):
        sources += [PythonSource(code) for code in bare]
    return _python(sources, wanted, prompt)


def _begins_in_block(answer: str, names: frozenset[str], prompt: str) -> bool:
    """Whether the first fence closes a block that the prompt has opened: what stands before it is the program."""
    before, fence, after = f"\n{without_end_tokens(answer)}".replace("\r\n", "\n").partition("\n```")
    if not fence or "```" in before or after.partition("\n")[0].strip():
        return False
    source = PythonSource(before[1:])
    return bool(names & _continued(source, names, prompt).made) if names else source.is_running


def _unindented(code: str, names: frozenset[str]) -> PythonSource:
    """A source, without an indentation that all its lines share, if that makes it one; a body stays as it is."""
    source = PythonSource(code)
    if source.is_valid or code.lstrip("\n")[:1] not in {" ", "\t"}:
        return source
    level = PythonSource(textwrap.dedent(code))
    is_meant = not names.isdisjoint(level.made) if names else level.is_running
    return level if is_meant and level.is_whole else source


def _python(sources: Sequence[PythonSource], wanted: WantedProgram, prompt: str) -> str:
    place = _defining(sources, wanted.names) if wanted.names else _running(sources)
    shown = code_of_prompt(prompt) if wanted.names else ""
    chosen = _continued(sources[place], wanted.names, prompt)
    around = [*sources[:place], *sources[place + 1 :]]
    return _completed(chosen, around, PythonSource(shown), wanted) if chosen.is_valid else chosen.code


def _defining(sources: Sequence[PythonSource], names: frozenset[str]) -> int:
    """The last source that makes any of the names a function or a class, else that binds one, else the last."""
    places = [at for at, source in enumerate(sources) if names & source.made]
    places = places or [at for at, source in enumerate(sources) if _defines(source, names)]
    broken = [at for at, source in enumerate(sources) if not source.is_valid and _defines(source, names)]
    return max([*places[-1:], *broken[-1:]], default=len(sources) - 1)


def _defines(source: PythonSource, names: Collection[str]) -> bool:
    """Whether a source defines any of the names, or would if it had no error."""
    if source.is_valid:
        return not source.defined.isdisjoint(names)
    return any(
        re.search(rf"^[ \t]*+(?:async[ \t]++)?+(?:def|class)[ \t]++{re.escape(name)}\b", source.code, re.MULTILINE)
        or re.search(rf"^{re.escape(name)}[ \t]*+=", source.code, re.MULTILINE)
        for name in names
    )


def _running(sources: Sequence[PythonSource]) -> int:
    """The last source that reads its input, else the last that runs, else the last that is code."""
    running = [at for at, source in enumerate(sources) if _is_meant(source)]
    reading = [at for at in running if _reads(sources[at], sources)]
    code = [at for at, source in enumerate(sources) if source.is_code]
    return max(reading or running or code or [len(sources) - 1])


def _is_meant(source: PythonSource) -> bool:
    """Whether it is a program, be it a broken one: no session, no commands, no output."""
    if source.is_valid:
        return source.is_running
    return not _SESSION.match(source.code) and _MEANT.search(source.code) is not None


def _reads(source: PythonSource, sources: Sequence[PythonSource]) -> bool:
    """Whether it reads its input, itself or in what it calls of sources that only define."""
    used = [other for other in sources if not other.is_running and not source.free.isdisjoint(other.defined)]
    return any(each.is_reading for each in (source, *used)) and not source.is_trial


def _continued(source: PythonSource, names: frozenset[str], prompt: str) -> PythonSource:
    """The source; behind the head of its function where it is only the body."""
    is_body = source.code.lstrip("\n")[:1] in {" ", "\t"}
    if not is_body or not names or _defines(source, names):
        return source
    joined = (PythonSource(f"{head.rstrip()}\n{source.code}") for head in _heads(prompt))
    return next((each for each in joined if not names.isdisjoint(each.made)), source)


def _completed(chosen: PythonSource, around: Sequence[PythonSource], shown: PythonSource, wanted: WantedProgram) -> str:
    """The code, behind what it and its tests lack, of the blocks around it and of the prompt's code.

    The prompt never defines what was asked for: where the answer has none of the names, it gives none of them.
    """
    is_there = _defines(chosen, wanted.names)
    lacking = chosen.needed | ((wanted.names | wanted.used) - chosen.defined - BUILTINS if is_there else frozenset())
    parts = dict[int, str]()
    for at in reversed(range(len(around))):
        taken = lacking & around[at].defined
        if taken:
            parts[at] = around[at].defining(taken) if around[at].is_running else around[at].code
            lacking = (lacking | around[at].needed) - around[at].defined - chosen.defined
    given = (lacking & shown.defined) - (frozenset() if is_there else wanted.names)
    head = [shown.defining(given)] if given else []
    before = "".join([*head, *(part for _, part in sorted(parts.items()))])
    return chosen.behind(before) if before.strip() else chosen.code


def code_of_prompt(prompt: str) -> str:
    """The Python code that a prompt shows: its blocks, or from its first definition on as far as it reads."""
    blocks = [block.code for block in blocks_of(prompt) if PythonSource(block.code).is_code]
    if blocks:
        return "\n".join(blocks)
    return next(filter(None, map(_as_far_as_it_reads, _begun(prompt))), "")


def _as_far_as_it_reads(text: str) -> str:
    lines = text.split("\n")
    while lines:
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            lines = lines[: min(len(lines), error.lineno or 1) - 1]
        except (ValueError, RecursionError, MemoryError):
            return ""
        else:
            break
    return "\n".join(lines)


def _heads(prompt: str) -> list[str]:
    """What a body may belong to."""
    blocks = [block.code for block in blocks_of(prompt)]
    return blocks[::-1] or [code_of_prompt(prompt), *_begun(prompt)]


def _begun(prompt: str) -> list[str]:
    """A text from where code may begin in it on."""
    return [prompt[found.start() :] for found in _FIRST_CODE.finditer(prompt)][:_MAX_STARTS]
