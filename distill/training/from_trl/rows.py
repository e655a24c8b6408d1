"""The data that a TRL YAML names, as our command line takes it."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import JsonValue

from distill.recipe.loading import find_recipe, read_yaml, recipe_names
from distill.rows.hub import is_hub_id
from distill.training.from_trl.line import Settings

_NAME = ("dataset_name", "dataset_id_or_path", "dataset_path", "train_dataset_path", "train_dataset_id_or_path")
"""Keys under which scripts name one dataset, TRL's first."""
_NO_ROWS = "--dataset PATH"


class NamedRows(NamedTuple):
    """One dataset of a file."""

    id: str
    """On the Hub, or a path."""
    config: str | None
    split: str
    weight: float = 1.0

    @property
    def source(self) -> str:
        """As `--dataset` and `distill prompts` take it: a path, or `org/name:config@split`, without what is usual."""
        if not is_hub_id(self.id):
            return self.id
        config = "" if self.config in (None, "default") else f":{self.config}"
        return f"{self.id}{config}{'' if self.split == 'train' else f'@{self.split}'}"


def trained_rows(settings: Settings) -> list[NamedRows]:
    """Every dataset that a file trains on; empty where its script names them."""
    return list(_named(settings))


def _named(settings: Settings) -> Iterator[NamedRows]:
    split = str(settings.get("dataset_train_split") or settings.get("dataset_split") or "train")
    config = settings.get("dataset_config") or settings.get("dataset_config_name")
    for key in _NAME:
        if isinstance(name := settings.get(key), str):
            yield NamedRows(name, str(config) if config else None, split)
            return
    mixture = settings.get("dataset_mixture") or settings.get("datasets") or []
    entries = mixture.get("datasets") if isinstance(mixture, dict) else mixture
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            yield _entry(entry)
    weights = settings.get("dataset_mixer")
    for name, weight in weights.items() if isinstance(weights, dict) else ():
        yield NamedRows(name, None, "train", float(str(weight)))


def _entry(entry: dict[str, JsonValue]) -> NamedRows:
    """One of a mixture: TRL says path and name, open-r1 id and config."""
    name, config = entry.get("id") or entry.get("path"), entry.get("config") or entry.get("name")
    weight = entry.get("weight")
    return NamedRows(
        str(name),
        str(config) if config else None,
        str(entry.get("split") or "train"),
        1.0 if weight is None else float(str(weight)),
    )


def held_out_rows(settings: Settings) -> NamedRows | None:
    """The split that a file evaluates on, where it names one and evaluates at all."""
    split = settings.get("dataset_test_split") or settings.get("dataset_eval_split")
    rows = trained_rows(settings)
    return rows[0]._replace(split=str(split)) if split and len(rows) == 1 else None


def dataset_options(settings: Settings) -> str:
    """What to give `distill sft`."""
    return " ".join(f"--dataset {rows.source}" for rows in trained_rows(settings)) or _NO_ROWS


def prompts_command(settings: Settings) -> str | None:
    """How prompt rows come from the data of a GRPO file; None where a source of recipes/sources reads it."""
    rows = trained_rows(settings)
    if len(rows) == 1 and _preset(rows[0]):
        return None
    column = settings.get("dataset_prompt_column")
    mapped = f" --map prompt={column}" if column else ""
    return f"distill prompts {' '.join(one.source for one in rows) or 'SOURCE'} --out prompts.jsonl{mapped}"


def prompts_option(settings: Settings) -> str:
    """What to give `distill grpo`."""
    rows = trained_rows(settings)
    known = _preset(rows[0]) if len(rows) == 1 else None
    return f"--prompts {known or 'prompts.jsonl'}"


def _preset(rows: NamedRows) -> str | None:
    """The source under recipes/sources that reads this dataset."""
    for name in recipe_names("sources"):
        if read_yaml(find_recipe(name, "sources")).get("dataset") == rows.id:
            return name
    return None
