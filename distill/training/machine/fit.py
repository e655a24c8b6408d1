"""Will it fit, and how long will it take: an estimate, how it is said, and what to do where it does not fit.

Memory is `distill.training.machine.memory`. Time: (6·P + 6·L·H·l)·tokens floating-point operations for P parameters, l
being the mean row length: forward and backward through weights and causal attention (Kaplan et al., arXiv 2001.08361;
recomputation not counted); 4·P with LoRA, whose base has no gradient. They are taken to run at a model FLOPs
utilisation of 40 %, which public H100 runs of this kind reach (torchtitan: 33–39 % with 8B, NeMo AutoModel: 39 %).
Nobody has measured either on a GPU with this project; a `Calibration` puts measured factors in their place.
"""

import shlex
from collections.abc import Iterator

from distill.recipe.loading import Tree, set_key
from distill.references import Record
from distill.training.machine.batch import steps
from distill.training.machine.calibration import Calibration
from distill.training.machine.gpus import GB, GPUS, GpuName
from distill.training.machine.memory import (
    GROUNDS,
    Memory,
    checkpoints,
    has_dense_mask,
    is_offloading,
    memory,
    quantized_bits,
)
from distill.training.machine.parameters import num_parameters, shape_of
from distill.training.recipe import ModelShape, StudentRecipe

UTILISATION = 0.4
GPUS_PER_NODE = 8
"""Those that one engine can span."""


class Workload(Record):
    """How much is trained in one epoch. The default is DeepSeek's set (arXiv 2501.12948 v2, Table 5)."""

    num_rows: int = 804_745
    num_tokens: int = 4_309_651_000


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
    measured_on: str | None = None
    """The machine and day of the calibration; None where nothing was measured."""
    notes: tuple[str, ...] = ()
    """Sentences about what the settings cost."""

    @property
    def capacity(self) -> float:
        """Bytes of one card."""
        return GPUS[self.gpu].memory_gb * GB

    @property
    def is_fitting(self) -> bool:
        """Whether the peak fits the card."""
        return self.memory.total <= self.capacity


def estimate(
    recipe: StudentRecipe,
    num_gpus: int,
    gpu: GpuName = "h100",
    workload: Workload | None = None,
    calibration: Calibration | None = None,
) -> Estimate:
    """Memory, steps and GPU-hours of a recipe on `num_gpus` cards."""
    load = workload or Workload()
    figures = calibration.figures(recipe) if calibration else None
    epochs = float(str(recipe.trl.get("num_train_epochs", 3)))
    plan = steps(recipe, num_gpus)
    rows = load.num_tokens / recipe.max_length if recipe.packing else load.num_rows
    flops = flops_per_token(recipe, load.num_tokens / load.num_rows) * load.num_tokens * epochs
    utilisation = figures.utilisation if figures else UTILISATION
    return Estimate(
        gpu=gpu,
        num_gpus=num_gpus,
        num_parameters=num_parameters(shape_of(recipe)),
        memory=memory(recipe, num_gpus, gpu, figures.memory_factor if figures else 1.0),
        host_bytes=checkpoints(recipe) if is_offloading(recipe) else 0,
        num_tokens=round(load.num_tokens * epochs),
        num_steps=round(rows * epochs / plan.rows),
        rows_per_step=plan.rows,
        gpu_hours=flops / (GPUS[gpu].tflops * 1e12 * utilisation) / 3600,
        measured_on=measured_on(recipe, calibration),
        notes=tuple(notes(recipe)),
    )


def flops_per_token(recipe: StudentRecipe, mean_length: float) -> float:
    """Floating-point operations to train one token; the formula stands at the top of this module."""
    shape = shape_of(recipe)
    weights = (4 if recipe.trl.get("use_peft") else 6) * num_parameters(shape)
    return weights + 6 * shape.layers * shape.hidden * mean_length


def measured_on(recipe: StudentRecipe, calibration: Calibration | None) -> str | None:
    """The machine and day of a calibration that knows the recipe's layout."""
    known = calibration is not None and calibration.figures(recipe) is not None
    return f"{calibration.hardware}, {calibration.date}" if calibration and known else None


def notes(recipe: StudentRecipe) -> Iterator[str]:
    """What the settings cost, where others cost less."""
    if has_dense_mask(recipe) and (mask := recipe.rows_per_device * recipe.max_length**2) > GB / 4:
        rows = "packed" if recipe.packing else "padded"
        yield (
            f"Attention of {rows} rows under sdpa needs a mask of {mask / GB:.1f} GB, and twice that again in each "
            "layer. Flash attention needs none: attn_implementation=kernels-community/flash-attn3 (H100 and later) or "
            "kernels-community/flash-attn2, and pip install kernels."
        )


def explain(found: Estimate) -> str:
    """The memory of one GPU, term by term, each with what it rests on."""
    grounds = GROUNDS if found.measured_on is None else {**dict.fromkeys(GROUNDS, "measured"), "reserve": "assumed"}
    parts = "\n".join(
        f"  {name:<12}{size / GB:8.1f} GB  {grounds[name]}" for name, size in found.memory._asdict().items() if size
    )
    basis = (
        "No term was measured on a GPU; scripts/gpu-check measures, and --calibrate FILE takes its figures."
        if found.measured_on is None
        else f"Terms are scaled by what scripts/gpu-check measured on {found.measured_on}."
    )
    total = f"  {'total':<12}{found.memory.total / GB:8.1f} GB of {found.capacity / GB:.0f} GB"
    return "\n".join(
        [
            f"Memory of one of {found.num_gpus} GPUs, {found.num_parameters / GB:.2f} B parameters:",
            parts,
            f"{total} on one {found.gpu.upper()}",
            basis,
            *found.notes,
        ]
    )


def refusal(recipe: StudentRecipe, found: Estimate) -> str:
    """Why a layout cannot be trained, with the arithmetic, and what would fit."""
    found_ways = ", or ".join(ways(recipe, found.gpu, found.num_gpus))
    return (
        f"{recipe.name} does not fit {found.num_gpus} × {found.gpu.upper()}: it needs {found.memory.total / GB:.0f} GB "
        f"on each, which has {found.capacity / GB:.0f} GB. Use {found_ways}.\n"
        f"{explain(found)}"
    )


def ways(recipe: StudentRecipe, gpu: GpuName, num_gpus: int) -> Iterator[str]:
    """What would fit, and what the recipe would not be refused for; a smaller length may."""
    if (enough := smallest_fit(recipe, gpu)) is not None:
        yield f"--gpus {enough}"
    enough_changes: list[list[str]] = []
    for change in _changes(recipe):
        is_needed = not any(set(less) <= set(change) for less in enough_changes)
        if is_needed and memory(_changed(recipe, change), num_gpus, gpu).total <= GPUS[gpu].memory_gb * GB:
            enough_changes.append(change)
            yield shlex.join(change)
    length = "max_completion_length" if "max_completion_length" in recipe.trl else "max_length"
    yield f"a smaller {length} (now {recipe.trl[length]})"


def _changes(recipe: StudentRecipe) -> Iterator[list[str]]:
    """Overrides that save memory, the smallest change first."""
    offload = [] if is_offloading(recipe) else ["activation_checkpointing_kwargs={offload: true}"]
    if offload:
        yield offload
    if has_dense_mask(recipe):
        yield ["attn_implementation=kernels-community/flash-attn2"]
    if recipe.trl.get("sync_ref_model"):  # TRL's moving reference and adapters exclude each other
        return
    lora = [] if recipe.trl.get("use_peft") else ["use_peft=true"]
    if lora:
        yield lora
    if quantized_bits(recipe) is None:
        qlora = [*lora, "load_in_4bit=true", "distill.accelerate=single"]
        yield qlora
        yield [*qlora, *offload]


def _changed(recipe: StudentRecipe, overrides: list[str]) -> StudentRecipe:
    tree: Tree = {"distill": {"accelerate": recipe.distill.accelerate}, **recipe.trl}
    for override in overrides:
        set_key(tree, override)
    block = tree.pop("distill")
    assert isinstance(block, dict)
    return recipe.model_copy(update={"trl": tree, "distill": recipe.distill.model_copy(update=block)})


def smallest_fit(recipe: StudentRecipe, gpu: GpuName) -> int | None:
    """The smallest power of two of GPUs that fits; None where no number up to 1,024 does."""
    counts = (2**n for n in range(11))
    return next((n for n in counts if memory(recipe, n, gpu).total <= GPUS[gpu].memory_gb * GB), None)


def tensor_parallel(shape: ModelShape, share: float) -> int:
    """GPUs for one colocated engine: its bfloat16 weights take at most half of its `share` of an 80 GB card."""
    room = share * GPUS["h100"].memory_gb * GB
    weights = 2 * num_parameters(shape)
    return next((n for n in (1, 2, 4) if weights / n <= room / 2), GPUS_PER_NODE)
