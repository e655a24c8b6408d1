"""The types and choices of TRL's settings, checked key by key so that every wrong value is said at once."""

import json
from collections.abc import Mapping
from typing import cast, get_type_hints

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from distill.training.settings.choices import CHOICES
from distill.training.settings.known import known_fields
from distill.training.settings.owned import Method


def wrong_values(settings: Mapping[str, JsonValue], method: Method) -> dict[str, str]:
    """Keys whose value has the wrong type or is none of the choices, with the reason as the rest of a sentence."""
    from trl import GRPOConfig, ModelConfig, SFTConfig  # type: ignore[attr-defined]

    hints = get_type_hints(ModelConfig) | get_type_hints(SFTConfig if method == "sft" else GRPOConfig)
    found = {}
    for key, value in settings.items():
        choices = CHOICES[method].get(key) or known_fields(method)[key].metadata.get("choices")
        if choices and value not in choices:
            found[key] = f"must be one of {', '.join(map(_shown, choices))}, not {_shown(value)}"
        elif not choices and (reason := _mistyped(hints[key], value)):
            found[key] = f"cannot be {_shown(value)}: {reason}"
    return found


def _mistyped(hint: object, value: JsonValue) -> str | None:
    # One word stands for a list of one: `lora_target_modules: all-linear`.
    given = [value] if isinstance(value, str) and "list[" in str(hint) else value
    adapter = TypeAdapter[object](cast("type", hint), config=ConfigDict(arbitrary_types_allowed=True))
    try:
        adapter.validate_python(given)
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        return said[0].lower() + said[1:]
    return None


def _shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)
