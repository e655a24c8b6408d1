"""Options that belong together, as one parameter: a named tuple whose fields are the options."""

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import Parameter, Signature, signature


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer reads it: where a parameter is a named tuple, its fields stand as options of their own.

    The parameter's default, an instance, gives their defaults where those of the tuple's class are not meant. Types
    are read as they stand, since evaluating them anew would slow every start: they must not be quoted.
    """
    groups = {name: kind for name, kind in command.__annotations__.items() if hasattr(kind, "_fields")}
    if not groups:
        return command

    @wraps(command)
    def flat(**given: object) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{field: given.pop(field) for field in kind._fields})
        command(**given)

    parameters = list(_flat(signature(command)))
    flat.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flat


def _flat(command: Signature) -> Iterator[Parameter]:
    for parameter in command.parameters.values():
        group = parameter.annotation
        if not hasattr(group, "_fields"):
            yield parameter.replace(kind=Parameter.KEYWORD_ONLY)
            continue
        defaults = group._field_defaults if parameter.default is Parameter.empty else parameter.default._asdict()
        for option, annotation in group.__annotations__.items():
            default = defaults.get(option, Parameter.empty)
            yield Parameter(option, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
