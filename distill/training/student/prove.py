"""Prove that the prepared student, loaded the way the trainer loads it, is what the recipe asks for."""

from pathlib import Path

from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from distill.errors import RecipeError
from distill.training.recipe import StudentRecipe


def prove_student(folder: Path, recipe: StudentRecipe) -> None:
    """Refuse wrong RoPE, a context shorter than the rows, and an EOS on which tokenizer and model disagree.

    It asks transformers' own objects: a `rope_theta` that transformers 5 ignores looks right in the file alone.
    """
    config, rope = AutoConfig.from_pretrained(folder), recipe.distill.rope
    theta = config.rope_parameters["rope_theta"]
    if rope is not None and theta != rope.theta:
        raise RecipeError(
            f"The student would train with RoPE theta {theta:g}, but distill.rope.theta is {rope.theta:g}. Remove "
            f"{folder}, and prepare it again by running the same command."
        )
    if config.max_position_embeddings < recipe.max_length:
        raise RecipeError(
            f"The base reaches {config.max_position_embeddings} positions, but max_length is {recipe.max_length}. "
            f"Set distill.rope.theta and distill.rope.max_position_embeddings, or lower max_length."
        )
    ours = AutoTokenizer.from_pretrained(folder).eos_token_id
    for name, theirs in (
        ("config.json", config.eos_token_id),
        ("generation_config.json", GenerationConfig.from_pretrained(folder).eos_token_id),
    ):
        if ours != theirs:
            raise RecipeError(
                f"The tokenizer's EOS is token {ours}, but {name} of {folder} says {theirs}: the student would not "
                "stop. Remove the folder, and prepare it again by running the same command."
            )
