"""What TRL knows, remembered: importing it takes seconds, and a mistake on the command line is said at once."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pydantic import JsonValue

from distill.files import cache_dir, write_whole
from distill.training.settings.owned import Method

if TYPE_CHECKING:
    from dataclasses import Field


def is_installed() -> bool:
    """Whether the extra `train` is, without importing it."""
    return all(find_spec(name) for name in ("torch", "transformers", "trl"))


def known_defaults(method: Method = "sft") -> Mapping[str, JsonValue]:
    """Every setting that TRL's trainer reads, and its default. TRL is asked once for each of its versions."""
    versions = "-".join(f"{name}-{version(name)}" for name in ("trl", "transformers"))
    file = cache_dir() / "settings" / f"{method}-{versions}.json"
    if not file.is_file():
        defaults = {name: field.default for name, field in known_fields(method).items()}
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(defaults, default=str))
    found = json.loads(file.read_bytes())
    assert isinstance(found, dict)
    return found


@cache
def known_fields(method: Method = "sft") -> "dict[str, Field[object]]":
    """The same as TRL's dataclasses have them, with types and choices."""
    from dataclasses import fields

    from trl import GRPOConfig, ModelConfig, SFTConfig  # type: ignore[attr-defined]

    kinds = (SFTConfig if method == "sft" else GRPOConfig, ModelConfig)
    return {field.name: field for kind in kinds for field in fields(kind)}
