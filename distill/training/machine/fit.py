"""Will it fit, and how long will it take: arithmetic, without torch and without the model.

Memory of one GPU, in bytes, for P parameters of w bytes each (4 for float32 masters), sharded over N GPUs
(N = 1 without sharding), T = rows × max_length / sequence_parallel tokens on one GPU, L layers of P_l parameters,
hidden size H, key-value width K, MLP width I, vocabulary V:

    weights       w·P/N
    gradients     w·P/N
    optimizer     2·w·P/N                    AdamW's two moments (2·P/N for an 8-bit optimizer)
    gathered      8·P_l                      two layers in bfloat16 (this one, the next) and one's float32 gradient
                  or 2·P where N = 1         the bfloat16 copies that autocast keeps
    head          (2 + 2·w)·V·H              TRL gathers the LM head whole, in w bytes, and its gradient; embeddings
                  or 0 where N = 1
    checkpoints   2·T·H·L                    each layer's input; 0 on the GPU where they are offloaded
    layer         2·T·(14·H + 4·K + 6·I)     the layer that is recomputed, with its gradients, under flash attention
                  or times L                 without activation checkpointing
    loss          6·T·H                      hidden states, their masked copy and gradient; logits come in tiles
    reference     w·P/N                      the frozen reference of reinforcement learning, where it has one
    engine        a share of the card        what a colocated vLLM reserves; if it sleeps while the model trains, only
                                             what exceeds gathered + head + checkpoints + layer + loss, absent then
    reserve       4 GB                       CUDA context, NCCL buffers, workspaces

With LoRA the three w·P/N of gradients and optimizer fall on the adapter alone, r·(in + out) per linear layer.
Factors of 14, 4 and 6 count the tensors that a Llama layer saves; the reserve is an assumption. A card sold as 80 GB
holds 85·10⁹ bytes; the difference is left to fragmentation. An accelerate config of one's own is taken to shard. What
this does not know: fragmentation itself, uneven sharding, kernels that need large workspaces.

Time: (6·P + 6·L·H·l)·tokens floating-point operations, l being the mean row length: forward and backward through
weights and causal attention (Kaplan et al., arXiv 2001.08361; recomputation not counted), at an assumed model FLOPs
utilisation of 40 %, which public H100 runs of this kind reach (torchtitan: 33–39 % with 8B, NeMo AutoModel: 39 %).
"""

from typing import Literal, NamedTuple

from distill.errors import RecipeError
from distill.references import Record
from distill.training.machine.batch import steps
from distill.training.recipe import ModelShape, StudentRecipe

GB = 1e9
RESERVE = 4 * GB
UTILISATION = 0.4

GpuName = Literal["a100", "h100", "h200", "b200"]


class Gpu(NamedTuple):
    """A card, from its maker's data sheet."""

    memory_gb: int
    tflops: float
    """Dense bfloat16."""


GPUS: dict[GpuName, Gpu] = {
    "a100": Gpu(80, 312),
    "h100": Gpu(80, 989),
    "h200": Gpu(141, 989),
    "b200": Gpu(180, 2250),
}

GPUS_PER_NODE = 8
"""Those that one engine can span, and that one launch line starts on."""


class Workload(Record):
    """How much is trained in one epoch. The default is DeepSeek's set (arXiv 2501.12948 v2, Table 5)."""

    num_rows: int = 804_745
    num_tokens: int = 4_309_651_000


class Memory(NamedTuple):
    """Bytes on one GPU, by what they are for."""

    weights: float
    gradients: float
    optimizer: float
    gathered: float
    head: float
    checkpoints: float
    layer: float
    loss: float
    reference: float
    engine: float
    reserve: float

    @property
    def total(self) -> float:
        """Peak, taking all parts to be there at once."""
        return sum(self)


class Estimate(Record):
    """What a training needs on given hardware."""

    gpu: GpuName
    num_gpus: int
    num_parameters: int
    memory: Memory
    host_bytes: float
    """Offloaded checkpoints of one GPU, in the host's memory."""
    num_tokens: int
    """Over all epochs."""
    num_steps: int
    rows_per_step: int
    gpu_hours: float

    @property
    def capacity(self) -> float:
        """Bytes of one card."""
        return GPUS[self.gpu].memory_gb * GB

    @property
    def is_fitting(self) -> bool:
        """Whether the peak fits the card."""
        return self.memory.total <= self.capacity


def gpu_named(name: str) -> GpuName:
    """The card of this name. Raises RecipeError where it is not in the table."""
    for known in GPUS:
        if known == name.lower():
            return known
    raise RecipeError(f"There is no card {name!r} in the table; known are {', '.join(GPUS)}.")


def num_parameters(shape: ModelShape) -> int:
    """Parameters of a Llama- or Qwen2-like decoder."""
    embeddings = shape.vocab * shape.hidden * (1 if shape.tied else 2)
    return embeddings + shape.layers * layer_parameters(shape) + shape.hidden


def layer_parameters(shape: ModelShape) -> int:
    """Parameters of one decoder layer: attention, MLP, two norms."""
    attention = 2 * shape.hidden * shape.hidden + 2 * shape.hidden * _kv_width(shape)
    bias = shape.hidden + 2 * _kv_width(shape) if shape.qkv_bias else 0
    return attention + bias + 3 * shape.hidden * shape.intermediate + 2 * shape.hidden


def adapter_parameters(shape: ModelShape, rank: int) -> int:
    """Parameters of LoRA on every linear layer, the most that a recipe can ask for."""
    hidden, kv, mlp = shape.hidden, _kv_width(shape), shape.intermediate
    return shape.layers * rank * (2 * (hidden + hidden) + 2 * (hidden + kv) + 3 * (hidden + mlp))


def memory(recipe: StudentRecipe, num_gpus: int, gpu: GpuName = "h100") -> Memory:
    """Bytes on one of `num_gpus` cards; the formulas stand at the top of this module."""
    shape, block, trl = recipe.distill.shape, recipe.distill, recipe.trl
    width = 2 if trl.get("dtype") == "bfloat16" else 4
    shards = 1 if block.accelerate in {"cpu", "single"} else num_gpus
    parameters = num_parameters(shape)
    rank = trl.get("lora_r", 16)
    trained = adapter_parameters(shape, int(str(rank))) if trl.get("use_peft") else parameters
    tokens = recipe.rows_per_device * recipe.max_length / block.sequence_parallel
    saved = 2 * tokens * (14 * shape.hidden + 4 * _kv_width(shape) + 6 * shape.intermediate)
    is_checkpointing = trl.get("activation_checkpointing", True)
    head = (2 + 2 * width) * shape.vocab * shape.hidden
    training = Memory(
        weights=width * parameters / shards,
        gradients=width * trained / shards,
        optimizer=(2 if "8bit" in str(trl.get("optim")) else 2 * width) * trained / shards,
        gathered=8 * layer_parameters(shape) if shards > 1 else 2 * parameters,
        head=head if shards > 1 else 0,
        checkpoints=0 if is_offloading(recipe) or not is_checkpointing else _checkpoints(recipe),
        layer=saved if is_checkpointing else saved * shape.layers,
        loss=6 * tokens * shape.hidden,
        reference=width * parameters / shards if trl.get("beta") and not trl.get("use_peft") else 0,
        engine=0,
        reserve=RESERVE,
    )
    return training._replace(engine=_engine(recipe, training, GPUS[gpu].memory_gb * GB))


def is_offloading(recipe: StudentRecipe) -> bool:
    """Whether checkpointed activations wait in the host's memory."""
    arguments = recipe.trl.get("activation_checkpointing_kwargs")
    return isinstance(arguments, dict) and bool(arguments.get("offload"))


def estimate(recipe: StudentRecipe, num_gpus: int, gpu: GpuName = "h100", workload: Workload | None = None) -> Estimate:
    """Memory, steps and GPU-hours of a recipe on `num_gpus` cards."""
    load = workload or Workload()
    epochs = float(str(recipe.trl.get("num_train_epochs", 3)))
    plan = steps(recipe, num_gpus)
    rows = load.num_tokens / recipe.max_length if recipe.packing else load.num_rows
    shape, parameters = recipe.distill.shape, num_parameters(recipe.distill.shape)
    mean_length = load.num_tokens / load.num_rows
    flops = (6 * parameters + 6 * shape.layers * shape.hidden * mean_length) * load.num_tokens * epochs
    return Estimate(
        gpu=gpu,
        num_gpus=num_gpus,
        num_parameters=parameters,
        memory=memory(recipe, num_gpus, gpu),
        host_bytes=_checkpoints(recipe) if is_offloading(recipe) else 0,
        num_tokens=round(load.num_tokens * epochs),
        num_steps=round(rows * epochs / plan.rows),
        rows_per_step=plan.rows,
        gpu_hours=flops / (GPUS[gpu].tflops * 1e12 * UTILISATION) / 3600,
    )


def explain(found: Estimate) -> str:
    """The memory of one GPU, part by part, in the words of this module's docstring."""
    parts = "\n".join(f"  {name:<12}{size / GB:8.1f} GB" for name, size in found.memory._asdict().items() if size)
    return (
        f"Memory of one of {found.num_gpus} GPUs, {found.num_parameters / GB:.2f} B parameters:\n{parts}\n"
        f"  {'total':<12}{found.memory.total / GB:8.1f} GB of {found.capacity / GB:.0f} GB on one {found.gpu.upper()}"
    )


def refusal(recipe: StudentRecipe, found: Estimate) -> str:
    """Why a layout cannot be trained, with the arithmetic, and what would fit."""
    ways = []
    if (enough := smallest_fit(recipe, found.gpu)) is not None:
        ways.append(f"--gpus {enough}")
    if not is_offloading(recipe):
        ways.append("activation_checkpointing_kwargs='{offload: true}'")
    length = "max_completion_length" if "max_completion_length" in recipe.trl else "max_length"
    ways += [f"a smaller {length} (now {recipe.trl[length]})", "use_peft=true (LoRA)"]
    return (
        f"{recipe.name} does not fit {found.num_gpus} × {found.gpu.upper()}: it needs {found.memory.total / GB:.0f} GB "
        f"on each, which has {found.capacity / GB:.0f} GB. Use {', or '.join(ways)}.\n{explain(found)}"
    )


def smallest_fit(recipe: StudentRecipe, gpu: GpuName) -> int | None:
    """The smallest power of two of GPUs that fits; None where no number up to 1,024 does."""
    counts = (2**n for n in range(11))
    return next((n for n in counts if memory(recipe, n, gpu).total <= GPUS[gpu].memory_gb * GB), None)


def _engine(recipe: StudentRecipe, training: Memory, capacity: float) -> float:
    """What a vLLM on the same cards adds to the peak; 0.3 is TRL's default share."""
    if not recipe.trl.get("use_vllm") or recipe.trl.get("vllm_mode", "colocate") != "colocate":
        return 0
    engine = float(str(recipe.trl.get("vllm_gpu_memory_utilization", 0.3))) * capacity
    if not recipe.trl.get("vllm_enable_sleep_mode"):
        return engine
    absent = training.gathered + training.head + training.checkpoints + training.layer + training.loss
    return max(0, engine - absent)


def _checkpoints(recipe: StudentRecipe) -> float:
    shape = recipe.distill.shape
    tokens = recipe.rows_per_device * recipe.max_length / recipe.distill.sequence_parallel
    return 2 * tokens * shape.hidden * shape.layers


def _kv_width(shape: ModelShape) -> int:
    return shape.hidden // shape.heads * shape.kv_heads


def tensor_parallel(shape: ModelShape, share: float) -> int:
    """GPUs for one colocated engine: its bfloat16 weights take at most half of its `share` of an 80 GB card."""
    room = share * GPUS["h100"].memory_gb * GB
    weights = 2 * num_parameters(shape)
    return next((n for n in (1, 2, 4) if weights / n <= room / 2), GPUS_PER_NODE)
