"""Lists, dicts and sets that both ends of a link have: what one end changes, the other sees, and both keep identity."""

import json
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

from distill.sandbox.inside.values import put_together, taken_apart

Code = Callable[[object], object]
"""Writes a value as JSON data, or reads one."""

MUTABLE: dict[str, Any] = {
    "counter": Counter,
    "ordered": OrderedDict,
    "default": defaultdict,
    "dict": dict,
    "list": list,
    "set": set,
    "deque": deque,
    "bytearray": bytearray,
}
KINDS = frozenset(MUTABLE.values())
_UNUSED = 3
"""References to a container that only its table has: the table's, a variable's, and that of the question itself."""


def kind_of(value: object) -> str | None:
    """Which of the mutable kinds a value is, or extends."""
    found = next((name for name, kind in MUTABLE.items() if isinstance(value, kind)), None)
    is_array = found is None and type(value).__name__ == "ndarray" and taken_apart(value) is not None
    return "array" if is_array else found


def content_of(value: Any, encode: Code) -> object:  # noqa: ANN401 - of several kinds
    """Write a container, by the methods of the builtin that it extends."""
    kind = kind_of(value)
    if kind is None:
        raise ValueError(f"a {type(value).__name__} is no container")
    match kind:
        case "list":
            return {"list": [encode(item) for item in list.__iter__(value)]}
        case "set":
            return {"set": [encode(item) for item in set.__iter__(value)]}
        case "deque":
            return {"deque": [value.maxlen, *(encode(item) for item in deque.__iter__(value))]}
        case "bytearray":
            return {"bytearray": bytes(value).hex()}
        case "array":
            return {"array": [value.dtype.str, list(value.shape), value.tobytes().hex()]}
    pairs = [[encode(key), encode(item)] for key, item in MUTABLE[kind].items(value)]
    return {kind: [encode(value.default_factory), *pairs] if kind == "default" else pairs}


def empty_like(content: dict[str, object]) -> object:
    """An empty container of the kind that a content names."""
    ((kind, items),) = content.items()
    if kind == "deque" and isinstance(items, list):
        return deque(maxlen=items[0])
    if kind == "array":
        return _array(items)
    return MUTABLE[kind]()


def _array(items: Any) -> Any:  # noqa: ANN401 - of several kinds
    dtype, shape, data = items
    return put_together("numpy", [dtype, shape, bytes.fromhex(data)])


def fill(value: Any, content: dict[str, Any], decode: Code) -> None:  # noqa: ANN401 - of several kinds
    """Make a container hold what a content says, in place."""
    ((kind, items),) = content.items()
    if kind != kind_of(value):
        raise ValueError(f"a {kind} where a {kind_of(value)} was")
    match kind:
        case "list":
            list.__setitem__(value, slice(None), [decode(item) for item in items])
        case "bytearray":
            value[:] = bytes.fromhex(items)
        case "array":
            value[...] = _array(items)
        case "set":
            found = [decode(item) for item in items]
            set.clear(value)
            set.update(value, found)
        case "deque":
            found = [decode(item) for item in items[1:]]
            deque.clear(value)
            deque.extend(value, found)
        case _:
            if kind == "default":
                value.default_factory = decode(items[0])
                items = items[1:]
            pairs = [(decode(key), decode(item)) for key, item in items]
            MUTABLE[kind].clear(value)
            for key, item in pairs:
                MUTABLE[kind].__setitem__(value, key, item)


def _same(value: object) -> object:
    return value


class Boxes:
    """The containers that both ends have, by number. What was last said of each is kept, to tell whether it changed."""

    def __init__(self, first: int) -> None:
        """Numbers go up by two from `first`: one end takes the even ones, the other the odd."""
        self._next = first
        self._values: dict[int, object] = {}
        self._numbers: dict[int, int] = {}
        self._said: dict[int, str] = {}

    def number_of(self, value: object, *, is_shared: bool) -> int | None:
        """A container's number; it gets one now if it `is_shared`."""
        number = self._numbers.get(id(value))
        if number is None and is_shared:
            number, self._next = self._next, self._next + 2
            self.keep(number, value)
        return number

    def keep(self, number: int, value: object) -> None:
        """Have a container under a number."""
        self._values[number] = value
        self._numbers[id(value)] = number

    def adopt(self, number: int, value: object) -> None:
        """Have a container under a number in the place of one that was made before its class was known."""
        before = self._values.get(number)
        if before is not None:
            fill(value, content_of(before, _same), _same)  # type: ignore[arg-type]
            del self._numbers[id(before)]
        self.keep(number, value)

    def value(self, number: object) -> object:
        """The container that has a number; ValueError if none has."""
        if not isinstance(number, int) or number not in self._values:
            raise ValueError(f"no box {number!r}")
        return self._values[number]

    def changes(self, encode: Code) -> dict[str, object]:
        """What there is to say of all containers since it was last said."""
        found: dict[str, object] = {}
        pending = list(self._values)
        while pending:
            for number in pending:
                content = content_of(self._values[number], encode)
                text = json.dumps(content)
                if text != self._said.get(number):
                    self._said[number], found[str(number)] = text, content
            pending = [number for number in self._values if number not in self._said]
        return found

    def apply(self, changes: object, decode: Code, encode: Code) -> None:
        """Take in what the other end says of its containers."""
        if not changes:
            return
        if not isinstance(changes, dict):
            raise ValueError("changes that are no object")  # noqa: TRY004 - of data, not of an argument
        contents = {int(number): content for number, content in changes.items()}
        for number, content in contents.items():
            if number not in self._values:
                self.keep(number, empty_like(content))
        for number, content in contents.items():
            fill(self._values[number], content, decode)
        for number in contents:
            self._said[number] = json.dumps(content_of(self._values[number], encode))

    def drop_unused(self) -> list[int]:
        """Forget what nothing else refers to, and say which."""
        dropped = []
        for number in list(self._values):
            value = self._values[number]
            if sys.getrefcount(value) <= _UNUSED:
                dropped.append(number)
                self.drop([number])
        return dropped

    def drop(self, numbers: object) -> None:
        """Forget containers."""
        for number in numbers if isinstance(numbers, list) else ():
            if isinstance(number, int) and number in self._values:
                self._said.pop(number, None)
                del self._numbers[id(self._values.pop(number))]
