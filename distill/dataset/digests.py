"""Columns of any type ─▶ a number for each value, alike for alike values whatever file or packing they came from."""

from hashlib import blake2b
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.types as of

from distill.dataset.candidates import Draws, Ints, mix

NONE = 0
"""The number of a null, of an empty list, and of a struct that holds nothing but such."""
_NOT_NONE = np.uint64(0x9E3779B97F4A7C15)
_FRACTION = np.int64(0x5851F42D4C957F2D)


def digests(values: pa.Array) -> Draws:
    """64 bits for each value. A whole number is the same as a float of its value, and a text as the same bytes.

    Fields of a struct have no order, and one that is null counts as one that is not there, so that a column which has
    gained a field keeps its digests. Two of a million values that differ are alike with a chance of 3 in 10⁸.
    """
    kind = values.type
    if of.is_null(kind):
        return np.zeros(len(values), dtype=np.uint64)
    if of.is_dictionary(kind):
        return digests(values.dictionary_decode())
    if of.is_struct(kind):
        return _structs(values)
    if of.is_fixed_size_list(kind):
        return _lists(values.cast(pa.list_(kind.value_type)))
    if of.is_list(kind) or of.is_large_list(kind):
        return _lists(values)
    if of.is_floating(kind) or of.is_integer(kind) or of.is_boolean(kind):
        return _numbers(values)
    return _texts(values if _is_text(kind) else _said(values))


def turn_digests(values: pa.Array) -> tuple[Draws, Draws]:
    """For each list 64 bits for all of it but the last value, and for the last value; for conversations."""
    sizes, inside = _sizes(values), digests(values.flatten())
    ends = np.cumsum(sizes)
    last = np.zeros(len(values), dtype=np.uint64)
    last[sizes > 0] = inside[ends[sizes > 0] - 1]
    bounds = np.stack([ends - sizes, np.maximum(ends - 1, ends - sizes)], axis=1).reshape(-1) * inside.itemsize
    before = _hashed(memoryview(inside.tobytes()), bounds)[::2]
    return before, last


def row_digests(rows: pa.RecordBatch) -> Draws:
    """64 bits for each row."""
    return _structs(rows.to_struct_array())


def _is_text(kind: pa.DataType) -> bool:
    texts = (of.is_string, of.is_large_string, of.is_string_view, of.is_binary, of.is_large_binary, of.is_binary_view)
    return any(is_kind(kind) for is_kind in texts)


def _said(values: pa.Array) -> pa.Array:
    """Dates, exact decimals, maps and the like as text."""
    return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())


def _texts(values: pa.Array) -> Draws:
    whole = values.cast(pa.large_binary())
    _, offsets, data = whole.buffers()
    if not len(whole):
        return np.zeros(0, dtype=np.uint64)
    bounds = np.frombuffer(offsets, np.int64)[whole.offset : whole.offset + len(whole) + 1]
    return _without_nulls(_hashed(memoryview(data or b""), bounds), whole)


def _lists(values: pa.Array) -> Draws:
    sizes, inside = _sizes(values), digests(values.flatten())
    bounds = np.concatenate([[0], np.cumsum(sizes)]) * inside.itemsize
    found = _hashed(memoryview(inside.tobytes()), bounds)
    found[sizes == 0] = NONE
    return found


def _sizes(values: pa.Array) -> Ints:
    sizes: Ints = values.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return sizes


def _structs(values: pa.StructArray) -> Draws:
    total = np.zeros(len(values), dtype=np.uint64)
    for field, column in zip(values.type, values.flatten(), strict=True):
        inside = digests(column)
        name = np.uint64(int.from_bytes(blake2b(field.name.encode(), digest_size=8).digest(), "little"))
        total += np.where(inside == NONE, np.uint64(NONE), mix(inside ^ name))
    return mix(total)


def _numbers(values: pa.Array) -> Draws:
    if of.is_floating(values.type):
        floats = values.cast(pa.float64()).fill_null(0.5).to_numpy(zero_copy_only=False)
        is_whole = np.isfinite(floats) & (np.abs(floats) < 2**53) & (floats == np.floor(floats))
        whole = np.where(is_whole, floats, 0).astype(np.int64)
        codes = np.where(is_whole, whole, floats.view(np.int64) ^ _FRACTION)
    else:
        codes = values.cast(pa.int64(), safe=False).fill_null(0).to_numpy(zero_copy_only=False)
    return _without_nulls(mix(codes.astype(np.int64).view(np.uint64) + _NOT_NONE), values)


def _hashed(data: memoryview, bounds: Ints) -> Draws:
    """A number for each stretch of bytes between two bounds."""
    ends = bounds.tolist()
    parts = [blake2b(data[first:last], digest_size=8).digest() for first, last in pairwise(ends)]
    return np.frombuffer(b"".join(parts), dtype="<u8").astype(np.uint64)


def _without_nulls(found: Draws, values: pa.Array) -> Draws:
    if values.null_count:
        found[~values.is_valid().to_numpy(zero_copy_only=False)] = NONE
    return found
