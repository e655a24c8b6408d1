"""TRL's own parser, as the worker runs it."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

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
