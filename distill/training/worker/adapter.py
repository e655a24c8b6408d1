"""LoRA that trains the rows of tokens which nobody has trained yet."""

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


def adapter_config(model: ModelConfig, new_tokens: Sequence[int], *, is_served: bool = False) -> LoraConfig | None:
    """The adapter that the recipe asks for, and with it the rows of `new_tokens` in both embeddings.

    Both stay frozen under LoRA otherwise, and all renamed tokens alike. Embeddings that `lora_modules_to_save` or
    `lora_target_modules` names are trained as it says. `is_served` says that vLLM takes the weights during training.
    Raises RecipeError where neither DeepSpeed nor vLLM can have such rows.
    """
    config = get_peft_config(model)
    assert isinstance(config, LoraConfig | None)
    if config is None or not new_tokens:
        return config
    chosen = {*_names(config.modules_to_save), *_names(config.target_modules)} & set(EMBEDDINGS)
    is_tied = AutoConfig.from_pretrained(str(model.model_name_or_path)).tie_word_embeddings
    rows = {} if is_tied and chosen else {name: list(new_tokens) for name in EMBEDDINGS if name not in chosen}
    if rows and (is_served or is_deepspeed_zero3_enabled()):  # type: ignore[no-untyped-call]
        raise RecipeError(
            f"use_peft with new tokens (distill.tokens renames {len(new_tokens)} that the base has not) cannot train "
            f"their rows alone under {'vLLM' if is_served else 'ZeRO-3'}. Set lora_modules_to_save=[embed_tokens, "
            f"lm_head], {'use_vllm=false' if is_served else 'distill.accelerate=fsdp2'}, or use_peft=false."
        )
    config.trainable_token_indices = rows or None
    return config


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
