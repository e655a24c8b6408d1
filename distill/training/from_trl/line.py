"""What became of the keys of a TRL YAML."""

from typing import NamedTuple

from pydantic import JsonValue

Settings = dict[str, JsonValue]


class RecipeLine(NamedTuple):
    """A key of the recipe."""

    key: str
    value: JsonValue
    origin: str = ""
    """Where the value comes from, for a comment; empty where key and value stand in the file as they are."""


class LeftOut(NamedTuple):
    """A key of the file that has no meaning here."""

    key: str
    value: JsonValue
    reason: str
    """And what to do instead."""


class Missing(NamedTuple):
    """What a recipe needs and the file does not say."""

    key: str
    """With a value to copy: `distill.license=NAME`."""
    reason: str
