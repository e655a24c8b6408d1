"""TRL's own parser: names, types and choices of its settings, said before a row is prepared."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import yaml
from pydantic import JsonValue

from distill.errors import RecipeError

if TYPE_CHECKING:
    from trl import GRPOConfig, ModelConfig, SFTConfig  # type: ignore[attr-defined]

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


def check_values(settings: Mapping[str, JsonValue], kind: type[Config], where: str) -> None:
    """Build TRL's config of `settings`, as the worker will. Raises RecipeError with its words where it refuses one.

    Where this machine has no GPU, the config is built as for a CPU: another machine may train.
    """
    import torch

    given = settings if torch.cuda.is_available() else {**settings, "use_cpu": True}
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = Path(folder) / "train.yaml"
        file.write_text(yaml.safe_dump(dict(given)), encoding="utf-8")
        try:
            parse(file, kind)
        except (ValueError, TypeError, SystemExit) as error:
            raise RecipeError(f"{where}: TRL refuses these settings: {error}. Correct the recipe.") from error
