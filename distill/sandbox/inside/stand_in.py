"""Classes that stand for those of the other end: same name, same ancestors, same special methods, all forwarded.

An instance that extends a builtin value has that value here too; so lists are lists, and named tuples are tuples.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

UNARY = (
    "bool len iter next hash int float index complex abs neg pos invert round trunc floor ceil str repr format bytes "
    "reversed length_hint enter exit call getitem setitem delitem contains missing fspath dir"
).split()
COMPARISONS = "eq ne lt le gt ge".split()
_OPERATORS = "add sub mul truediv floordiv mod divmod pow lshift rshift and or xor matmul".split()
ARITHMETIC = [prefix + name for prefix in ("", "r", "i") for name in _OPERATORS]
BINARY = frozenset(f"__{name}__" for name in COMPARISONS + ARITHMETIC)
"""With what they are given they could answer just as the tests want it."""
SPECIAL = frozenset(f"__{name}__" for name in [*UNARY, *COMPARISONS, *ARITHMETIC])
_FORWARDED = frozenset({"__dict__", "__doc__", "__name__", "__qualname__", "__module__", "__wrapped__", "__code__"})
_FORWARDED |= {"__defaults__", "__kwdefaults__", "__annotations__", "__func__", "__self__"}


CLASSES: dict[type, type] = {}
"""Classes that everybody has (functions, generators), by the stand-in classes for them."""


class OtherEnd(Protocol):
    """What is asked of the end that has an object."""

    def get(self, number: int, name: str) -> object:
        """An attribute of it."""
        ...

    def put(self, number: int, name: str, value: object) -> None:
        """Set an attribute of it."""
        ...

    def delete(self, number: int, name: str) -> None:
        """Delete an attribute of it."""
        ...

    def call(self, number: int, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call it."""
        ...

    def special(self, stand_in: object, number: int, name: str, arguments: tuple[object, ...]) -> object:
        """Apply a special method of its class to it."""
        ...

    def apply(self, name: str, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call a function of the standard library over there."""
        ...

    def bound(self, number: int, name: str, stand_in: object) -> object:
        """What a class of it has under a name, bound to an instance."""
        ...

    def subclass(self, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> type:
        """A class over there that extends one over there."""
        ...


class Held(NamedTuple):
    """Where the object is that something here stands for."""

    end: OtherEnd
    number: int
    stand_in: object
    """Kept, so that its id stays its own."""


_HELD: dict[int, Held] = {}


def held(value: object) -> Held | None:
    """Where the object is that a value stands for; None if it stands for none."""
    return _HELD.get(id(value))


def hold(value: object, end: OtherEnd, number: int) -> None:
    """Have a value stand for an object of the other end."""
    _HELD[id(value)] = Held(end, number, value)


class StandInClass(type):
    """The class of classes that stand for others: construction, attributes and iteration are forwarded too."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, object], **_: object) -> type:
        """A class statement of the tests that extends a class of the program: the class is made over there."""
        base = next(base for base in bases if isinstance(base, StandInClass))
        made = _HELD[id(base)].end.subclass(name, bases, namespace)
        cell: Any = namespace.get("__classcell__")
        if cell is not None:
            cell.cell_contents = made
        return made

    def __init__(cls, *_: object, **__: object) -> None:
        """Nothing: a class is made with all that it has."""

    def __call__(cls, *arguments: object, **named: object) -> object:
        """Construct an object, over there."""
        end, number, _ = _HELD[id(cls)]
        return end.call(number, arguments, named)

    def __getattr__(cls, name: str) -> object:
        end, number, _ = _HELD[id(cls)]
        return end.get(number, name)

    def __setattr__(cls, name: str, value: object) -> None:
        end, number, _ = _HELD[id(cls)]
        end.put(number, name, value)

    def __instancecheck__(cls, instance: object) -> bool:
        """As MRO tells; where it does not, by what the class over there says (protocols, registered classes)."""
        place = held(instance)
        if type.__instancecheck__(cls, instance) or place is None:
            return type.__instancecheck__(cls, instance)
        return place.end.apply("builtins:isinstance", (instance, cls), {}) is True

    def __bool__(cls) -> bool:
        """True, as of any class; its length would be asked for otherwise."""
        return True

    def __repr__(cls) -> str:
        return f"<class '{cls.__name__}'>"


def _class_forward(name: str) -> Any:  # noqa: ANN401 - a function
    def method(cls: type, *arguments: object) -> object:
        end, number, _ = _HELD[id(cls)]
        return end.special(cls, number, name, arguments)

    return method


for _name in ("__iter__", "__len__", "__getitem__", "__contains__", "__reversed__"):
    setattr(StandInClass, _name, _class_forward(_name))


class _Inherited:
    """An attribute that a class over there has: on the class itself, or bound to an instance (as `super()` asks)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.owner: type = object

    def __get__(self, instance: object, _: type) -> object:
        end, number, _owner = _HELD[id(self.owner)]
        return end.get(number, self.name) if instance is None else end.bound(number, self.name, instance)


def _get(self: object, name: str) -> object:
    is_native = name.startswith("__") and name.endswith("__") and name not in _FORWARDED
    place = _HELD.get(id(self))
    if name == "__class__" and type(self) in CLASSES:
        return CLASSES[type(self)]
    if is_native or place is None or (name == "args" and isinstance(self, BaseException)):
        return object.__getattribute__(self, name)
    return place.end.get(place.number, name)


def _put(self: object, name: str, value: object) -> None:
    if name.startswith("__") and name.endswith("__"):
        object.__setattr__(self, name, value)
        return
    end, number, _ = _HELD[id(self)]
    end.put(number, name, value)


def _delete(self: object, name: str) -> None:
    end, number, _ = _HELD[id(self)]
    end.delete(number, name)


def _copy(self: object) -> object:
    return _HELD[id(self)].end.apply("copy:copy", (self,), {})


def _deepcopy(self: object, _: object) -> object:
    return _HELD[id(self)].end.apply("copy:deepcopy", (self,), {})


def library_function(function: Callable[..., object], name: str) -> Callable[..., object]:
    """A function of the standard library that is called where its first argument is."""

    def call(*arguments: object, **named: object) -> object:
        place = held(arguments[0]) if arguments else None
        return place.end.apply(name, arguments, named) if place else function(*arguments, **named)

    return call


def _forward(name: str, base: type) -> Any:  # noqa: ANN401 - a function
    """Forward a special method; where that is refused, the builtin value that the instance is answers."""

    def method(self: object, *arguments: object) -> object:
        end, number, _ = _HELD[id(self)]
        found = end.special(self, number, name, arguments)
        if found is NotImplemented and base is not object and hasattr(base, name):
            return getattr(base, name)(self, *arguments)
        return found

    def call(self: object, *arguments: object, **named: object) -> object:
        end, number, _ = _HELD[id(self)]
        return end.call(number, arguments, named)

    return call if name == "__call__" else method


def mirror_class(name: str, bases: list[type], specials: list[str], names: list[str], *, has_hash: bool) -> type:
    """Make a class that stands for one over there; the caller says which (`hold`).

    Special methods are those of `specials` alone: under `names` they would pass by what is asked of `special`.
    """
    base = next(
        (b for kind in bases for b in kind.__mro__ if not isinstance(b, StandInClass) and b is not object), object
    )
    inherited = {name: _Inherited(name) for name in names if not name.startswith("__") or name == "__init__"}
    namespace: dict[str, Any] = {**inherited, "__getattribute__": _get, "__setattr__": _put, "__delattr__": _delete}
    namespace |= {"__copy__": _copy, "__deepcopy__": _deepcopy}
    namespace |= {special: _forward(special, base) for special in specials if special in SPECIAL}
    namespace["__hash__"] = namespace.get("__hash__", base.__hash__) if has_hash else None
    made = _made(name, tuple(bases), namespace)
    for attribute in inherited.values():
        attribute.owner = made
    return made


def _made(name: str, bases: tuple[type, ...], namespace: Mapping[str, object]) -> type:
    try:
        return type.__new__(StandInClass, name, bases, dict(namespace))
    except TypeError:  # builtins that exclude each other, or an order that only the other end understands
        return type.__new__(StandInClass, name, (), dict(namespace))
