"""The rows that the check trains on: made up, all of one length, so that memory is what the longest row takes."""

import json
from itertools import islice
from pathlib import Path

from distill.training.recipe import StudentRecipe
from distill.training.student import student

TEXT = "so we need the value of x with f(x) = 3x + 7 , and we check 2^10 mod 13 once more , wait , that is wrong . "
MARGIN = 64
"""Tokens left for the template."""


def write_rows(path: Path, recipe: StudentRecipe, num_rows: int) -> None:
    """Rows that are just shorter than `max_length`, for the recipe's tokenizer."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(student.prepare(recipe.distill).folder)
    room = recipe.max_length - MARGIN
    tokens = tokenizer.encode(TEXT * (room // len(TEXT.split()) + 1), add_special_tokens=False)
    reasoning = str(tokenizer.decode(tokens[:room])).strip()
    while len(tokenizer.encode(reasoning, add_special_tokens=False)) > room:  # cutting may have split a token anew
        reasoning = reasoning.rpartition(" ")[0]
    with path.open("w", encoding="utf-8") as file:
        for number in range(num_rows):
            row = {
                "prompt": [{"role": "user", "content": f"Question {number}?"}],
                "completion": [{"role": "assistant", "content": f"<think>\n{reasoning}\n</think>\n\n{number}"}],
                "domain": "math",
            }
            file.write(f"{json.dumps(row)}\n")


def write_prompts(source: Path, path: Path, num_prompts: int) -> None:
    """The first prompts of a file."""
    with source.open(encoding="utf-8") as lines:
        path.write_text("".join(islice(lines, num_prompts)), encoding="utf-8")
