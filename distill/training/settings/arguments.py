"""Arguments for loading the model (`model_init_kwargs`) that have a place of their own in a recipe."""

from collections.abc import Mapping

_QUANTIZATION = "Set the recipe's `load_in_4bit` or `load_in_8bit`"
_DTYPE = "Set the recipe's `dtype`"
_ROPE = "Set distill.rope.theta and distill.rope.max_position_embeddings"
_OWN_ARGUMENTS = {
    "attn_implementation": "Set the recipe's `attn_implementation`",
    "device_map": "Set `distill.accelerate`",
    "dtype": _DTYPE,
    "load_in_4bit": _QUANTIZATION,
    "load_in_8bit": _QUANTIZATION,
    "max_position_embeddings": _ROPE,
    "quantization_config": _QUANTIZATION,
    "revision": "Set `distill.revision`",
    "torch_dtype": _DTYPE,
    "trust_remote_code": "Leave it out: the code of students is transformers' own",
}
"""Keys of `model_init_kwargs` that have a place of their own, or that transformers ignores or refuses late."""


def misplaced(arguments: object) -> str | None:
    """What is said of the first of them; None where there is none."""
    for key in arguments if isinstance(arguments, Mapping) else ():
        if own := _ROPE if key.startswith("rope") else _OWN_ARGUMENTS.get(key):
            return f"`model_init_kwargs.{key}` is not read, or refused late. {own}."
    return None
