"""The first rows of a source, by column: what it has, what stands there, and which name was meant."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from distill.errors import InputError
from distill.prompts.sources.preset import Preset, reach
from distill.rows.parse import Row

MAX_DEPTH = 3
"""Of structs in structs."""
BESIDE = frozenset({"extra_info", "metadata", "meta", "info", "other"})
"""Structs that tell about a row and are no part of it."""
_BETWEEN = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])")
Fits = Callable[[object], bool]


def words(column: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case; of a path those of its last part.

    >>> words("Short Answer"), words("sQuestion"), words("reward_model.ground_truth")
    (('short', 'answer'), ('s', 'question'), ('ground', 'truth'))
    """
    return tuple(word.lower() for word in _BETWEEN.split(column.rpartition(".")[2] or column) if word)


class FirstRows:
    """Rows of one source, by column. Columns inside structs are named by dotted paths."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        inner = [value for row in rows if len(row) == 1 and isinstance(value := next(iter(row.values())), Mapping)]
        has_own_names = len(inner) == len(rows) and len({next(iter(row)) for row in rows}) > 1
        found = [("*.", row) for row in inner] if has_own_names else [("", row) for row in rows]
        self._values: dict[str, list[object]] = {}
        self.columns = list(dict.fromkeys(path for prefix, row in found for path in _paths(row, prefix)))

    def values(self, column: str) -> list[object]:
        """What stands in a column, row by row; None where nothing does."""
        if column not in self._values:
            found = (reach(row, column) for row in self.rows)
            self._values[column] = [None if value in ("", [], {}) else value for value in found]
        return self._values[column]

    def has(self, column: str) -> bool:
        """Whether any row has the column, be it empty."""
        return column in self.columns or any(reach(row, column) is not None for row in self.rows)

    def named(self, is_meant: Callable[[tuple[str, ...]], bool], fits: Fits) -> list[str]:
        """The columns of such a name in which something of this kind stands; those in structs if there is no other."""
        found = [column for column in self.columns if is_meant(words(column)) and any(map(fits, self.values(column)))]
        outside = [column for column in found if "." not in column.removeprefix("*.")]
        return outside or [column for column in found if BESIDE.isdisjoint(column.split(".")[:-1])]

    def check(self, preset: Preset, name: str) -> None:
        """Raises InputError where no row has a column that a preset cannot do without."""
        for purpose, columns in _needed(preset):
            if not any(map(self.has, columns)):
                raise self.missing(name, columns[0], f"its preset reads as {purpose}")

    def missing(self, name: str, column: str, why: str) -> InputError:
        """What to tell of a column that is not there."""
        lowered = {known.lower(): known for known in self.columns}
        near = difflib.get_close_matches(column.lower(), lowered, n=1, cutoff=0.5)
        ends = [known for known in self.columns if known.lower().endswith(f".{column.lower()}")]
        nearest = f"; did you mean {[lowered[each] for each in near] or ends}?" if near or ends else "."
        nearest = nearest.replace("['", "`").replace("']", "`")
        return InputError(f"{name} has no column `{column}`, which {why}{nearest} Its columns are {self.listed()}.")

    def listed(self) -> str:
        """All columns, for messages."""
        return ", ".join(self.columns) or "none"


def _paths(row: Mapping[str, object], prefix: str = "", depth: int = 1) -> Iterator[str]:
    for column, value in row.items():
        yield f"{prefix}{column}"
        if isinstance(value, Mapping) and depth < MAX_DEPTH:
            yield from _paths(value, f"{prefix}{column}.", depth + 1)


def _needed(preset: Preset) -> Iterable[tuple[str, tuple[str, ...]]]:
    """What a preset reads and cannot do without, each with the columns of which one must be there."""
    prompt = preset.columns.get("prompt", preset.blanks())
    yield "prompt", (prompt,) if isinstance(prompt, str) else tuple(prompt)
    for column in ("answer", "choices"):
        source = preset.columns.get(column)
        if source is not None and preset.needs_reference:
            yield column, (source,) if isinstance(source, str) else source
    if preset.choices:
        yield "answer", preset.choices[:1]
    if preset.tests is not None:
        cases = tuple(source for value, source in preset.tests.columns.items() if value.startswith(("cases", "code")))
        yield "tests", cases
    if preset.constraints is not None:
        yield "constraints", (preset.constraints.columns["names"],)
