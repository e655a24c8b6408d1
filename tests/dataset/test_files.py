"""The files of a dataset: row groups that a viewer can read, and the same bytes for the same rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.dataset import files
from distill.dataset.files import SplitWriter, group_ends, row_bytes
from distill.rows.dataset_rows import SCHEMA


def table(*texts: str) -> pa.Table:
    rows = [
        {"id": str(number), "messages": [{"role": "assistant", "content": text}]} for number, text in enumerate(texts)
    ]
    return pa.Table.from_pylist([dict.fromkeys(SCHEMA.names) | row for row in rows], schema=SCHEMA)


def written(folder: Path, *parts: pa.Table) -> list[Path]:
    folder.mkdir()
    with SplitWriter(folder, "train") as writer:
        for part in parts:
            writer.add(part)
    return sorted(folder.iterdir())


def group_sizes(file: Path) -> list[int]:
    about = pq.read_metadata(file)
    return [about.row_group(group).num_rows for group in range(about.num_row_groups)]


def test_a_row_group_ends_before_it_is_too_large_and_a_huge_row_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GROUP_BYTES", 100)
    monkeypatch.setattr(files, "ROWS_PER_GROUP", 3)
    sizes = np.array([60, 40, 1, 500, 99, 1, 1, 1, 1, 1])
    assert group_ends(sizes, is_end=True) == [2, 3, 4, 6, 9, 10]
    assert group_ends(sizes, is_end=False) == [2, 3, 4, 6, 9]
    assert group_ends(np.array([60, 40]), is_end=False) == []


def test_rows_are_as_large_as_what_they_hold_however_they_were_cut() -> None:
    whole = table("x" * 1000, "", "y" * 10)
    parts = pa.concat_tables([whole.slice(2, 1), whole.slice(0, 2)])
    empty = row_bytes(whole)[1]
    assert (row_bytes(whole) - empty).tolist() == [1000, 0, 10]
    assert (row_bytes(parts) - empty).tolist() == [10, 1000, 0]


def test_no_row_group_holds_more_raw_bytes_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GROUP_BYTES", 50_000)
    rng = np.random.default_rng(0)
    texts = [rng.bytes(int(size)).hex() for size in rng.integers(100, 8000, 60)]
    (file,) = written(tmp_path / "out", table(*texts))
    about = pq.read_metadata(file)
    raw = [about.row_group(group).total_byte_size for group in range(about.num_row_groups)]
    assert max(raw) <= 50_000
    assert pq.read_table(file).equals(table(*texts))
    assert all(about.row_group(0).column(place).has_offset_index for place in range(about.num_columns))


def test_the_same_rows_give_the_same_bytes_however_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GROUP_BYTES", 20_000)
    monkeypatch.setattr(files, "SHARD_BYTES", 60_000)
    whole = table(*("x" * (n * 37 % 3000) for n in range(100)))
    one = written(tmp_path / "one", whole)
    many = written(tmp_path / "many", *(whole.slice(n, 7) for n in range(0, 100, 7)), whole.slice(0, 0))
    assert [file.name for file in one] == [file.name for file in many]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in many]
    assert sum(sum(group_sizes(file)) for file in one) == 100
