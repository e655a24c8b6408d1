"""Which attention implementations keep the documents of a packed sequence apart.

A packed sequence says by its position ids, which begin again at 0, where a document begins. Measured on models of two
layers (transformers 5.23, Qwen2 and Llama, float32): with `eager`, `sdpa` and `flex_attention` the logits of a document
are those that it has alone, to 2e-7. The flash kernels are read, not run: `_flash_attention_forward` takes the
boundaries that TRL's collator gives it (`cu_seq_lens_q`). Others are not known to.
"""

BUILT_IN = ("eager", "sdpa", "flex_attention")
"""Those that need no package of their own."""

_FLASH = ("flash_attention_2", "flash_attention_3", "flash_attention_4")
KNOWN = (*BUILT_IN, *_FLASH)


def is_flash(name: str) -> bool:
    """Whether it is one of the flash kernels, of a package or of the Hub (`kernels-community/flash-attn3`)."""
    return name in _FLASH or ("/" in name and "flash-attn" in name)


def is_separating(name: str) -> bool:
    """Whether packed documents do not see each other under it."""
    return name in BUILT_IN or is_flash(name)


def is_known(name: str) -> bool:
    """Whether transformers has it, or would fetch it from the Hub."""
    return name in KNOWN or "/" in name


def conflict(name: str, *, is_packing: bool, num_sharing: int) -> str | None:
    """Why rows cannot be trained under an implementation; None where they can. `num_sharing` GPUs share a row."""
    if not is_known(name):
        return f"there is no `attn_implementation: {name}`. Known are {', '.join(KNOWN)}, and kernels as OWNER/NAME."
    if is_packing and not is_separating(name):
        return (
            f"under `attn_implementation: {name}` the documents of a packed sequence may see each other. Set "
            "packing=false, or attn_implementation=kernels-community/flash-attn3."
        )
    if num_sharing > 1 and name != "sdpa" and not is_flash(name):
        return f"GPUs cannot share a row under `attn_implementation: {name}`. Leave it out, or set a flash kernel."
    if num_sharing > 1 and is_packing and not is_flash(name):
        return (
            f"GPUs that share a packed row need a flash kernel, since `{name}` would have its documents see each "
            "other. Set attn_implementation=kernels-community/flash-attn3, or packing=false."
        )
    return None
