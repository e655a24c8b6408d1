"""TRL's own parser: names, types and choices of its settings, said before a row is prepared."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import yaml
from pydantic import JsonValue

from distill.errors import RecipeError
from distill.training.settings.keys import Method, is_installed

if TYPE_CHECKING:
    from trl import GRPOConfig, ModelConfig, SFTConfig  # type: ignore[attr-defined]

    from distill.training.recipe import StudentRecipe

Config = TypeVar("Config", "SFTConfig", "GRPOConfig")


def parse(file: Path, kind: type[Config]) -> tuple[Config, "ModelConfig"]:
    """Read a resolved YAML with TRL's own parser, which refuses what it does not know."""
    from trl import ModelConfig, TrlParser  # type: ignore[attr-defined]

    training, model = TrlParser((kind, ModelConfig)).parse_args_and_config(  # type: ignore[arg-type]
        ["--config", str(file)]
    )
    assert isinstance(training.model_init_kwargs, dict | None)
    given = training.model_init_kwargs or {}
    training.model_init_kwargs = {"attn_implementation": model.attn_implementation, "dtype": model.dtype, **given}
    return training, model


def check_values(recipe: "StudentRecipe", trl: Mapping[str, JsonValue], method: Method = "sft") -> bool:
    """Build what TRL would of `trl`, the settings that it will read. False where it is not installed: nothing was read.

    Raises RecipeError, with every mistake that is found, where TRL, transformers or PEFT refuse a value.
    """
    if not is_installed():
        return False
    import torch
    from trl import GRPOConfig, SFTConfig  # type: ignore[attr-defined]

    given = trl if torch.cuda.is_available() else {**trl, "use_cpu": True}
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = Path(folder) / "train.yaml"
        file.write_text(yaml.safe_dump(dict(given)), encoding="utf-8")
        try:
            parse(file, SFTConfig) if method == "sft" else parse(file, GRPOConfig)
        except (ValueError, TypeError, SystemExit) as error:
            raise RecipeError(f"{recipe.name}: TRL refuses these settings: {error}. Correct the recipe.") from error
    return True
