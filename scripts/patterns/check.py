r"""Refuses regular expressions whose time may grow faster than the text: `python scripts/patterns/check.py [FOLDER]`.

It reads every call of `re` in the package, and judges each pattern by how it is asked (`ambiguity.py`). Whoever is
refused has these ways out: a possessive or atomic form (`\s*+`, `(?>…)`), a lookbehind that lets a search begin only
where a run begins (`(?<!\s)\s+$`), a bounded window (`.{0,80}`), `fullmatch`, or a string method.
"""

import sys
from pathlib import Path

from ambiguity import ambiguity
from automaton import Automaton
from package import Pattern, patterns

_PACKAGE = Path(__file__).parents[2] / "distill"


def complaint(pattern: Pattern) -> str | None:
    """Why a pattern is refused."""
    if pattern.text is None:
        return "is only known when the program runs: make it a constant, with re.escape around what is inserted"
    found = ambiguity(Automaton(pattern.text, pattern.flags, is_search=pattern.is_search, is_full=pattern.is_full))
    return None if found is None else f"takes {found.growth} time, for example with many {found.repeated!r}"


def main() -> int:
    """Print each pattern that is refused; the number of them decides the status."""
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else _PACKAGE
    sys.path.insert(0, str(root.parent))
    num_refused = 0
    for pattern in patterns(root):
        if why := complaint(pattern):
            num_refused += 1
            print(f"{pattern.file.relative_to(root.parent)}:{pattern.line}: {pattern.text or 'a pattern'}  {why}")
    return 1 if num_refused else 0


if __name__ == "__main__":
    sys.exit(main())
