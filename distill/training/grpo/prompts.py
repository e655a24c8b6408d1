"""Prompt rows ─▶ what the worker samples: prompts that fit, and that something can check."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from distill.errors import InputError
from distill.files import write_whole
from distill.prompts.normalise import SetAside
from distill.prompts.reader import read_source
from distill.reasoning import OPEN
from distill.recipe.sections import VerifySection
from distill.records import Prompt
from distill.references import VerifierName
from distill.rows.parse import Row, stated_rate
from distill.training.grpo.recipe import GrpoRecipe

FILE = "prompts.jsonl"
Turns = list[dict[str, str]]


class PreparedPrompts(NamedTuple):
    """The prompts of a training in its order, and what became of the others."""

    prompts: tuple[Prompt, ...]
    num_unreadable: int
    """Rows that are no prompt rows, or that no verifier could decide on."""
    num_repeated: int
    """Rows with the id of an earlier one: the same question, unless rows state ids of their own."""
    num_overlong: int
    """Above `distill.max_prompt_tokens`."""
    num_unverifiable: int
    """Without a reference, where there is no judge either: no answer to them could be rewarded."""
    num_unrated: int
    """Prompts without a pass rate, which a curriculum has last; 0 without one."""
    first_mistake: str | None
    """File and row of the first unreadable row, and what is wrong with it."""
    is_prefilled: bool
    """Whether the student's template ends a prompt in `<think>`."""
    digest: str
    """Of the prompts and their order."""

    @property
    def verifiers(self) -> tuple[VerifierName, ...]:
        """What decides on the answers."""
        return tuple(sorted({prompt.verifier for prompt in self.prompts}))

    @property
    def num_set_aside(self) -> int:
        """Rows that are not trained on."""
        return self.num_unreadable + self.num_repeated + self.num_overlong + self.num_unverifiable


class RatedPrompt(NamedTuple):
    """A prompt, and how often it was solved before."""

    prompt: Prompt
    pass_rate: float | None


def prepare(source: str | Path, student: Path, recipe: GrpoRecipe, verify: VerifySection) -> PreparedPrompts:
    """Read every row of `source`, and keep the prompts that can be trained on.

    A source is what `distill prompts` takes: a file of prompt rows, a preset, or a Hub dataset as
    `org/name[:CONFIG][@SPLIT]`. Raises InputError where fewer prompts are left than one rollout asks, or where a
    curriculum has no pass rate to go by, and HubError where the Hub cannot be read.
    """
    tokenizer = AutoTokenizer.from_pretrained(student)
    kept, fates, first = dict[str, RatedPrompt](), Counter[str](), None
    for found in _read(str(source), needs_rate=recipe.distill.curriculum is not None):
        if isinstance(found, str):
            fates["unreadable"] += 1
            first = first or found
        elif fate := _fate(found.prompt, kept, tokenizer, recipe, verify):
            fates[fate] += 1
        else:
            kept[found.prompt.id] = found
    _refuse_few(source, recipe, len(kept), fates, first)
    prompts = tuple(_ordered(list(kept.values()), recipe, source))
    return PreparedPrompts(
        prompts=prompts,
        num_unreadable=fates["unreadable"],
        num_repeated=fates["repeated"],
        num_overlong=fates["overlong"],
        num_unverifiable=fates["unverifiable"],
        num_unrated=sum(one.pass_rate is None for one in kept.values()) if recipe.distill.curriculum else 0,
        first_mistake=first,
        is_prefilled=is_prefilled(student),
        digest=hashlib.sha256(b"".join(map(_line, prompts))).hexdigest()[:16],
    )


def is_prefilled(student: Path) -> bool:
    """Whether a student's template ends every prompt in `<think>`, so that completions begin inside the reasoning."""
    return rendered([{"role": "user", "content": "?"}], AutoTokenizer.from_pretrained(student)).rstrip().endswith(OPEN)


def rendered(conversation: Turns, tokenizer: PreTrainedTokenizerBase) -> str:
    """A prompt as the student reads it."""
    return str(tokenizer.apply_chat_template(conversation, add_generation_prompt=True, tokenize=False))


def first_document(found: PreparedPrompts, student: Path) -> str:
    """The first prompt, as the student reads it."""
    return rendered(turns(found.prompts[0]), AutoTokenizer.from_pretrained(student))


def _read(name: str, *, needs_rate: bool) -> Iterator[RatedPrompt | str]:
    """Each row's prompt, or where it stands and what is wrong with it."""
    for where, row, made in read_source(name):
        try:
            if isinstance(made, InputError):
                raise made
            if isinstance(made, SetAside):
                raise InputError(f"{made.reason} ({made.detail})")
            yield RatedPrompt(made, _pass_rate(row) if needs_rate else None)
        except InputError as error:
            yield f"{where}: {error}"


def _pass_rate(row: Row) -> float | None:
    rate = stated_rate(row)
    if rate is None:
        return None
    if not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise InputError(f"`pass_rate` should be a share between 0 and 1, but is {rate!r:.60}")
    return float(rate)


def _fate(
    prompt: Prompt,
    kept: Mapping[str, object],
    tokenizer: PreTrainedTokenizerBase,
    recipe: GrpoRecipe,
    verify: VerifySection,
) -> str | None:
    """Why a prompt cannot be trained on, in one word; None where it can."""
    if prompt.id in kept:
        return "repeated"
    if len(tokenizer.tokenize(rendered(turns(prompt), tokenizer))) > recipe.distill.max_prompt_tokens:
        return "overlong"
    return "unverifiable" if prompt.verifier == "judge" and verify.judge is None else None


def _ordered(found: Sequence[RatedPrompt], recipe: GrpoRecipe, source: str | Path) -> list[Prompt]:
    """The prompts in the order of the recipe's curriculum, those without a pass rate last; in a file's without one."""
    curriculum = recipe.distill.curriculum
    if curriculum is None:
        return [one.prompt for one in found]
    rated = [(one.pass_rate, one.prompt) for one in found if one.pass_rate is not None]
    if not rated:
        raise InputError(
            f"distill.curriculum={curriculum} orders prompts by `pass_rate`, a column that no row of {source} has. Add "
            "it, as the dataset that `distill select` wrote has it, or leave the curriculum out."
        )
    rated.sort(key=lambda one: one[0], reverse=curriculum == "easy_first")
    return [prompt for _, prompt in rated] + [one.prompt for one in found if one.pass_rate is None]


def _refuse_few(
    source: str | Path, recipe: GrpoRecipe, num_kept: int, fates: Mapping[str, int], first: str | None
) -> None:
    """Raises InputError where a rollout asks for more prompts than there are."""
    needed = recipe.rollout // recipe.group_size
    if num_kept < needed:
        others = ", ".join(f"{number} {kind}" for kind, number in sorted(fates.items())) or "there are no others"
        mistake = (
            f" The first unreadable row is {first}. `distill prompts` makes prompt rows of others." if first else ""
        )
        raise InputError(
            f"A rollout of {recipe.rollout} completions asks {needed} prompts {recipe.group_size} times, but of "
            f"{source} {num_kept} can be trained on ({others}). Bring more, or lower generation_batch_size and "
            f"distill.batch.size.{mistake}"
        )


def turns(prompt: Prompt) -> Turns:
    """A prompt as chat templates take it."""
    return [message.model_dump() for message in prompt.messages]


def write_prompts(prompts: Sequence[Prompt], work: Path) -> None:
    """Leave the prompts where the worker finds them."""
    write_whole(work / FILE, b"".join(map(_line, prompts)).decode())


def _line(prompt: Prompt) -> bytes:
    return orjson.dumps(prompt.model_dump(mode="json")) + b"\n"


def read_written(work: Path) -> list[dict[str, object]]:
    """The prompts as rows of TRL's dataset: the conversation, and the whole prompt as JSON for the rewards.

    JSON, since columns of several shapes of references would be merged into one shape.
    """
    with (work / FILE).open(encoding="utf-8") as lines:
        prompts = [Prompt.model_validate_json(line) for line in lines]
    return [{"prompt": turns(prompt), "row": prompt.model_dump_json()} for prompt in prompts]
