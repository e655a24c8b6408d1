"""Whether a set calls a trace right, how it ended, and how long it is, as people write it. Pure."""

from collections.abc import Sequence

from distill.audit.roles import names
from distill.audit.roles.first_traces import FirstTraces
from distill.prompts.sources.first_rows import words

RIGHT = frozenset(
    "yes true correct right pass passed accept accepted match matched success verified valid 1 1.0".split()
)
WRONG = frozenset(
    "no false incorrect wrong fail failed reject rejected mismatch mismatched unmatched failure invalid 0 0.0 -1 -1.0"
    "".split()
)
MIN_READ = 0.9
"""Of the values of a column of labels."""


def read_label(value: object) -> bool | None:
    """Right or wrong; None for what says neither.

    >>> read_label("Yes"), read_label(0.0), read_label(0.5), read_label(True)
    (True, False, None, True)
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    return True if word in RIGHT else False if word in WRONG else None


def read_finish(column: str, value: object) -> str | None:
    """The finish reason that a cell states: a word, or whether the trace is whole."""
    if isinstance(value, bool):
        return "stop" if value != _is_cut(column) else "length"
    return value or None if isinstance(value, str) else None


def read_count(value: object) -> int | None:
    """A number of tokens."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def label_column(rows: FirstTraces, text: str) -> str | None:
    """The set's word on the traces of a column: a list where they are lists; of the same maker, where it names one.

    Of several the one that stands beside the trace, and has the plainest name.
    """
    found = [column for column in rows.columns if names.is_label(column) and _are_labels(column, rows.values(column))]
    author = names.author(words(text))
    own = [column for column in found if author and names.author(words(column)) == author]
    if rows.has_several(text):
        found = [column for column in found if any(isinstance(value, list | tuple) for value in rows.values(column))]
    return next(iter(sorted(own or found, key=lambda column: (_distance(column, text), len(words(column))))), None)


def finish_column(rows: FirstTraces, text: str) -> str | None:
    """Where it stands how the traces of a column ended: in a word, else whether they are whole."""
    said = rows.named(names.FINISHES, lambda value: _all(value, str))
    found = said or rows.named((*names.CUT, *names.WHOLE), lambda value: _all(value, bool))
    return min(found, key=lambda column: _distance(column, text), default=None)


def count_column(rows: FirstTraces, text: str) -> str | None:
    """Where the number of tokens stands that the traces of a column have."""
    found = rows.named(names.COUNTS, lambda value: all(read_count(each) is not None for each in _each(value)))
    return min(found, key=lambda column: _distance(column, text), default=None)


def _distance(column: str, text: str) -> tuple[bool, int]:
    """Whether a column stands in another struct than the trace, and how deep."""
    beside = names.parent(column)
    is_beside = beside in (names.parent(text), text) or beside.startswith(f"{text}.")
    return not (is_beside or not beside), column.count(".")


def _are_labels(column: str, values: Sequence[object]) -> bool:
    """A number under `correct` may be the place of the right option."""
    flat = [each for value in values for each in _each(value) if each is not None]
    if words(column) == ("correct",) and not all(isinstance(each, bool) for each in flat):
        return False
    read = sum(read_label(each) is not None for each in flat)
    return bool(flat) and read >= MIN_READ * len(flat)


def _is_cut(column: str) -> bool:
    return "".join(words(column)) in names.CUT


def _all(value: object, kind: type) -> bool:
    return all(each is None or isinstance(each, kind) for each in _each(value))


def _each(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)
