"""Which rows of millions ask the same, in bounded memory, and which traces are the same text.

`prompts.overlap.duplicates` joins only rows that have the same numbers. So rows are searched in batches of whole groups
with the same numbers, and what is found is what one search of all would find. Of a group that is too large for a batch,
such as all prompts without a number, only rows count that share a band of their signatures with another row, and these
are split into sets that share none. A set larger than a batch is searched as a whole, in half a kilobyte a row.
"""

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from distill.audit.columns import ComparedRows
from distill.prompts.overlap.chunk import Flags, Ids, Places
from distill.prompts.overlap.duplicates import MIN_TELLING, NUM_BANDS, Differing, Duplicates, band_keys
from distill.prompts.overlap.veto import difference

BATCH_ROWS = 50_000
"""Searched together: some 30 MB."""
KEYS_AT_ONCE = 1_000
"""Rows whose signatures are made at once: some ten megabytes."""


class Twins(NamedTuple):
    """Of each row."""

    kept: npt.NDArray[np.int64]
    """The first row that says the same: itself, where none before it does."""
    is_exact: Flags
    """Whether it is equal to that one but for spelling, markup and layout."""
    other_answers: tuple[Differing, ...]
    """Rows that are equal to an earlier one, but whose answer is another one."""


class _Batch:
    """Some rows, counted from 0."""

    def __init__(self, stored: ComparedRows, rows: Places) -> None:
        self._stored, self._rows = stored, rows

    def answer(self, row: int) -> str:
        return self._stored.texts(int(self._rows[row])).answer

    def difference(self, first: int, second: int) -> str | None:
        ours, theirs = (self._stored.texts(int(self._rows[row])) for row in (first, second))
        if ours.key or theirs.key:
            return None if ours.key == theirs.key else "puzzle"
        return difference(ours.prompt, theirs.prompt) or difference(theirs.prompt, ours.prompt)


def find_twins(stored: ComparedRows, asked: Flags, batch_rows: int = BATCH_ROWS) -> Twins:
    """Search all rows for which `asked` says that they have a prompt."""
    known = stored.fingerprints
    kept, is_exact = np.arange(len(stored)), np.zeros(len(stored), np.bool_)
    others: list[Differing] = []
    for rows in _batches(stored, np.flatnonzero(asked), batch_rows):
        search = Duplicates()
        search.add(known.take(rows), [0] * len(rows))
        for duplicate in search.find(_Batch(stored, rows)):
            kept[rows[duplicate.row]] = rows[duplicate.kept]
            is_exact[rows[duplicate.row]] = duplicate.is_exact
        for row, other, what in search.differing:
            if what == "answer" and known.exact[rows[row]] == known.exact[rows[other]]:
                others.append(Differing(int(rows[row]), int(rows[other]), what))
    return Twins(kept, is_exact, tuple(sorted(others)))


def _batches(stored: ComparedRows, rows: Places, batch_rows: int) -> Iterator[Places]:
    """Rows of whole groups, in the order of rows inside each; groups of one row are left out."""
    sets = stored.fingerprints.numbers.sets[rows]
    _, group, sizes = np.unique(sets, return_inverse=True, return_counts=True)
    yield from _packed(rows, group, sizes, batch_rows, lambda found: _split(stored, found, batch_rows))


def _split(stored: ComparedRows, rows: Places, batch_rows: int) -> Iterator[Places]:
    """A group that is too large, as sets of rows that share no band; those of telling numbers are all compared."""
    if stored.fingerprints.numbers.num_telling[rows[0]] >= MIN_TELLING:
        yield rows
        return
    with TemporaryFile() as file:
        heads = _joined(_keys(stored, rows, file))
    _, group, sizes = np.unique(heads, return_inverse=True, return_counts=True)
    yield from _packed(rows, group, sizes, batch_rows, lambda found: iter((found,)))


def _packed(
    rows: Places, group: Places, sizes: Places, batch_rows: int, large: Callable[[Places], Iterator[Places]]
) -> Iterator[Places]:
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(sizes)
    waiting: list[Places] = []
    num_waiting = 0
    for number in np.flatnonzero(sizes > 1).tolist():
        found = rows[order[ends[number] - sizes[number] : ends[number]]]
        if len(found) > batch_rows:
            yield from large(found)
            continue
        if num_waiting + len(found) > batch_rows:
            yield np.sort(np.concatenate(waiting))
            waiting, num_waiting = [], 0
        waiting.append(found)
        num_waiting += len(found)
    if waiting:
        yield np.sort(np.concatenate(waiting))


def _keys(stored: ComparedRows, rows: Places, file: BinaryIO) -> Ids:
    """The keys of each band, in a file; a row without content, which is like its equals only, has one of its tokens."""
    known = stored.fingerprints
    keys = np.memmap(file, np.uint64, "w+", shape=(NUM_BANDS, len(rows)))
    for at in range(0, len(rows), KEYS_AT_ONCE):
        some = rows[at : at + KEYS_AT_ONCE]
        part = known.take(some)
        found = np.repeat(part.exact[:, None], NUM_BANDS, axis=1)
        has_words = np.flatnonzero(np.diff(part.starts))
        found[has_words] = band_keys(part, has_words)
        keys[:, at : at + KEYS_AT_ONCE] = found.T
    return keys


def _joined(keys: Ids) -> Places:
    """For each row the first row of its set; rows are in one set where they share a key, at whatever remove."""
    heads = np.arange(keys.shape[1])
    while True:
        before = heads.copy()
        for band in keys:
            _, same = np.unique(band, return_inverse=True)
            least = np.full(int(same.max(initial=-1)) + 1, keys.shape[1])
            np.minimum.at(least, same, heads)
            heads = np.minimum(heads, least[same])
        heads = heads[heads]
        if np.array_equal(before, heads):
            return heads


def same_texts(digests: Ids) -> Places:
    """For each trace the first one with the same digest: itself, where there is none before."""
    _, firsts, same = np.unique(digests, return_index=True, return_inverse=True)
    found: Places = firsts[same]
    return found
