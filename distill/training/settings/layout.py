"""Settings that contradict each other, or that nothing here can honour; plain arithmetic, without torch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from distill.errors import RecipeError
from distill.training.settings.attention import KNOWN, is_flash, is_known, is_separating

if TYPE_CHECKING:
    from distill.training.recipe import StudentRecipe

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


def check_layout(recipe: "StudentRecipe") -> None:
    """Refuse settings that contradict each other."""
    for check in (_batch, _positions, _arguments, _attention, _sharing, _examination, _order, _log):
        if (reason := check(recipe)) is not None:
            raise RecipeError(f"{recipe.name}: {reason}")


def padding(recipe: "StudentRecipe") -> dict[str, JsonValue]:
    """What TRL needs where GPUs share a row: lengths that divide by their number (TRL's guide to long contexts)."""
    return {"pad_to_multiple_of": shared} if (shared := recipe.distill.sequence_parallel) > 1 else {}


def _batch(recipe: "StudentRecipe") -> str | None:
    if recipe.packing and recipe.distill.batch.unit == "examples":
        return (
            "a packed row holds an unknown number of examples, so `distill.batch.unit: examples` needs "
            "`packing: false`. Set packing=false, or distill.batch.unit=tokens distill.batch.size=342739 (64 examples "
            "of 5,355 tokens)."
        )
    return None


def _positions(recipe: "StudentRecipe") -> str | None:
    rope = recipe.distill.rope
    if rope is not None and rope.max_position_embeddings < recipe.max_length:
        return (
            f"rows of {recipe.max_length} tokens do not fit `distill.rope.max_position_embeddings: "
            f"{rope.max_position_embeddings}`. Raise it, or lower max_length."
        )
    return None


def _arguments(recipe: "StudentRecipe") -> str | None:
    given = recipe.trl.get("model_init_kwargs")
    for key in given if isinstance(given, Mapping) else ():
        if own := _ROPE if key.startswith("rope") else _OWN_ARGUMENTS.get(key):
            return f"`model_init_kwargs.{key}` is not read, or refused late. {own}."
    return None


def _attention(recipe: "StudentRecipe") -> str | None:
    name = recipe.trl.get("attn_implementation")
    if name is not None and not is_known(str(name)):
        return f"there is no `attn_implementation: {name}`. Known are {', '.join(KNOWN)}, and kernels as OWNER/NAME."
    if name is not None and recipe.packing and not is_separating(str(name)):
        return (
            f"under `attn_implementation: {name}` the documents of a packed sequence may see each other. Set "
            "packing=false, or attn_implementation=kernels-community/flash-attn3."
        )
    return None


def _sharing(recipe: "StudentRecipe") -> str | None:
    """Ulysses: each of n GPUs holds 1/n of a row, and 1/n of the heads while they attend."""
    block, shared = recipe.distill, recipe.distill.sequence_parallel
    heads, kv_heads, name = block.shape.heads, block.shape.kv_heads, str(recipe.trl.get("attn_implementation", "sdpa"))
    if heads % shared:
        return f"{heads} attention heads do not divide over {shared} GPUs."
    if kv_heads % shared and shared % kv_heads:  # DeepSpeed repeats them where GPUs are a multiple
        return f"{kv_heads} key-value heads do not divide over {shared} GPUs, nor {shared} by them."
    if (shared > 1) != (block.accelerate == "sp"):
        return "`distill.sequence_parallel` above 1 and `distill.accelerate: sp` need each other."
    if shared > 1 and name != "sdpa" and not is_flash(name):
        return f"GPUs cannot share a row under `attn_implementation: {name}`. Leave it out, or set a flash kernel."
    if shared > 1 and recipe.packing and not is_flash(name):
        return (
            f"GPUs that share a packed row need a flash kernel, since `{name}` would have its documents see each "
            "other. Set attn_implementation=kernels-community/flash-attn3, or packing=false."
        )
    length = recipe.trl.get("pad_to_multiple_of", shared)
    if shared > 1 and (not isinstance(length, int) or length % shared):
        return f"{shared} GPUs share a row, so `pad_to_multiple_of` must be a multiple of {shared}. Leave it out."
    return None


def _examination(recipe: "StudentRecipe") -> str | None:
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
    if held_out.patience and not trl.get("load_best_model_at_end"):
        return "`distill.held_out.patience` ends the training at the best model. Set load_best_model_at_end=true."
    return _best(recipe, has_rows, bool(held_out.prompts))


def _best(recipe: "StudentRecipe", has_rows: bool, has_prompts: bool) -> str | None:
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


def _order(recipe: "StudentRecipe") -> str | None:
    order = recipe.trl.get("train_sampling_strategy", "sequential")
    if recipe.distill.curriculum and (order != "sequential" or recipe.trl.get("shuffle_dataset")):
        return "`distill.curriculum` orders the rows. Leave out `train_sampling_strategy` and `shuffle_dataset`."
    return None


def _log(recipe: "StudentRecipe") -> str | None:
    if recipe.trl.get("logging_strategy") == "no":
        return "the model's card needs the losses. Leave out `logging_strategy`; report_to=none turns trackers off."
    return None
