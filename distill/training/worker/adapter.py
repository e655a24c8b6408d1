"""LoRA that trains the rows of tokens which nobody has trained yet."""

import os
from collections.abc import Sequence

from peft import LoraConfig
from peft.utils.other import TrainableTokensWrapper
from torch import nn
from transformers import AutoConfig
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled
from trl import ModelConfig, get_peft_config  # type: ignore[attr-defined]

from distill.errors import RecipeError

EMBEDDINGS = ("embed_tokens", "lm_head")
"""Input and output embeddings, as Llama- and Qwen2-like models call them."""

ALONE = "distill.accelerate=single (a copy of the model on each GPU, small with load_in_4bit=true)"
WHOLE = "lora_modules_to_save=[embed_tokens, lm_head]"
WAYS = {"FSDP": ALONE, "ZeRO-3": f"{WHOLE} or {ALONE}", "vLLM": f"{WHOLE} or use_vllm=false"}
"""What to set instead, under each that cannot have an adapter on embeddings."""


def adapter_config(model: ModelConfig, new_tokens: Sequence[int], *, is_served: bool = False) -> LoraConfig | None:
    """The adapter that the recipe asks for, and with it the rows of `new_tokens` in both embeddings.

    Both stay frozen under LoRA otherwise, and all renamed tokens alike. Embeddings that `lora_modules_to_save` or
    `lora_target_modules` names are trained as it says. `is_served` says that vLLM takes the weights during training.
    Raises RecipeError where an embedding would be trained wrongly or not at all.
    """
    config = get_peft_config(model)
    assert isinstance(config, LoraConfig | None)
    if config is None:
        return None
    chosen = {*_names(config.modules_to_save), *_names(config.target_modules)} & set(EMBEDDINGS)
    is_tied = AutoConfig.from_pretrained(str(model.model_name_or_path)).tie_word_embeddings
    given = () if is_tied and chosen else [name for name in EMBEDDINGS if name not in chosen]
    rows = {name: list(new_tokens) for name in given if new_tokens}
    obstacle = _obstacle(is_served=is_served)
    if obstacle is not None and (rows or (chosen and obstacle == "FSDP")):
        raise RecipeError(
            f"use_peft under {obstacle} cannot train {'the rows of new tokens in ' if rows else ''}the embeddings. "
            f"Set {WAYS[obstacle]}, or use_peft=false."
        )
    config.trainable_token_indices = rows or None
    return config


def _obstacle(*, is_served: bool) -> str | None:
    """What stands between an adapter and the embeddings.

    peft's rows are copied into the weights as one tensor, which neither FSDP2's shards nor ZeRO-3's are, and TRL gives
    vLLM no name for them. Under FSDP2 an embedding trained whole is a unit of its own, whose forward TRL's fused head
    does not call: each process then learns its share from its own rows alone (TRL 1.16; the gradient is 2 % off).
    """
    if os.environ.get("ACCELERATE_USE_FSDP") == "true":
        return "FSDP"
    if is_deepspeed_zero3_enabled():  # type: ignore[no-untyped-call]
        return "ZeRO-3"
    return "vLLM" if is_served else None


def complete(model: nn.Module | None) -> None:
    """What `adapter_config`'s rows need once TRL has built the model; for others nothing changes."""
    assert model is not None
    for module in model.modules():
        if isinstance(module, TrainableTokensWrapper):
            # TRL's fused head asks an output embedding for it, and peft's wrapper passes on the weight only.
            module.register_parameter("bias", None)
    for name, weights in model.named_parameters():
        if "trainable_tokens_delta" in name:
            # TRL makes all that is trained beside quantized weights bfloat16, which is too coarse for whole rows: an
            # update of 1e-5 to a weight of 0.02 is lost in it.
            weights.data = weights.data.float()


def _names(modules: str | Sequence[str] | set[str] | None) -> set[str]:
    return {modules} if isinstance(modules, str) else set(modules or ())
