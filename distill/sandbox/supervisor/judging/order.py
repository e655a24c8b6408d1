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
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FIRST = {"java": 0, "kotlin": 0, "csharp": 0, "javascript": 2}
"""Where a language keeps the first argument, if not behind the name of the program."""
_MAIN = re.compile(r"\bmain\s*+\([^)]*?(\w++)\s*+(?:\[\s*+\]\s*+)?\)", re.IGNORECASE)


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
    array = rf"(?:process\.argv|argv|args{'|' + re.escape(declared[1]) if declared else ''})"
    first = _FIRST.get(language, 1)
    names = []
    for place in range(first, first + len(FILES)):
        found = re.finditer(rf"([^;{{}}\n,]*?)\b{array}\s*\[\s*{place}\s*\]", code, re.IGNORECASE)
        names.append(" ".join(one[1] for one in found))
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
