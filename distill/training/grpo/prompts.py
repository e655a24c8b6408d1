"""Prompt rows ─▶ what the worker samples: prompts that fit, and that something can check."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import orjson
from transformers import AutoTokenizer

from distill.errors import InputError
from distill.files import write_whole
from distill.reasoning import OPEN
from distill.recipe.sections import VerifySection
from distill.records import Prompt
from distill.references import VerifierName
from distill.rows.parse import parse_prompt
from distill.rows.read import file_digest, read_rows
from distill.training.grpo.recipe import GrpoRecipe

FILE = "prompts.jsonl"


class PreparedPrompts(NamedTuple):
    """The prompts of a training, and what became of the others."""

    prompts: tuple[Prompt, ...]
    num_unreadable: int
    """Rows that are no prompt rows."""
    num_overlong: int
    """Above `distill.max_prompt_tokens`."""
    num_unverifiable: int
    """Without a reference, where there is no judge either: no answer to them could be rewarded."""
    first_mistake: str | None
    """File and row of the first unreadable row, and what is wrong with it."""
    is_prefilled: bool
    """Whether the student's template ends a prompt in `<think>`."""
    digest: str
    """Of the file."""

    @property
    def verifiers(self) -> tuple[VerifierName, ...]:
        """What decides on the answers."""
        return tuple(sorted({prompt.verifier for prompt in self.prompts}))


def prepare(file: Path, student: Path, recipe: GrpoRecipe, verify: VerifySection) -> PreparedPrompts:
    """Read every row of `file`, and keep the prompts that can be trained on.

    Raises InputError where fewer are left than one rollout asks.
    """
    tokenizer = AutoTokenizer.from_pretrained(student)
    kept, counts, first = list[Prompt](), {"unreadable": 0, "overlong": 0, "unverifiable": 0}, None
    text = ""
    for row, where in read_rows(file):
        try:
            if isinstance(row, InputError):
                raise row
            prompt = parse_prompt(row)
        except InputError as error:
            counts["unreadable"] += 1
            first = first or f"{where}: {error}"
            continue
        text = str(tokenizer.apply_chat_template(turns(prompt), add_generation_prompt=True, tokenize=False))
        if len(tokenizer(text, add_special_tokens=False)["input_ids"]) > recipe.distill.max_prompt_tokens:
            counts["overlong"] += 1
        elif prompt.verifier == "judge" and verify.judge is None:
            counts["unverifiable"] += 1
        else:
            kept.append(prompt)
    _refuse_few(file, recipe, len(kept), counts)
    return PreparedPrompts(
        prompts=tuple(kept),
        num_unreadable=counts["unreadable"],
        num_overlong=counts["overlong"],
        num_unverifiable=counts["unverifiable"],
        first_mistake=first,
        is_prefilled=text.rstrip().endswith(OPEN),
        digest=file_digest(file)[:16],
    )


def _refuse_few(file: Path, recipe: GrpoRecipe, num_kept: int, counts: Mapping[str, int]) -> None:
    """Raises InputError where a rollout asks for more prompts than there are."""
    needed = recipe.rollout // recipe.group_size
    if num_kept < needed:
        others = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        raise InputError(
            f"A rollout of {recipe.rollout} completions asks {needed} prompts {recipe.group_size} times, but of {file} "
            f"{num_kept} can be trained on ({others}). Bring more, or lower generation_batch_size and "
            "distill.batch.size."
        )


def turns(prompt: Prompt) -> list[dict[str, str]]:
    """A prompt as chat templates take it."""
    return [message.model_dump() for message in prompt.messages]


def write_prompts(prompts: tuple[Prompt, ...], work: Path) -> None:
    """Leave the prompts where the worker finds them."""
    lines = (orjson.dumps(prompt.model_dump(mode="json")).decode() + "\n" for prompt in prompts)
    write_whole(work / FILE, "".join(lines))


def read_written(work: Path) -> list[dict[str, object]]:
    """The prompts as rows of TRL's dataset: the conversation, and the whole prompt as JSON for the rewards.

    JSON, since columns of several shapes of references would be merged into one shape.
    """
    with (work / FILE).open(encoding="utf-8") as lines:
        prompts = [Prompt.model_validate_json(line) for line in lines]
    return [{"prompt": turns(prompt), "row": prompt.model_dump_json()} for prompt in prompts]
