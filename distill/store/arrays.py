"""Arrow columns ─▶ numpy and back, by their buffers.

Nearly everything by which pyarrow takes Python values in, or gives numbers out, looks for pandas and imports it: 40 MB
and a third of a second in each process that only samples. What is here does not.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def numbers(column: pa.ChunkedArray, null: int = 0) -> Ints:
    """A column of whole numbers; `null` where it has none."""
    return np.concatenate([np.zeros(0, np.int64), *(_numbers(chunk, null) for chunk in column.chunks)])


def coded(column: pa.ChunkedArray, codes: Mapping[str, int], other: int) -> Ints:
    """A column of words by their numbers; `other` stands for every other word, and for none."""
    parts = [np.zeros(0, np.int64)]
    for chunk in column.chunks:
        encoded = chunk.dictionary_encode()
        lookup = [codes.get(word, other) for word in encoded.dictionary.to_pylist()]
        parts.append(np.array([*lookup, other], np.int64)[_numbers(encoded.indices, -1)])
    return np.concatenate(parts)


def places(found: Ints) -> pa.Array:
    """Numbers of rows, for `take`."""
    return pa.Array.from_buffers(pa.int64(), len(found), [None, pa.py_buffer(np.ascontiguousarray(found, np.int64))])


def mask(flags: Sequence[bool] | Flags) -> pa.Array:
    """Which rows, for `filter`."""
    bits = np.packbits(np.asarray(flags, np.bool_), bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, pa.py_buffer(bits)])


def _numbers(chunk: pa.Array, null: int) -> Ints:
    validity, values = chunk.buffers()
    first, last = chunk.offset, chunk.offset + len(chunk)
    found = np.frombuffer(values or b"", np.dtype(chunk.type.to_pandas_dtype()))[first:last].astype(np.int64)
    if chunk.null_count:
        is_valid = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")[first:last]
        found[is_valid == 0] = null
    return found
