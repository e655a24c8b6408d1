"""A source as it is named on the command line ─▶ the rows it gives, streamed.

gsm8k                        a preset: the dataset it names, from the Hub
mmlu:all@test                a preset, with another config or split of its dataset
gsm8k=rows.parquet           a preset applied to a local copy
reasoning-gym:logic@0-4      an installed package, with what to take of it; see `puzzles/drawing.py`
rows.jsonl                   a file of prompt rows, or of others with `--map`
org/name[:CONFIG][@SPLIT]    any Hub dataset
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from distill.errors import HubError, InputError
from distill.prompts.sources.human_eval import read_human_eval
from distill.prompts.sources.preset import KIND, Preset, load_preset, plain_preset
from distill.prompts.sources.puzzles.drawing import read_puzzles
from distill.recipe.loading import is_recipe
from distill.rows.read import SUFFIXES, Located, read_rows

_NAME = re.compile(r"(?P<name>[^:@=]+)(?::(?P<argument>[^@=]+))?(?:@(?P<split>[^=]+))?(?:=(?P<file>.+))?")


class Source(NamedTuple):
    """One of the sources of a command."""

    name: str
    """As the user wrote it; the column `source` of rows that state none."""
    preset: Preset
    file: Path | None = None
    argument: str = ""
    """What to take of an installed package."""

    def rows(self, size: int | None, seed: int) -> Iterator[Located]:
        """Stream at most `size` rows; a generator makes that many, and needs to be told."""
        if self.file is not None:
            rows = read_rows(self.file)
        elif self.preset.package is not None:
            rows = _read_package(self, size, seed)
        else:
            rows = read_hub(self.preset)
        for number, located in enumerate(rows):
            if number == size:
                break
            yield located


def parse_source(text: str, columns: Mapping[str, str]) -> Source:
    """Make a source of its name; `columns` is what `--map` says of rows that no preset knows."""
    name, argument, split, file = match.groups() if (match := _NAME.fullmatch(text)) else (text, None, None, None)
    if is_recipe(name, KIND):
        preset = _changed(load_preset(name), config=argument, split=split)
        return Source(text.partition("=")[0], preset, Path(file) if file else None, text.partition(":")[2])
    if Path(text).suffix in SUFFIXES:
        return Source(Path(text).stem, plain_preset(columns), file=Path(text))
    if name.count("/") == 1 and file is None:
        return Source(text, _changed(plain_preset(columns), dataset=name, config=argument, split=split))
    raise InputError(
        f"There is no source {text!r}; give a file ({', '.join(SUFFIXES)}), the name of a preset under "
        "recipes/sources, or a Hub dataset as org/name."
    )


def _read_package(source: Source, size: int | None, seed: int) -> Iterator[Located]:
    if source.preset.package == "human-eval":
        return read_human_eval()
    return read_puzzles(source.argument, size, seed)


def read_hub(preset: Preset) -> Iterator[Located]:
    """Stream a Hub dataset. Raises HubError where it cannot be reached or is not for this token."""
    import datasets

    assert preset.dataset is not None
    label = f"{preset.dataset} ({preset.split})"
    try:
        rows = iter(datasets.load_dataset(preset.dataset, preset.config, split=preset.split, streaming=True))
        for number, row in enumerate(rows, start=1):
            yield Located(row, f"{label}, row {number}")
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise HubError(
            f"The dataset {label} cannot be read ({reason}). Check its name and the network; for a gated one accept "
            "its terms and run `hf auth login`; a local copy is read with NAME=FILE."
        ) from None


def _changed(preset: Preset, **named: str | None) -> Preset:
    return preset.model_copy(update={field: value for field, value in named.items() if value is not None})
