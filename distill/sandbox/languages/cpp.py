"""C++ by g++, as contests compile it, with `bits/stdc++.h` precompiled.

What C++20 refuses may be right C++23, or C++14: `size`, `data` and `byte` as names beside `using namespace std`,
`throw(…)`. Libraries that other judges have are Boost, AtCoder's, Eigen, GMP.
"""

import re

from distill.sandbox.languages.language import Language
from distill.sandbox.languages.linker import quick_linker

_VIEWS = "adjacent adjacent_transform as_const as_rvalue cartesian_product chunk chunk_by concat enumerate join_with pairwise repeat slide stride zip zip_transform"  # noqa: E501
_HEADERS = "debugging expected flat_map flat_set format generator inplace_vector linalg mdspan print spanstream stacktrace stdfloat"  # noqa: E501
_MEMBERS = "byteswap expected flat_map flat_set format generator mdspan move_only_function print println unexpected"
_RANGES = "contains contains_subrange find_last fold_left fold_right iota starts_with ends_with to"


def _any_of(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


_BEYOND = re.compile(
    rf"fatal error: {_any_of(_HEADERS)}: No such file"
    r"|fatal error: (?:(?:atcoder|boost|Eigen|range/v3)/\S+|gmp(?:xx)?\.h): No such file"
    rf"|‘{_any_of(_VIEWS)}’ is not a member of ‘std::(?:ranges::)?views’"
    rf"|‘{_any_of(_RANGES)}’ is not a member of ‘std::ranges’|‘{_any_of(_MEMBERS)}’ is not a member of ‘std’"
    r"|expected identifier before ‘this’"
)

LANGUAGE = Language(
    name="cpp",
    labels=("cpp", "c++", "cc", "cxx", "g++", "gnu++"),
    near=("c", "h", "hpp"),
    head=re.compile(r"^[ \t]*+(?:#\s*+include|import)\b", re.MULTILINE),
    file="main.cpp",
    tools=("g++",),
    build=("g++", "-std={standard}", "-O2", "-w", "-pipe", "-DONLINE_JUDGE", *quick_linker(), "-o", "main", "main.cpp"),
    standards=("gnu++20", "gnu++23", "gnu++17", "gnu++14"),
    artifact="main",
    run=("{artifact}",),
    header="bits/stdc++.h",
    beyond=_BEYOND,
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
