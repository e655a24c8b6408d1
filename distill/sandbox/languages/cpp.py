"""C++ by g++, as contests compile it, with `bits/stdc++.h` precompiled.

What C++20 refuses may be right C++14: `size`, `data` and `byte` as names beside `using namespace std`, `throw(…)`.
"""

from distill.sandbox.languages.language import Language
from distill.sandbox.languages.linker import quick_linker

LANGUAGE = Language(
    name="cpp",
    labels=("cpp", "c++", "cc", "cxx", "g++", "gnu++", "c", "h", "hpp"),
    file="main.cpp",
    tools=("g++",),
    build=("g++", "-std={standard}", "-O2", "-w", "-pipe", "-DONLINE_JUDGE", *quick_linker(), "-o", "main", "main.cpp"),
    standards=("gnu++20", "gnu++17", "gnu++14"),
    artifact="main",
    run=("{artifact}",),
    header="bits/stdc++.h",
)
_OLDER = frozenset({"98", "03", "11", "0x", "14", "1y"})
_YEARS = {"20": "gnu++20", "2a": "gnu++20", "17": "gnu++17", "1z": "gnu++17", "23": "gnu++23", "2b": "gnu++23"} | (
    dict.fromkeys(_OLDER, "gnu++14")
)


def of_standard(year: str) -> Language | None:
    """C++ as of a year, `17` say: by that standard first, since it decides what a source means. None: no such year.

    Older standards than that of 2014 are compiled by it.
    """
    first = _YEARS.get(year)
    if first is None:
        return None
    others = tuple(standard for standard in LANGUAGE.standards if standard != first)
    return LANGUAGE._replace(name=f"cpp{year}", standards=(first, *others))
