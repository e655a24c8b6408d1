from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.store import Table, shard
from distill.store.row_groups import row_groups
from distill.store.shard import DamageError, Shard, count_rows, new_shard, read_shard, read_table, write_rows

SCHEMA = pa.schema([("prompt_id", pa.string()), ("index", pa.int32()), ("text", pa.string())])
ROWS: list[dict[str, object]] = [{"prompt_id": f"p{i // 4}", "index": i % 4, "text": f"{i} " * i} for i in range(12)]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A shard of three row groups."""
    file = tmp_path / "a.parquet"
    with new_shard(file, SCHEMA) as writer:
        for first in range(0, 12, 4):
            writer.write_table(pa.Table.from_pylist(ROWS[first : first + 4], schema=SCHEMA))
    return file


def flipped(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The bytes of a file with one bit of each byte turned, and of the last ones every bit."""
    for place in range(len(content)):
        for bit in range(8) if place >= len(content) - 16 else (place % 8,):
            yield place, content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def test_others_read_a_shard_as_parquet(sealed: Path) -> None:
    assert pq.read_table(sealed).to_pylist() == ROWS
    assert pq.ParquetFile(sealed).metadata.num_row_groups == 3


def test_a_flipped_bit_anywhere_is_named_or_harmless_and_never_makes_other_rows(sealed: Path) -> None:
    content = sealed.read_bytes()
    num_named = 0
    for place, damaged in flipped(content):
        sealed.write_bytes(damaged)
        try:
            assert list(read_shard(sealed)) == ROWS, place
        except DamageError as error:
            num_named += 1
            assert str(sealed) in str(error)
            assert "--redraw damaged" in str(error)
    assert num_named > len(content) // 2


def test_a_shard_that_was_cut_off_is_named_wherever(sealed: Path) -> None:
    content = sealed.read_bytes()
    for size in {*range(0, len(content), 7), len(content) - 1}:
        sealed.write_bytes(content[:size])
        with pytest.raises(DamageError, match=r"a\.parquet is damaged"):
            list(read_shard(sealed))


READERS: dict[str, Callable[[Path], object]] = {
    "rows": lambda path: list(read_shard(path)),
    "table": read_table,
    "units": lambda path: list(row_groups([path], ["prompt_id", "text"])),
    "keys": lambda path: Table(path.parent, SCHEMA).keys(),
    "a stream": lambda path: Shard(Path("inputs/a.parquet"), BytesIO(path.read_bytes())).table(),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_every_reader_names_a_damaged_page(sealed: Path, read: Callable[[Path], object]) -> None:
    content = bytearray(sealed.read_bytes())
    content[60] ^= 1  # the first column's values
    sealed.write_bytes(content)
    assert count_rows(sealed) == 12
    with pytest.raises(DamageError, match=r"a\.parquet is damaged"):
        read(sealed)


def test_row_groups_are_small_so_that_damage_costs_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "ROW_GROUP_BYTES", 100)
    table = Table(tmp_path, SCHEMA)
    table.open("a", print)
    for row in ROWS:
        table.append(row)
    table.close()
    with Shard(table.shards()[0]) as file, new_shard(tmp_path / "b.parquet", SCHEMA) as writer:
        assert max(file.group_sizes) <= 3
        assert sum(file.group_sizes) == file.num_rows == 12
        write_rows(file.table(), writer)
    with Shard(tmp_path / "b.parquet") as file:
        assert max(file.group_sizes) <= 3
        assert file.table().to_pylist() == ROWS
