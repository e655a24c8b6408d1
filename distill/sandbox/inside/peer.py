"""One end of a link between a program and its tests: what each lends the other, and how it is used from there.

Plain data and values of the standard library cross by value, lists, dicts and sets that are arguments by value and
number, so that both ends see changes. Everything else is lent: the other end gets a stand-in and asks.
"""

import importlib
import threading
import types
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from distill.sandbox import plain
from distill.sandbox.inside import boxes, stand_in, values
from distill.sandbox.inside.boxes import Boxes
from distill.sandbox.inside.describing import described
from distill.sandbox.inside.lent_function import function_of
from distill.sandbox.inside.link import Link, Message
from distill.sandbox.inside.performing import perform, taken_off
from distill.sandbox.inside.policy import LinkPolicy
from distill.sandbox.inside.stand_in import held, hold, mirror_class

_SCALARS = {type(None), bool, int, float, str, bytes, complex, Decimal, Fraction}


class Peer:
    """One end of a link."""

    def __init__(self, fd: int, policy: LinkPolicy) -> None:
        """Lend nothing yet; `policy` is this end's."""
        self._link = Link(fd, self._answer)
        self._policy = policy
        self.is_guarded = policy.is_guarded
        self._lent: list[object] = []
        self._numbers: dict[int, int] = {}
        self._borrowed: dict[int, object] = {}
        self._boxes = Boxes(0 if policy.is_guarded else 1)
        self._depth = 0
        self._turn = threading.RLock()

    def serve(self) -> None:
        """Answer until the other end hangs up."""
        self._link.serve()

    def ask(self, **message: object) -> Any:  # noqa: ANN401 - whatever the other end has
        """Ask the other end, and give its answer or raise its error. One thread asks at a time."""
        with self._turn:
            return self._ask(message)

    def _ask(self, message: Message) -> Any:  # noqa: ANN401 - whatever the other end has
        policy = self._policy
        message |= {"boxes": self._boxes.changes(self._encode_shared), "shared": policy.is_sharing}
        policy.before()
        try:
            received = self._link.request(message)
            self._boxes.apply(received.get("boxes"), self.decode, self._encode_shared)
            answer = self.decode(received["raised"] if "raised" in received else received["answer"])
            cause = self.decode(received.get("cause"))
            self._boxes.drop(received.get("dropped"))
        except BaseException as error:  # noqa: BLE001 - whatever comes of reading it, the tests are not to catch it
            policy.malformed(error)
        policy.after()
        if "raised" not in received:
            return answer
        if not isinstance(answer, BaseException):
            policy.malformed(ValueError("something raised that is no exception"))
        policy.raised(answer, str(message.get("name", "")))
        raise answer from cause if isinstance(cause, BaseException) else None

    # What stand-ins ask for.

    def get(self, number: int, name: str) -> object:
        """Read an attribute of an object of the other end."""
        trust = self._policy.trust
        own = trust.own_answer(self._borrowed.get(number), name) if trust else None
        return self.ask(do="get", of=number, name=name) if own is None else own

    def put(self, number: int, name: str, value: object) -> None:
        """Set an attribute of it."""
        self.ask(do="put", of=number, name=name, value=self._encode_shared(value))

    def delete(self, number: int, name: str) -> None:
        """Delete an attribute of it."""
        self.ask(do="delete", of=number, name=name)

    def call(self, number: int, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call it."""
        result = self.ask(do="call", of=number, **self._given(arguments, named))
        if self._policy.trust:
            self._policy.trust.constructed(self._borrowed.get(number), result)
        return result

    def special(self, target: object, number: int, name: str, arguments: tuple[object, ...]) -> object:
        """Apply a special method of its class to it."""
        trust = self._policy.trust
        if name == "__exit__":
            self._policy.leaves(arguments[1])
            arguments = (*arguments[:2], None)  # a traceback is of this end
        ask = partial(self._apply_special, number, name, arguments)
        return trust.special(target, name, arguments, ask) if trust else ask()

    def _apply_special(self, number: int, name: str, arguments: tuple[object, ...]) -> object:
        sent = [self._encode_shared(argument) for argument in arguments]  # what was once shared, it sees from then on
        return self.ask(do="special", of=number, name=name, arguments=sent)

    def apply(self, name: str, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call a function of the standard library over there."""
        return self.ask(do="apply", function=name, **self._given(arguments, named))

    def bound(self, number: int, name: str, instance: object) -> object:
        """What a class has under a name, bound to an instance."""
        return self.ask(do="bound", of=number, name=name, to=self.encode(instance))

    def subclass(self, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> type:
        """Make a class over there that extends one over there."""
        sent = {key: [kind, self._encode_shared(value)] for key, (kind, value) in taken_off(namespace).items()}
        made = self.ask(do="subclass", name=name, bases=[self.encode(base) for base in bases], namespace=sent)
        assert isinstance(made, type)
        return made

    # Writing.

    def _given(self, arguments: tuple[object, ...], named: dict[str, object]) -> dict[str, object]:
        sent = [self._encode_shared(argument) for argument in arguments]
        return {"arguments": sent, "named": {key: self._encode_shared(value) for key, value in named.items()}}

    def _encode_shared(self, value: object) -> object:
        return self.encode(value, is_shared=True)

    def encode(self, value: object, *, is_shared: bool = False) -> object:
        """Write a value; containers that are shared are known to both ends from then on."""
        kind = type(value)
        if kind in _SCALARS:
            return plain.encode(value)
        encode = self._encode_shared if is_shared else self.encode
        if kind in boxes.KINDS or (is_shared and kind.__name__ == "ndarray" and boxes.kind_of(value)):
            number = self._boxes.number_of(value, is_shared=is_shared)
            return boxes.content_of(value, encode) if number is None else {"box": number}
        if kind in (tuple, frozenset):
            return {kind.__name__: [encode(item) for item in value]}  # type: ignore[attr-defined]
        place = held(value)
        if place is not None and place.end is self:
            return {"yours": place.number}
        return self._encode_other(value)

    def _encode_other(self, value: object) -> object:
        if isinstance(value, types.ModuleType) and (self.is_guarded or values.is_pure(value.__name__)):
            return {"module": value.__name__}
        apart = values.taken_apart(value)
        if apart is not None:
            return {"value": [apart[0], *(self.encode(part) for part in apart[1])]}
        name = values.name_of(value)
        if name is not None and (self.is_guarded or values.is_harmless(value, name)):
            return {"named": name}
        if isinstance(value, BaseException) and values.name_of(type(value)):
            return {"error": [self.encode(part) for part in (type(value), vars(value), *value.args)]}
        return {"lent": self._lend(value)}

    def _lend(self, value: object) -> list[object]:
        number = self._numbers.get(id(value))
        if number is not None:
            return [number]
        number = self._numbers[id(value)] = len(self._lent)
        self._lent.append(value)
        return [number, described(value, self)]

    def class_of(self, kind: type) -> object:
        """Write a class, which is lent even if the other end has it too."""
        return {"lent": self._lend(kind)}

    def box_of(self, value: object) -> int | None:
        """The number of a container that both ends have from then on."""
        return self._boxes.number_of(value, is_shared=True)

    # Reading.

    def decode(self, data: Any) -> Any:  # noqa: ANN401 - whatever it says
        """Read what `encode` of the other end wrote. ValueError, and its like, for what makes no sense."""
        if not isinstance(data, (dict, list)):
            return data
        if isinstance(data, list):
            return [self.decode(item) for item in data]
        ((tag, content),) = data.items()
        reader = _READERS.get(tag)
        if reader is not None:
            return reader(self, content)
        if tag in boxes.MUTABLE:
            made = boxes.empty_like(data)
            boxes.fill(made, data, self.decode)
            return made
        return plain.decode(data)

    def _value(self, content: list[Any]) -> object:
        tag, *parts = content
        return values.put_together(tag, [self.decode(part) for part in parts])

    def _named(self, name: object) -> object:
        is_known = not self.is_guarded or values.may_be_named(str(name))
        found = values.named(name) if is_known else None
        if self.is_guarded and not (is_known and values.is_harmless(found, str(name))):
            raise ValueError(f"{name} is not for a program to name")
        return found

    def _module(self, name: object) -> object:
        if self.is_guarded and not values.is_pure(str(name)):
            raise ValueError(f"{name} is not for a program to hand over")
        return importlib.import_module(str(name))

    def _error(self, content: list[Any]) -> BaseException:
        kind, attributes, *arguments = [self.decode(part) for part in content]
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            raise ValueError(f"not an exception: {kind!r}")  # noqa: TRY004 - of data
        try:
            made = kind(*arguments)
        except TypeError:
            made = kind.__new__(kind, *arguments)
        vars(made).update(attributes)
        return made

    def _lent_by_other(self, content: list[Any]) -> object:
        number = content[0]
        if number not in self._borrowed:
            if not isinstance(number, int) or not isinstance(content[1], dict):
                raise ValueError("not an object")
            self._borrowed[number] = self._stand_in(number, content[1])
        elif self._policy.trust:
            self._policy.trust.returned(self._borrowed[number])
        return self._borrowed[number]

    def _stand_in(self, number: int, about: dict[str, Any]) -> object:
        if "specials" in about:
            return self._stand_in_class(number, about)
        kind = self.decode(about["class"])
        if not isinstance(kind, stand_in.StandInClass):
            raise ValueError("an object of no class")  # noqa: TRY004 - of data
        made = self._instance(kind, number, about)
        hold(made, self, number)
        return made

    def _instance(self, kind: Any, number: int, about: dict[str, Any]) -> object:  # noqa: ANN401 - a class
        if "parameters" in about and not self.is_guarded:
            return function_of(self.call, number, about)
        if stand_in.CLASSES.get(kind) is types.CoroutineType:
            return self._coroutine(number)
        if "plain" in about:
            value = self.decode(about["plain"])
            base = next(b for b in kind.__mro__ if not isinstance(b, stand_in.StandInClass))
            return base.__new__(kind, *value) if issubclass(base, BaseException) else base.__new__(kind, value)
        made = next(b for b in kind.__mro__ if not isinstance(b, stand_in.StandInClass)).__new__(kind)
        if "box" in about:
            self._boxes.adopt(int(about["box"]), made)
        return made

    async def _coroutine(self, number: int) -> object:
        return self.ask(do="run", of=number)

    def _stand_in_class(self, number: int, about: dict[str, Any]) -> type:
        bases = [self.decode(base) for base in about["bases"]]
        specials, names = ([str(name) for name in about[key]] for key in ("specials", "names"))
        made = mirror_class(str(about["name"]), bases, specials, names, has_hash=about["has_hash"] is True)
        hold(made, self, number)
        if str(about["std"]).startswith("types."):
            stand_in.CLASSES[made] = values.named(about["std"])  # type: ignore[assignment]
        return made

    # Answering.

    def _answer(self, message: Message) -> Message:
        self._depth += 1
        try:
            self._boxes.apply(message.get("boxes"), self.decode, self._encode_shared)
            # a list that an object has is that very list, and stays it
            is_kept = bool(message.get("shared")) or message.get("do") in {"get", "names"}
            result = {"answer": self.encode(perform(message, self._lent, self.decode, self._policy), is_shared=is_kept)}
        except BaseException as error:  # noqa: BLE001 - it crosses to the other end, which may expect it
            self._policy.callback_failed(error)
            result = {"answer": None, "raised": self.encode(error.with_traceback(None))}
            if error.__cause__:
                result["cause"] = self.encode(error.__cause__.with_traceback(None))
        self._depth -= 1
        result["boxes"] = self._boxes.changes(self._encode_shared)
        if not self._depth and not self.is_guarded:
            result["dropped"] = self._boxes.drop_unused()
        return result


_READERS: dict[str, Callable[[Peer, Any], object]] = {
    "tuple": lambda peer, items: tuple(peer.decode(item) for item in items),
    "frozenset": lambda peer, items: frozenset(peer.decode(item) for item in items),
    "box": lambda peer, number: peer._boxes.value(number),
    "yours": lambda peer, number: peer._lent[number],
    "lent": lambda peer, content: peer._lent_by_other(content),
    "value": lambda peer, content: peer._value(content),
    "named": lambda peer, name: peer._named(name),
    "module": lambda peer, name: peer._module(name),
    "error": lambda peer, content: peer._error(content),
}
