"""The types and choices of TRL's settings, checked key by key so that every wrong value is said at once."""

import json
from collections.abc import Mapping
from typing import cast, get_type_hints

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from distill.training.settings.keys import known_fields
from distill.training.settings.owned import Method

CHOICES: Mapping[Method, Mapping[str, tuple[JsonValue, ...]]] = {
    "sft": {"loss_type": ("nll", "dft"), "packing_strategy": ("bfd", "bfd_split")},
    "grpo": {
        "importance_sampling_level": ("token", "sequence"),
        "loss_type": ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"),
        "multi_objective_aggregation": ("sum_then_normalize", "normalize_then_sum"),
        "scale_rewards": ("group", "batch", "none", True, False),
        "vllm_importance_sampling_mode": ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask"),
        "vllm_mode": ("colocate", "server"),
        "vllm_model_impl": ("vllm", "transformers"),
    },
}
"""Of keys whose value TRL 1.16 reads as any text and refuses in the middle of the training, or takes for another.

Rows are packed by best fit, and none is longer than a sequence, so `bfd_split` is `bfd`; under any other strategy TRL
would have the documents of a sequence see each other (trl #3067).
"""


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
