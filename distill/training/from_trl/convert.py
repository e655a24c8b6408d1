"""A TRL YAML ─▶ a recipe that loads, its template, what was assumed, and what comes next."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.errors import RecipeError
from distill.recipe.loading import Tree, set_key
from distill.training.from_trl.block import (
    GRPO_DEFAULTS,
    base_lines,
    is_on_cpu,
    machine_lines,
    number,
)
from distill.training.from_trl.evaluation import evaluation
from distill.training.from_trl.gpus import gpus_of
from distill.training.from_trl.grpo import changed_defaults, prompt_lines, rollout_lines
from distill.training.from_trl.keys import sound, translate
from distill.training.from_trl.line import LeftOut, Missing, RecipeLine, Settings
from distill.training.from_trl.page import page, shown
from distill.training.from_trl.proof import prove
from distill.training.from_trl.rewards import rewards
from distill.training.from_trl.rows import dataset_options, prompts_command, prompts_option, trained_rows
from distill.training.from_trl.source import TrlFile, read
from distill.training.from_trl.template import ChatTemplate, template_of
from distill.training.settings.owned import Method

_GIVEN = "given on the command line"
_DEFAULT = "TRL's default, since the file is silent"
_NEEDED: dict[Method, tuple[str, ...]] = {
    "sft": ("per_device_train_batch_size", "max_length"),
    "grpo": ("per_device_train_batch_size", *GRPO_DEFAULTS),
}
"""Keys that a recipe must have."""


class Converted(NamedTuple):
    """A recipe of ours."""

    text: str
    """YAML, with comments."""
    template: ChatTemplate
    """Where it has a text, that belongs into the file `template.name`."""
    assumed: tuple[str, ...]
    """What the file does not say."""
    left_out: tuple[LeftOut, ...]
    commands: tuple[str, ...]
    """What to run next."""


def convert(
    path: Path, method: Method, *, out: Path | None = None, overrides: Sequence[str] = (), num_gpus: int | None = None
) -> Converted:
    """Convert a file of TRL's keys into a recipe, and prove that it loads and that TRL takes its values.

    `out` is the file that the recipe will be written to, by default the source's name with `distill-` before it;
    `overrides` are `key=value` of a recipe. Raises RecipeError for files of other programs and trainers, and, all at
    once, for what has to be known and is not said.
    """
    source, given = read(path, method), _given(overrides)
    file, block = out or Path(f"distill-{path.stem}.yaml"), _mapping(given.pop("distill", {}))
    settings = source.settings | given
    gpus, on_gpus = gpus_of(num_gpus, settings, source.head, method)
    template = template_of({} if "template" in block else settings, path.parent, file.with_suffix(".jinja"))
    parts = _parts(settings, block, template, method, gpus)
    _refuse_missing(path, [one for one in parts.missing if one.key.split("=")[0].split(".")[1] not in block])
    assumed = (
        *_said(source, settings, method),
        *([on_gpus] if on_gpus else []),
        *map(_default, parts.defaults),
    )
    commands = _commands(settings, method, file, gpus)
    head = [
        f"From {path.name}, TRL's settings for {method.upper()}.",
        *assumed,
        "",
        *(f"  {line}" for line in commands),
    ]
    text = page(head, _overridden(parts.block, block), _marked(parts.trl, given), parts.left_out)
    prove(text, template, method, gpus, path)
    return Converted(text, template, assumed, tuple(parts.left_out), commands)


class _Parts(NamedTuple):
    block: list[RecipeLine]
    trl: list[RecipeLine]
    left_out: list[LeftOut]
    missing: list[Missing]

    @property
    def defaults(self) -> list[RecipeLine]:
        """Lines that the file does not have."""
        return [line for line in (*self.block, *self.trl) if line.origin.startswith((_DEFAULT, "the file names none"))]


def _parts(settings: Settings, given: Settings, template: ChatTemplate, method: Method, num_gpus: int) -> _Parts:
    """Every line of the recipe; `given` is the block of the command line."""
    rows = dataset_options(settings) if method == "sft" else prompts_command(settings) or prompts_option(settings)
    trl, elsewhere = translate(settings, rows)
    base, machine = base_lines(settings, given, template), machine_lines(settings, method, num_gpus)
    own = _sft(settings, trl, given) if method == "sft" else _grpo(settings, trl, num_gpus)
    known = {line.key for line in own.trl}
    silent = [RecipeLine(key, number(settings, key), _DEFAULT) for key in _NEEDED[method] if key not in known]
    kept, refused = sound([*own.trl, *silent], method)
    left_out = [*base.left_out, *own.left_out, *elsewhere, *refused]
    return _Parts([*base.lines, *machine, *own.block], kept, left_out, [*base.missing, *own.missing])


def _sft(settings: Settings, trl: list[RecipeLine], given: Settings) -> _Parts:
    found = evaluation(settings, trl, given)
    all_turns = (
        [RecipeLine("trained_turns", "all", "from assistant_only_loss")] if settings.get("assistant_only_loss") else []
    )
    return _Parts([*found.block, *all_turns], found.trl, found.left_out, [])


def _grpo(settings: Settings, trl: list[RecipeLine], num_gpus: int) -> _Parts:
    asked, rollouts = rewards(settings), rollout_lines(settings, num_gpus)
    kept = [line for line in trl if line.key not in {one.key for one in rollouts}]
    return _Parts([*asked.lines, *prompt_lines(settings)], [*kept, *rollouts], asked.left_out, asked.missing)


def _given(overrides: Sequence[str]) -> Settings:
    """The tree that `key=value` make."""
    tree: Tree = {}
    for override in overrides:
        set_key(tree, override)
    return tree  # type: ignore[return-value]


def _mapping(value: JsonValue) -> Settings:
    if not isinstance(value, dict):
        raise RecipeError("`distill` has keys of its own; give distill.KEY=VALUE.")
    return value


def _refuse_missing(path: Path, missing: Sequence[Missing]) -> None:
    if missing:
        needs = "".join(f"\n  {one.key}  ({one.reason})" for one in missing)
        raise RecipeError(f"{path} does not say all that a recipe needs. Add to the command:{needs}")


def _overridden(lines: Sequence[RecipeLine], given: Settings) -> list[RecipeLine]:
    """The lines of the block, with those of the command line in their place."""
    found = {line.key: line for line in lines}
    for key, value in given.items():
        before = found[key].value if key in found else None
        both = before | value if isinstance(before, dict) and isinstance(value, dict) else value
        found[key] = RecipeLine(key, both, _GIVEN)
    return list(found.values())


def _marked(lines: Sequence[RecipeLine], given: Settings) -> list[RecipeLine]:
    return [line._replace(origin=_GIVEN) if line.key in given else line for line in lines]


def _default(line: RecipeLine) -> str:
    return f"{line.key}: {shown(line.value)} – {line.origin}."


def _said(source: TrlFile, settings: Settings, method: Method) -> list[str]:
    """What a reader should know before anything else."""
    said = [f"Its head says: {source.head}"] if source.head else []
    if method == "sft" and not settings.get("assistant_only_loss") and not settings.get("completion_only_loss"):
        said.append("The loss covers completions alone; TRL's covers prompts, too, where rows are `messages` or text.")
    if method == "grpo":
        said += changed_defaults(settings)
    weights = [f"{rows.source} {rows.weight}" for rows in trained_rows(settings) if rows.weight != 1]
    if weights:
        said.append(f"Weights are not applied; take a share of the rows first: {', '.join(weights)}.")
    return said


def _commands(settings: Settings, method: Method, file: Path, num_gpus: int) -> tuple[str, ...]:
    gpus = "" if is_on_cpu(settings) else f" --gpus {num_gpus}"
    if method == "sft":
        return (f"distill sft --recipe {file} {dataset_options(settings)}{gpus}",)
    before = prompts_command(settings)
    return *((before,) if before else ()), f"distill grpo --recipe {file} {prompts_option(settings)}{gpus}"
