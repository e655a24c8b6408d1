"""In which order a judge takes the input, the output, and what is expected: by the names that it gives to them."""

import re
from collections.abc import Iterable, Sequence

FILES = ("input", "output", "expected")
_ROLES = {
    "output": frozenset(
        "submission submitted user participant contestant candidate student team actual got predicted pred "
        "process".split()
    ),
    "expected": frozenset("expected exp correct gold golden reference ref jury judge truth".split()),
    "input": frozenset("input inp stdin in".split()),
}
"""Words in names that leave no doubt; `output` and `answer` may be either's."""
_OUTPUTS = frozenset("output out".split())
_WORD = re.compile(r"[A-Z]?[a-z]++|[A-Z]{1,20}(?![a-z])")
_FIRST = {"java": 0, "kotlin": 0, "csharp": 0, "javascript": 2}
"""Where a language keeps the first argument, if not behind the name of the program."""
_MAIN = re.compile(r"\bmain\s*+\([^()]*?(?<!\w)(\w++)\s*+(?:\[\s*+\]\s*+)?\)", re.IGNORECASE)
_ELEMENT = re.compile(r"(?<!\w)(process\.argv|\w++)\s*+\[\s*+(\d)\s*+\]")
_BREAK = re.compile(r"[;{},\n]")
_NUM_BEFORE = 200
"""How far before an argument words are looked for that name it, in characters."""


def order_of(names: Sequence[str]) -> tuple[str, ...] | None:
    """What arguments are that are called so, of two or three; None where that is in doubt.

    >>> order_of(["input_path", "output_path", "submission_path"])
    ('input', 'expected', 'output')
    """
    roles = [_role(name) for name in names]
    known = [role for role in roles if role]
    if len(set(known)) != len(known) or len(known) < len(FILES) - 1:
        return None
    missing = [role for role in FILES if role not in known]
    return tuple(role or missing[0] for role in roles)


def order_in_text(code: str, language: str) -> tuple[str, ...]:
    """The order of the arguments of a program, by the words before each of them; the contract's where in doubt."""
    declared = _MAIN.search(code)
    arrays = {"process.argv", "argv", "args", declared[1].lower() if declared else ""}
    first = _FIRST.get(language, 1)
    names = [""] * len(FILES)
    for found in _ELEMENT.finditer(code):
        place = int(found[2]) - first
        if found[1].lower() in arrays and 0 <= place < len(names):
            names[place] += " " + _BREAK.split(code[max(0, found.start() - _NUM_BEFORE) : found.start()])[-1]
    return order_of(names) or FILES


def _role(name: str) -> str | None:
    words = set(_words(name))
    meant = {role: words & known for role, known in _ROLES.items()}
    if meant["input"] and not words & _OUTPUTS and not meant["output"]:
        return "input"
    return next((role for role in ("output", "expected") if meant[role]), None)


def _words(name: str) -> Iterable[str]:
    """Its words in lower case; `fuser` and `fin` are files."""
    for word in _WORD.findall(name):
        lower = word.lower()
        yield lower.removeprefix("f") if any(lower.removeprefix("f") in known for known in _ROLES.values()) else lower
