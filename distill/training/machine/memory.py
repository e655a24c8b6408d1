"""The memory of one GPU, in bytes, by arithmetic: without torch and without the model.

P parameters of w bytes each (4 for float32 masters), Q of them trained, sharded over N GPUs (N = 1 without sharding);
T = rows × max_length / sequence_parallel tokens on one GPU; L layers of P_l parameters, of which M are kept for the
backward pass (1 with activation checkpointing, else L); hidden size H, key-value width K, MLP width I, A heads,
vocabulary V; a bytes for a number that goes from layer to layer (4 where autocast runs float32 masters on one GPU; 2
where FSDP2 gathers them in bfloat16 or the weights are bfloat16).

    weights       w·P/N                      quantized: (0.5 + 4/64) bytes for each number of the layers' matrices in
                                             4 bit, (0.5 + 1/64) with nested constants, 1 in 8 bit; not sharded
    gradients     w·Q/N                      counted
    optimizer     2·w·Q/N                    counted; AdamW's two moments, 2·Q/N in 8 bit
    gathered      8·P_l                      sharded: two layers in bfloat16, this one and the next, and one's gradient
                  or 2·P                     one GPU: the bfloat16 copies that autocast keeps of trained float32 weights
                  or 2·P_l·M                 one GPU, frozen: those of the layers at work; 2·H·I where quantized
    head          (2 + 2·w)·V·H              sharded: embeddings and LM head gathered whole, and the head's gradient
                  or 4·V·H                   one GPU: TRL sums the head's gradient in float32, beside what is there
                  or w·V·H                   LoRA with new tokens: a copy of the matrix with their rows put in, for each
                                             matrix (peft's trainable tokens); else 0
    checkpoints   a·T·H·L                    each layer's input; 0 where they wait in the host's memory
    layer         T·((10 + 5·a)·H + 4·K + 8·I)·M + 4·T·I    what a layer saves; two gradients of its MLP
    attention     rows·l²·(1 + 2·M)          under sdpa, where rows are packed or padded: a mask of l² = max_length²
                  + 4·T·(H − K)·M            bytes, in each layer again in bfloat16; keys and values are repeated, too
                  or 6·A·rows·l²·M           attention weights, under eager; 0 under flash attention
    loss          (2·a + 4)·T·H + 2·4,096·32,768    hidden states, those with a loss, their gradient; a tile of logits
    reference     w·P/N                      the frozen reference of reinforcement learning, where it has one
    engine        a share of the card        what a colocated vLLM reserves; if it sleeps while the model trains, only
                                             what exceeds gathered + head + checkpoints + layer + attention + loss
    reserve       4 GB                       CUDA context, NCCL buffers, workspaces

`GROUNDS` says what each of these rests on. Counted means: the tests compare it with real tensors on a CPU. Summed as
if all were there at once, they are 1 to 16 % above the peak that torch's MemTracker counts in whole steps of small
models on one GPU (the tests), and 12 to 30 % above it with FSDP2 over eight, of models whose head is large. A card sold
as 80 GB holds 85·10⁹ bytes; the difference is left to fragmentation. An accelerate config of one's own is taken to
shard. LoRA saves what full training saves, to a tenth. Not known here: fragmentation, uneven sharding, large workspaces
of kernels.
"""

from typing import NamedTuple

from distill.training.machine.gpus import GB, GPUS, GpuName
from distill.training.machine.parameters import (
    embedding_parameters,
    kv_width,
    layer_parameters,
    linear_parameters,
    num_parameters,
    shape_of,
    trained_parameters,
)
from distill.training.recipe import StudentRecipe

RESERVE = 4 * GB
TILE = 2 * 4096 * 32768
"""Bytes of the tile of logits that TRL 1.16 computes at a time."""
GROUNDS = {
    "weights": "counted",
    "gradients": "counted",
    "optimizer": "counted",
    "gathered": "read in torch's source",
    "head": "read in TRL's source",
    "checkpoints": "counted",
    "layer": "counted",
    "attention": "counted",
    "loss": "read in TRL's source",
    "reference": "counted",
    "engine": "vLLM's setting",
    "reserve": "assumed",
}
"""What each term rests on, while nobody has measured one on a GPU."""


class Memory(NamedTuple):
    """Bytes on one GPU, by what they are for."""

    weights: float
    gradients: float
    optimizer: float
    gathered: float
    head: float
    checkpoints: float
    layer: float
    attention: float
    loss: float
    reference: float
    engine: float
    reserve: float

    @property
    def total(self) -> float:
        """Peak, taking all parts to be there at once."""
        return sum(self)

    @property
    def computed(self) -> float:
        """What the training itself allocates: all but reserve and engine."""
        return self.total - self.engine - self.reserve


def memory(recipe: StudentRecipe, num_gpus: int, gpu: GpuName = "h100", factor: float = 1.0) -> Memory:
    """Bytes on one of `num_gpus` cards; `factor` is what a measurement had for each byte that these formulas have."""
    shape, trl = shape_of(recipe), recipe.trl
    width, shards = _width(recipe), num_gpus if is_sharded(recipe) else 1
    trained = trained_parameters(recipe)
    tokens = _tokens(recipe)
    has_reference = bool(trl.get("beta")) and not trl.get("use_peft")
    training = Memory(
        weights=_weights(recipe, shards),
        gradients=width * trained / shards,
        optimizer=(2 if "8bit" in str(trl.get("optim")) else 2 * width) * trained / shards,
        gathered=_gathered(recipe),
        head=_head(recipe),
        checkpoints=0 if is_offloading(recipe) or not is_checkpointing(recipe) else checkpoints(recipe),
        layer=_layer(recipe),
        attention=_attention(recipe),
        loss=(2 * _passed(recipe) + 4) * tokens * shape.hidden + TILE,
        reference=width * num_parameters(shape) / shards if has_reference else 0,
        engine=0,
        reserve=0,
    )
    scaled = Memory(*(factor * size for size in training))._replace(reserve=RESERVE)
    return scaled._replace(engine=_engine(recipe, scaled, GPUS[gpu].memory_gb * GB))


def is_sharded(recipe: StudentRecipe) -> bool:
    """Whether each GPU holds a part of the weights."""
    return recipe.distill.accelerate not in {"cpu", "single"} and not quantized_bits(recipe)


def quantized_bits(recipe: StudentRecipe) -> int | None:
    """4 or 8 where bitsandbytes loads the base so, else None."""
    return next((bits for bits in (4, 8) if recipe.trl.get(f"load_in_{bits}bit")), None)


def is_checkpointing(recipe: StudentRecipe) -> bool:
    """Whether a layer's activations are computed again for its backward pass."""
    return bool(recipe.trl.get("activation_checkpointing", True))


def is_offloading(recipe: StudentRecipe) -> bool:
    """Whether checkpointed activations wait in the host's memory."""
    arguments = recipe.trl.get("activation_checkpointing_kwargs")
    return isinstance(arguments, dict) and bool(arguments.get("offload"))


def has_dense_mask(recipe: StudentRecipe) -> bool:
    """Whether sdpa, the default, is given a mask of max_length²: packed rows and padded ones need one."""
    attention = str(recipe.trl.get("attn_implementation") or "sdpa")
    return attention == "sdpa" and (recipe.packing or recipe.rows_per_device > 1)


def checkpoints(recipe: StudentRecipe) -> float:
    """Each layer's input, wherever it waits."""
    shape = shape_of(recipe)
    return _passed(recipe) * _tokens(recipe) * shape.hidden * shape.layers


def _tokens(recipe: StudentRecipe) -> float:
    return recipe.rows_per_device * recipe.max_length / recipe.distill.sequence_parallel


def _width(recipe: StudentRecipe) -> int:
    return 2 if recipe.trl.get("dtype") == "bfloat16" else 4


def _passed(recipe: StudentRecipe) -> int:
    """Bytes of a number that goes from layer to layer."""
    return 2 if is_sharded(recipe) else _width(recipe)


def _kept(recipe: StudentRecipe) -> int:
    """Layers whose activations are there at once."""
    return 1 if is_checkpointing(recipe) else recipe.distill.shape.layers


def _weights(recipe: StudentRecipe, shards: int) -> float:
    shape, width = shape_of(recipe), _width(recipe)
    if (bits := quantized_bits(recipe)) is None:
        return width * num_parameters(shape) / shards
    constants = {4: 1 / 64 if recipe.trl.get("use_bnb_nested_quant") else 4 / 64, 8: 0.0}[bits]
    matrices = shape.layers * linear_parameters(shape)
    return (bits / 8 + constants) * matrices + width * (num_parameters(shape) - matrices)


def _gathered(recipe: StudentRecipe) -> float:
    shape = shape_of(recipe)
    if is_sharded(recipe):
        return 8 * layer_parameters(shape)
    if quantized_bits(recipe):
        return 2 * shape.hidden * shape.intermediate
    if _width(recipe) == 2:
        return 0
    return 2 * layer_parameters(shape) * _kept(recipe) if recipe.trl.get("use_peft") else 2 * num_parameters(shape)


def _head(recipe: StudentRecipe) -> float:
    shape, width = shape_of(recipe), _width(recipe)
    if is_sharded(recipe):
        return (2 + 2 * width) * shape.vocab * shape.hidden
    if recipe.trl.get("use_peft"):
        return width * embedding_parameters(shape) if recipe.distill.tokens else 0
    return 4 * shape.vocab * shape.hidden


def _layer(recipe: StudentRecipe) -> float:
    shape = shape_of(recipe)
    saved = (10 + 5 * _passed(recipe)) * shape.hidden + 4 * kv_width(shape) + 8 * shape.intermediate
    return _tokens(recipe) * (saved * _kept(recipe) + 4 * shape.intermediate)


def _attention(recipe: StudentRecipe) -> float:
    shape, kept = shape_of(recipe), _kept(recipe)
    pairs = recipe.rows_per_device * recipe.max_length**2
    repeated = 4 * _tokens(recipe) * (shape.hidden - kv_width(shape)) * kept
    if recipe.trl.get("attn_implementation") == "eager":
        return 6 * shape.heads * pairs * kept + repeated
    return pairs * (1 + 2 * kept) + repeated if has_dense_mask(recipe) else 0


def _engine(recipe: StudentRecipe, training: Memory, capacity: float) -> float:
    """What a vLLM on the same cards adds to the peak; 0.3 is TRL's default share."""
    if not recipe.trl.get("use_vllm") or recipe.trl.get("vllm_mode", "colocate") != "colocate":
        return 0
    engine = float(str(recipe.trl.get("vllm_gpu_memory_utilization", 0.3))) * capacity
    if not recipe.trl.get("vllm_enable_sleep_mode"):
        return engine
    absent = (training.gathered, training.head, training.checkpoints, training.layer, training.attention, training.loss)
    return max(0, engine - sum(absent))
