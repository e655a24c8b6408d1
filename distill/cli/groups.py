"""Options that belong together, as one parameter: a dataclass whose fields are the options."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import get_type_hints


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer reads it: where a parameter is a dataclass, its fields stand as options of their own.

    The parameter's default, an instance, gives their defaults where the dataclass' own are not meant.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)}

    @wraps(command)
    def flat(**given: object) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        command(**given)

    parameters = list(_flat(signature(command), hints))
    flat.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flat


def _flat(command: Signature, hints: dict[str, object]) -> Iterator[Parameter]:
    for name, parameter in command.parameters.items():
        group = hints[name]
        if not isinstance(group, type) or not is_dataclass(group):
            yield parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=group)
            continue
        options = get_type_hints(group, include_extras=True)
        for option, field in signature(group).parameters.items():
            default = field.default if parameter.default is Parameter.empty else getattr(parameter.default, option)
            yield field.replace(kind=Parameter.KEYWORD_ONLY, annotation=options[option], default=default)
