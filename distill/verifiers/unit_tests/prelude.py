"""What programs find at some judges without importing it: put before those that use it."""

import importlib
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from distill.verifiers.unit_tests.source import BUILTINS, PythonSource

Names = Mapping[str, str]
"""Each name, and the statement that brings it."""

_TYPES = (
    "Any Callable DefaultDict Deque Dict FrozenSet Generator Generic Iterable Iterator List Literal Mapping Optional "
    "Sequence Set Tuple Type TypeVar Union"
)
_USUAL = "collections heapq bisect math itertools functools"
_STAR = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools operator io sys json"
)
"""Modules from which LiveCodeBench imports everything, in its order: a later one wins.

https://github.com/LiveCodeBench/LiveCodeBench, `import_string` of `lcb_runner/evaluation/testing_util.py`.
"""
_MODULES = f"{_STAR} typing fractions decimal cmath time array os types dataclasses enum abc queue"
_COMPOUND = re.compile(r"(?:def|class|if|for|while|with|try|match|async)\b|@")
_NODE = "{name} = type('{name}', (), {{'__init__': lambda self, {head}, {links}: self.__dict__.update({given})}})"
_GIVEN = MappingProxyType(
    {
        "ListNode": _NODE.format(name="ListNode", head="val=0", links="next=None", given="val=val, next=next"),
        "TreeNode": _NODE.format(
            name="TreeNode", head="val=0", links="left=None, right=None", given="val=val, left=left, right=right"
        ),
        "np": "import numpy as np",
        **{name: f"from sortedcontainers import {name}" for name in ("SortedList", "SortedDict", "SortedSet")},
    }
)


def typing_names() -> dict[str, str]:
    """Names that stand in annotations and can do nothing else."""
    return {name: f"from typing import {name}" for name in _TYPES.split()}


@cache
def usual_names() -> Names:
    """What answers to LeetCode leave out most: modules, and what can only come from one of them."""
    return _everything(_USUAL) | _modules() | typing_names() | {**_GIVEN} | {"deepcopy": "from copy import deepcopy"}


@cache
def leetcode_names() -> Names:
    """All that LeetCode and LiveCodeBench import before an answer."""
    return _everything(_STAR) | _everything("typing") | _everything(_USUAL) | _modules() | {**_GIVEN}


def with_prelude(program: str, names: Names) -> str:
    r"""The program with those of the names that it uses and does not define; its lines keep their numbers if they can.

    >>> with_prelude("x = sqrt(4)\n", {"sqrt": "from math import sqrt"})
    'from math import sqrt; x = sqrt(4)\n'
    """
    source = PythonSource(program)
    brought = "; ".join(dict.fromkeys(names[name] for name in sorted(source.free) if name in names))
    if not brought:
        return program
    row, column = source.place()
    lines = source.code.split("\n")
    if _COMPOUND.match(lines[row]):
        return _above(lines, row, brought)
    line = lines[row].encode()
    lines[row] = f"{line[:column].decode()}{brought}; {line[column:].decode()}"
    return "\n".join(lines)


def _above(lines: list[str], row: int, brought: str) -> str:
    """A compound statement shares its line with none: on the empty line before it, else on one more."""
    if row > 0 and not lines[row - 1].strip():
        return "\n".join([*lines[: row - 1], brought, *lines[row:]])
    return "\n".join([*lines[:row], brought, *lines[row:]])


def _everything(modules: str) -> dict[str, str]:
    names = {}
    for module in modules.split():
        known = importlib.import_module(module)
        public = getattr(known, "__all__", None) or [name for name in vars(known) if not name.startswith("_")]
        names.update({name: f"from {module} import {name}" for name in public if name not in BUILTINS})
    return names


def _modules() -> dict[str, str]:
    return {module: f"import {module}" for module in _MODULES.split()}
