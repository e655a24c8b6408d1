"""A source ─▶ the same with the preset that reads its rows, found from the first of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from distill.errors import InputError
from distill.prompts.sources.first_rows import FirstRows
from distill.prompts.sources.forms import form_of
from distill.prompts.sources.source import Source

NUM_FIRST_ROWS = 300


class Recognised(NamedTuple):
    """A source whose columns are known to be there."""

    source: Source
    is_own: bool = False
    """Whether its rows are prompt rows."""
    said: tuple[str, ...] = ()
    """What the user should know of it."""


def recognise(source: Source, *, is_alone: bool = True) -> Recognised:
    """Look at the first rows of a source.

    Given for several sources, `--map` is not for rows that have a `prompt` and none of the columns that it names.
    Raises InputError where a column is not there that `--map` or a preset names, and where no form can be told.
    """
    if source.preset.package is not None and source.file is None:
        return Recognised(source)
    rows = FirstRows([row for row, _ in source.rows(NUM_FIRST_ROWS, 0) if not isinstance(row, InputError)])
    if not rows.rows:
        return Recognised(source)
    if source.mapped is None:
        rows.check(source.preset, source.label)
        return Recognised(source)
    mapped, said = _mapped(rows, source.mapped, source.label, is_alone=is_alone)
    form = form_of(rows, mapped, source.label)
    if not form.is_own:
        said = (*said, f"{source.label}: read as {form.said()}", *(f"{source.label}: {note}" for note in form.notes))
    fields = form.preset.model_dump(include=form.preset.model_fields_set)
    preset = source.preset.model_copy(update={name: getattr(form.preset, name) for name in fields})
    return Recognised(source._replace(preset=preset), form.is_own, said)


def recognise_all(sources: Sequence[Source]) -> Iterator[Recognised]:
    """Look at the first rows of all sources of a command."""
    for source in sources:
        yield recognise(source, is_alone=len(sources) == 1)


def _mapped(
    rows: FirstRows, mapped: Mapping[str, str], name: str, *, is_alone: bool
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    wrapped = {column: f"*.{source}" for column, source in mapped.items() if f"*.{source}" in rows.columns}
    mapped = {**mapped, **wrapped}
    missing = {column: source for column, source in mapped.items() if not all(map(rows.has, _parts(rows, source)))}
    if not missing:
        return mapped, ()
    if not is_alone and len(missing) == len(mapped) and rows.has("prompt"):
        return {}, (
            f"{name}: its rows have a `prompt` and none of the columns that --map names, so it is not for them.",
        )
    column, source = next(iter(missing.items()))
    absent = next(part for part in _parts(rows, source) if not rows.has(part))
    raise rows.missing(name, absent, f"--map {column}={source} names")


def _parts(rows: FirstRows, source: str) -> list[str]:
    """A column, or those that a `+` joins."""
    return [source] if rows.has(source) else source.split("+")
