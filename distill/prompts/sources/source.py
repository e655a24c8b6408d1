"""A source as it is named on the command line ─▶ the rows it gives, streamed.

gsm8k                        a preset: the dataset it names, from the Hub
mmlu:all@test                a preset, with another config or split of its dataset
gsm8k=rows.parquet           a preset applied to a local copy
reasoning-gym:logic@0-4      an installed package, with what to take of it; see `puzzles/drawing.py`
rows.jsonl                   a file, a folder or a pattern, of rows whose form is found (`recognise.py`)
org/name[:CONFIG][@SPLIT][#REVISION]    any Hub dataset, likewise
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
from distill.rows.files import FORMATS_SAID, names_rows, plain_name
from distill.rows.hub import is_hub_id, name_parts, parse_hub_id
from distill.rows.read import Located, read_rows


class Source(NamedTuple):
    """One of the sources of a command."""

    name: str
    """As the user wrote it; the column `source` of rows that state none."""
    preset: Preset
    file: Path | None = None
    argument: str = ""
    """What to take of an installed package."""
    mapped: Mapping[str, str] | None = None
    """What `--map` says of its columns; None where a preset is named, which knows them."""

    @property
    def label(self) -> str:
        """For messages: where its rows are."""
        return self.name if self.file is None else str(self.file)

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
    named, _, file = text.partition("=")
    known = re.split("[:@#]", named, maxsplit=1)[0]
    if is_recipe(known, KIND):
        return Source(named, _asked(load_preset(known), named), Path(file) if file else None, named.partition(":")[2])
    if names_rows(text) or Path(text).exists():
        return Source(plain_name(text), plain_preset(columns), Path(text), mapped=columns)
    if is_hub_id(text):
        repo = parse_hub_id(text).repo
        return Source(text, _asked(_changed(plain_preset(columns), dataset=repo), text), mapped=columns)
    raise InputError(
        f"There is no source {text!r}; give a file or a folder of files ({FORMATS_SAID}), the name of a preset "
        "under recipes/sources, or a Hub dataset as org/name."
    )


def parse_benchmark(text: str) -> Source:
    """A source of which only the problems matter: columns of answers and tests may be missing."""
    source = parse_source(text, {})
    return source._replace(preset=source.preset.model_copy(update={"needs_reference": False, "tests": None}))


def _asked(preset: Preset, name: str) -> Preset:
    """A preset with the config, split and revision that a name asks for; a package's name may ask for other things."""
    parts = None if preset.package == "reasoning-gym" else name_parts(name)
    return (
        preset if parts is None else _changed(preset, config=parts.config, split=parts.split, revision=parts.revision)
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
        rows = iter(
            datasets.load_dataset(
                preset.dataset, preset.config, split=preset.split, revision=preset.revision, streaming=True
            )
        )
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
