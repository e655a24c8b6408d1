"""How many parameters a Llama- or Qwen2-like decoder has, and how many of them a recipe trains."""

from distill.training.recipe import ModelShape, StudentRecipe

DEFAULT_RANK = 16
"""TRL's `lora_r`."""


def shape_of(recipe: StudentRecipe) -> ModelShape:
    """The dimensions of what is trained: the base's, but for a second embedding matrix that the recipe gives it."""
    block = recipe.distill
    return block.shape.model_copy(update={"tied": block.shape.tied and not block.untied})


def num_parameters(shape: ModelShape) -> int:
    """All of them."""
    return embedding_parameters(shape) + shape.layers * layer_parameters(shape) + shape.hidden


def embedding_parameters(shape: ModelShape) -> int:
    """Input and output embeddings; one matrix where they are tied."""
    return shape.vocab * shape.hidden * (1 if shape.tied else 2)


def layer_parameters(shape: ModelShape) -> int:
    """One decoder layer: attention, MLP, two norms."""
    bias = shape.hidden + 2 * kv_width(shape) if shape.qkv_bias else 0
    return linear_parameters(shape) + bias + 2 * shape.hidden


def linear_parameters(shape: ModelShape) -> int:
    """The seven matrices of a layer, which are what bitsandbytes quantizes."""
    hidden, kv = shape.hidden, kv_width(shape)
    return 2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * shape.intermediate


def adapter_parameters(shape: ModelShape, rank: int) -> int:
    """LoRA on every linear layer, the most that a recipe can ask for."""
    hidden, kv, mlp = shape.hidden, kv_width(shape), shape.intermediate
    return shape.layers * rank * (2 * (hidden + hidden) + 2 * (hidden + kv) + 3 * (hidden + mlp))


def trained_parameters(recipe: StudentRecipe) -> int:
    """Those that have a gradient: all, or LoRA's adapter and the rows of the embeddings whose token is new."""
    shape = shape_of(recipe)
    if not recipe.trl.get("use_peft"):
        return num_parameters(shape)
    rows = len(recipe.distill.tokens) * shape.hidden * (1 if shape.tied else 2)
    return adapter_parameters(shape, int(str(recipe.trl.get("lora_r", DEFAULT_RANK)))) + rows


def kv_width(shape: ModelShape) -> int:
    """Numbers in one token's keys, or values, of one layer."""
    return shape.hidden // shape.heads * shape.kv_heads
