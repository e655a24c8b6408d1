"""What one end of a link does with its own objects for the other."""

import types
from collections.abc import Callable, Sequence
from typing import Any

from distill.sandbox.inside import values
from distill.sandbox.inside.link import Message
from distill.sandbox.inside.policy import LinkPolicy
from distill.sandbox.inside.stand_in import SPECIAL

Code = Callable[[object], Any]
_HIDDEN = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_")
"""Where the tests' objects lead to their frames and globals, and to what they expect."""


def perform(message: Message, lent: Sequence[Any], decode: Code, policy: LinkPolicy) -> object:
    """Do what the other end asks with what it was lent."""
    match message:
        case {"do": "get", "of": int() as number, "name": str() as name}:
            return getattr(lent[number], _open(name, policy))
        case {"do": "put", "of": int() as number, "name": str() as name, "value": value}:
            setattr(_changeable(lent[number], name, policy), _open(name, policy), decode(value))
            return None
        case {"do": "delete", "of": int() as number, "name": str() as name}:
            delattr(_changeable(lent[number], name, policy), _open(name, policy))
            return None
        case {"do": "call", "of": int() as number, "arguments": list() as arguments, "named": dict() as named}:
            keywords = {name: decode(value) for name, value in named.items()}
            return lent[number](*map(decode, arguments), **keywords)
        case {"do": "special", "of": int() as number, "name": str() as name, "arguments": list() as arguments}:
            return _apply(lent[number], name, [decode(argument) for argument in arguments])
    if policy.is_guarded:
        raise ValueError("no such request")
    return _perform_on_classes(message, lent, decode, policy)


def _perform_on_classes(message: Message, lent: Sequence[Any], decode: Code, policy: LinkPolicy) -> object:
    match message:
        case {"do": "run", "of": int() as number}:
            import asyncio  # slow to import, and the program has already

            return asyncio.run(_awaited(lent[number]))
        case {"do": "apply", "function": function, "arguments": list() as arguments, "named": dict() as named}:
            keywords = {name: decode(value) for name, value in named.items()}
            return values.named(function)(*map(decode, arguments), **keywords)  # type: ignore[operator]
        case {"do": "bound", "of": int() as number, "name": str() as name, "to": to}:
            kind: Any = lent[number]
            return _bound(kind, name, decode(to))
        case {"do": "subclass", "name": str() as name, "bases": list() as bases, "namespace": dict() as namespace}:
            own = {key: _put_on(kind_, decode(value)) for key, (kind_, value) in namespace.items()}
            return types.new_class(name, tuple(map(decode, bases)), {}, lambda target: target.update(own))
    return policy.serve(message)


def _open(name: str, policy: LinkPolicy) -> str:
    if policy.is_guarded and name.startswith(_HIDDEN):
        raise AttributeError(name)
    return name


def _changeable(target: Any, name: str, policy: LinkPolicy) -> Any:  # noqa: ANN401 - an object
    """An object whose attribute may be changed: classes, functions and methods of the tests judge the program."""
    is_code = isinstance(target, (type, types.FunctionType, types.ModuleType)) or callable(getattr(target, name, None))
    if policy.is_guarded and is_code:
        raise AttributeError(f"{name} is not for a program to change")
    return target


def _apply(target: Any, name: str, arguments: list[object]) -> object:  # noqa: ANN401 - an object
    if name not in SPECIAL:
        raise AttributeError(name)
    if isinstance(target, type) and name == "__getitem__":
        return target[arguments[0]]  # type: ignore[index]
    method = getattr(type(target), name, None)
    if method is None:
        raise TypeError(f"{type(target).__name__!r} object has no {name}")
    return method(target, *arguments)


def _bound(kind: type, name: str, instance: object) -> object:
    attribute = kind.__dict__[name]
    return attribute.__get__(instance, type(instance)) if hasattr(attribute, "__get__") else attribute


async def _awaited(coroutine: Any) -> object:  # noqa: ANN401 - anything that can be awaited
    return await coroutine


_OF_STATEMENTS = {"__module__", "__qualname__", "__classcell__", "__static_attributes__", "__firstlineno__"}


def taken_off(namespace: dict[str, object]) -> dict[str, tuple[str, object]]:
    """What a class statement has defined, without the wrappers that do not cross."""
    return {key: _bare(value) for key, value in namespace.items() if key not in _OF_STATEMENTS}


def _bare(value: object) -> tuple[str, object]:
    match value:
        case staticmethod() | classmethod():
            return type(value).__name__, value.__func__
        case property():
            return "property", value.fget
    return "", value


def _put_on(kind: str, value: Any) -> object:  # noqa: ANN401 - anything
    wrappers: dict[str, Any] = {"staticmethod": staticmethod, "classmethod": classmethod, "property": property}
    return wrappers[kind](value) if kind in wrappers else value
