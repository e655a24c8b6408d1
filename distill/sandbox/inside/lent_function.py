"""Functions of the tests as the program sees them: each takes what the real one takes, and calls it."""

import types
from collections.abc import Callable
from typing import Any


def parameters_of(function: types.FunctionType) -> list[object]:
    """How a function is called: what must be given, what may, keywords that must and may, and the names of the rest."""
    code, defaults = function.__code__, function.__kwdefaults__ or {}
    names = code.co_varnames
    num, num_all = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    num_must = num - len(function.__defaults__ or ())
    rest = list(names[num_all:])
    several = rest.pop(0) if code.co_flags & _HAS_SEVERAL else ""
    keywords = rest.pop(0) if code.co_flags & _HAS_KEYWORDS else ""
    only = names[num:num_all]
    must, may = [n for n in only if n not in defaults], [n for n in only if n in defaults]
    return [names[:num_must], names[num_must:num], must, may, several, keywords]


_HAS_SEVERAL, _HAS_KEYWORDS = 4, 8
"""Flags of code objects (`inspect.CO_VARARGS`, `inspect.CO_VARKEYWORDS`)."""
_UNSET = object()


def function_of(call: Callable[..., object], number: int, described: dict[str, Any]) -> object:
    """A function that calls one of the other end, and takes what that one takes."""
    must, may, only, may_only, several, keywords = described["parameters"]
    star = [f"*{several}"] if several else ["*"] if only or may_only else []
    optional = [f"{name}=__unset" for name in may_only]
    takes = [
        *must,
        *(f"{name}=__unset" for name in may),
        *star,
        *only,
        *optional,
        *([f"**{keywords}"] * bool(keywords)),
    ]
    in_order = [*must, *(may if several else [])]
    by_name = [*only, *may_only, *([] if several else may)]
    pairs = "".join(f"({name!r}, {name})," for name in by_name)
    given = f"[v for v in ({''.join(name + ',' for name in in_order)}) if v is not __unset]"
    source = (
        f"lambda {', '.join(takes)}: __call(__number, (*{given}, *{several or '()'}), "
        f"{{**{{k: v for k, v in ({pairs}) if v is not __unset}}, **{keywords or '{}'}}})"
    )
    scope = {"__call": call, "__number": number, "__unset": _UNSET}
    function = eval(source, scope)  # noqa: S307 - of names that the tests' compiler has passed
    function.__name__ = function.__qualname__ = described["name"]
    function.__doc__ = described["doc"]
    return function
