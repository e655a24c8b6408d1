"""The program's end of the link: its functions and objects, for the assertions to use by handle."""

import builtins
import types
from collections.abc import Callable

from distill.sandbox.inside.link import Link, Message
from distill.sandbox.plain import decode, encode

Find = Callable[[str, dict[str, object]], object]


class ProgramServer:
    """Serves a program's names. Everything here may be tampered with by the program, which gains it nothing."""

    def __init__(self, fd: int, namespace: dict[str, object], find: Find) -> None:
        self._namespace, self._find = namespace, find
        self._objects: list[object] = []
        self._link = Link(fd, self._answer)

    def serve(self) -> None:
        """Answer until the assertions are through."""
        self._link.serve()

    def _answer(self, message: Message) -> Message:
        try:
            return self._perform(message)
        except Exception as error:  # noqa: BLE001 - it crosses to the assertions, which may expect it
            return {"answer": None, "raised": _ancestry(type(error)), "text": str(error)[:1000]}

    def _perform(self, message: Message) -> Message:
        match message:
            case {"do": "names", "names": list() as names}:
                return {"answer": {name: self._encode(self._named(name)) for name in names if self._has(name)}}
            case {"do": "attribute", "of": int() as number, "name": str() as name}:
                return {"answer": self._encode(getattr(self._objects[number], name))}
            case {"do": "assign", "of": int() as number, "name": str() as name, "value": value}:
                setattr(self._objects[number], name, self._decode(value))
                return {"answer": None}
            case {"do": "call", "of": int() as number, "arguments": list() as arguments, "named": dict() as named}:
                return self._call(self._objects[number], arguments, named)
            case {"do": "is_instance", "of": int() as number, "kind": int() as kind}:
                return {"answer": isinstance(self._objects[number], self._objects[kind])}  # type: ignore[arg-type]
        raise ValueError(f"no such request: {message}")

    def _call(self, function: object, arguments: list[object], named: dict[str, object]) -> Message:
        decoded = [self._decode(argument) for argument in arguments]
        keywords = {name: self._decode(value) for name, value in named.items()}
        result = function(*decoded, **keywords)  # type: ignore[operator]
        after = [self._encode(argument) if _is_container(argument) else None for argument in decoded]
        changed = {str(i): new for i, (old, new) in enumerate(zip(arguments, after, strict=True)) if new and new != old}
        return {"answer": self._encode(result), "changed": changed}

    def _has(self, name: str) -> bool:
        try:
            self._named(name)
        except NameError:
            return False
        return True

    def _named(self, name: str) -> object:
        return self._namespace[name] if name in self._namespace else self._find(name, self._namespace)

    def _encode(self, value: object) -> object:
        if isinstance(value, type) and issubclass(value, BaseException):
            return {"exception": _ancestry(value)}
        return encode(value, self._handle)

    def _handle(self, value: object) -> object:
        if isinstance(value, types.ModuleType):
            return {"module": value.__name__}
        self._objects.append(value)
        return len(self._objects) - 1

    def _decode(self, data: object) -> object:
        return decode(data, self._refer)

    def _refer(self, number: object) -> object:
        """An object of ours that comes back, or a function of the assertions that we may call."""
        if isinstance(number, int):
            return self._objects[number]

        def callback(*arguments: object) -> object:
            sent = [self._encode(argument) for argument in arguments]
            received = self._link.request({"do": "callback", "of": number, "arguments": sent})
            if "raised" in received:
                raise RuntimeError(str(received.get("text")))
            return self._decode(received["answer"])

        return callback


def _ancestry(error: type[BaseException]) -> list[str]:
    """Names of an exception class and its bases, down to the first that everybody has."""
    names = []
    for kind in error.__mro__:
        names.append(kind.__name__)
        if getattr(builtins, kind.__name__, None) is kind:
            break
    return names


def _is_container(value: object) -> bool:
    return isinstance(value, (list, dict, set))
