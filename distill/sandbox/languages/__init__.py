"""How programs of each language are compiled and run: one small file a language."""

import importlib
import re
from collections.abc import Iterator
from types import MappingProxyType

from distill.sandbox.languages import cpp
from distill.sandbox.languages.language import Language

_ALIASES = MappingProxyType(
    {
        "py": "python", "python3": "python", "pypy": "python", "c++": "cpp", "cpp17": "cpp", "cpp20": "cpp",
        "cc": "cpp", "js": "javascript", "node": "javascript", "nodejs": "javascript", "rs": "rust", "golang": "go",
        "kt": "kotlin", "c#": "csharp", "cs": "csharp", "gcc": "c", "g++": "cpp", "c99": "c", "c11": "c", "c17": "c",
    }
)  # fmt: skip
_CPP_OF = re.compile(r"(?:cpp|[cg]\+\+|gnu\+\+|gnucpp)[-_ ]?(\d[\dabxyz])")
NAMES = ("python", "c", "cpp", "javascript", "rust", "java", "go", "kotlin", "csharp")


def language_named(name: str) -> Language | None:
    """The language that a row names, by any of its usual names; None for one that we do not know."""
    if dated := _CPP_OF.fullmatch(name.lower()):
        return cpp.of_standard(dated[1])
    known = _ALIASES.get(name.lower(), name.lower())
    return _load(known) if known in NAMES else None


def languages() -> Iterator[Language]:
    """All of them, whether their toolchain is installed or not."""
    return (_load(name) for name in NAMES)


def _load(name: str) -> Language:
    language = importlib.import_module(f"distill.sandbox.languages.{name}").LANGUAGE
    assert isinstance(language, Language)
    return language
