"""A source by its name ─▶ its prompts one by one, for commands that take prompts as they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from distill.errors import InputError
from distill.progress import say
from distill.prompts.normalise import SetAside, normalise
from distill.prompts.sources.recognise import Recognised, recognise
from distill.prompts.sources.source import Source, parse_source
from distill.records import Prompt
from distill.rows.hub import hub_files
from distill.rows.parse import Row, parse_prompt


class ReadRow(NamedTuple):
    """A row of a source."""

    where: str
    row: Row
    prompt: Prompt | SetAside | InputError
    """The prompt that it makes, or why it makes none."""


def read_source(name: str, *, is_fetched: bool = False) -> Iterator[ReadRow]:
    """Stream what the rows of a source make; `is_fetched`: files of the Hub come here whole, and once only.

    Prompt rows of a file stay as they are; others are mapped and normalised.
    Raises InputError where the source's columns cannot be told, HubError where the Hub cannot be read.
    """
    source = parse_source(name, {})
    for part in _fetched(source) if is_fetched else [source]:
        found = recognise(part)
        for sentence in found.said:
            say(sentence)
        for row, where in found.source.rows(None, 0):
            yield ReadRow(where, {}, row) if isinstance(row, InputError) else ReadRow(where, row, _made(row, found))


def _made(row: Row, found: Recognised) -> Prompt | SetAside | InputError:
    try:
        if found.is_own and found.source.file is not None:
            return parse_prompt(row)
        return normalise(row, found.source.preset, found.source.name)
    except InputError as error:
        return error


def _fetched(source: Source) -> list[Source]:
    """A dataset of the Hub as the files that it has here."""
    preset = source.preset
    if source.file is not None or preset.dataset is None:
        return [source]
    parts = ((":", preset.config), ("@", preset.split), ("#", preset.revision))
    name = preset.dataset + "".join(f"{mark}{value}" for mark, value in parts if value is not None)
    return [source._replace(file=Path(file)) for file in hub_files(name)]
