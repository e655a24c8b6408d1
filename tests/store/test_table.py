import errno
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.errors import RunError
from distill.store import Keys, Repair, Table, shard
from distill.store import table as module

SCHEMA = pa.schema([("prompt_id", pa.string()), ("index", pa.int32()), ("text", pa.string())])


def rows(first: int, last: int) -> list[dict[str, object]]:
    return [{"prompt_id": f"p{i // 4}", "index": i % 4, "text": "x" * i} for i in range(first, last)]


def opened(folder: Path, attempt: str) -> tuple[Table, Repair]:
    table = Table(folder, SCHEMA)
    return table, table.open(attempt, print)


def filled(folder: Path, attempt: str, first: int, last: int) -> Table:
    table, _ = opened(folder, attempt)
    for row in rows(first, last):
        table.append(row)
    return table


def test_a_closed_table_is_parquet_alone(tmp_path: Path) -> None:
    filled(tmp_path, "a", 0, 10).close()
    assert [path.suffix for path in tmp_path.iterdir()] == [".parquet"]
    assert pq.read_table(tmp_path).to_pylist() == rows(0, 10)


def test_unsealed_rows_are_read_with_the_sealed_ones(tmp_path: Path) -> None:
    filled(tmp_path, "a", 0, 10).close()
    table = filled(tmp_path, "b", 10, 15)
    table.flush()
    assert list(Table(tmp_path, SCHEMA).rows()) == rows(0, 15)
    assert table.count() == len(table.keys()) == 15
    table.close()


def test_an_attempt_that_died_is_recovered_and_its_torn_line_counted(tmp_path: Path) -> None:
    table = filled(tmp_path, "a", 0, 10)
    table.flush()
    segment = next(tmp_path.glob("*.journal"))
    os.truncate(segment, segment.stat().st_size - 3)
    again, repair = opened(tmp_path, "b")
    assert repair == Repair(num_recovered=9, num_torn=1)
    assert list(again.rows()) == rows(0, 9)
    with pytest.raises(FileNotFoundError):
        table.close()  # the dead attempt's own view


def test_dying_between_the_shard_and_the_removal_of_its_segment_doubles_nothing(tmp_path: Path) -> None:
    table = filled(tmp_path, "a", 0, 10)
    table.flush()
    segment = next(tmp_path.glob("*.journal"))
    copy = segment.read_bytes()
    table.close()
    segment.write_bytes(copy)
    assert list(Table(tmp_path, SCHEMA).rows()) == rows(0, 10)
    again, _ = opened(tmp_path, "b")
    assert list(again.rows()) == rows(0, 10)
    assert not segment.exists()


def test_dying_inside_a_shard_leaves_its_rows_in_the_segment(tmp_path: Path) -> None:
    filled(tmp_path, "a", 0, 10).flush()
    (tmp_path / "a-0000.parquet.tmp").write_bytes(b"PAR1 torn")
    again, repair = opened(tmp_path, "b")
    assert repair.num_recovered == 10
    assert list(again.rows()) == rows(0, 10)


def test_of_rows_with_one_key_the_first_wins(tmp_path: Path) -> None:
    filled(tmp_path, "a", 0, 10).close()
    filled(tmp_path, "zombie", 5, 12).flush()
    again, _ = opened(tmp_path, "b")
    assert sorted(str(row["text"]) for row in again.rows()) == ["x" * i for i in range(12)]


def test_large_segments_are_sealed_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 500)
    monkeypatch.setattr(shard, "ROW_GROUP_BYTES", 100)
    filled(tmp_path, "a", 0, 60).close()
    shards = sorted(tmp_path.glob("*.parquet"))
    assert len(shards) > 3
    assert pq.ParquetFile(shards[-1]).num_row_groups > 1
    assert list(Table(tmp_path, SCHEMA).rows()) == rows(0, 60)


def test_unwanted_rows_are_forgotten_wherever_they_lie_and_can_be_appended_again(tmp_path: Path) -> None:
    filled(tmp_path, "a", 0, 10).close()
    table = filled(tmp_path, "b", 10, 15)
    assert table.remove(lambda row: row["index"] == 1, ["index"]) == 4
    kept = [row for row in rows(0, 15) if row["index"] != 1]
    assert list(table.rows()) == kept
    assert len(table.keys()) == table.count() == 11
    table.append(rows(1, 2)[0])
    table.close()
    assert list(table.rows()) == kept + rows(1, 2)
    assert not list(tmp_path.glob("*.tmp"))


def test_a_shard_that_keeps_no_row_goes_and_one_that_loses_none_stays_as_it_is(tmp_path: Path) -> None:
    filled(tmp_path, "a", 0, 4).close()
    table = filled(tmp_path, "b", 4, 8)
    table.close()
    untouched = (tmp_path / "b-0000.parquet").stat().st_ino
    assert table.remove(lambda row: row["prompt_id"] == "p0", ["prompt_id"]) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["b-0000.parquet"]
    assert (tmp_path / "b-0000.parquet").stat().st_ino == untouched


def test_a_kill_between_two_shards_leaves_the_rows_of_the_second(tmp_path: Path) -> None:
    for attempt, first in (("a", 0), ("b", 8)):
        filled(tmp_path, attempt, first, first + 8).close()
    table, _ = opened(tmp_path, "c")

    def is_unwanted(row: dict[str, object]) -> bool:
        if row["prompt_id"] == "p2":
            raise KeyboardInterrupt
        return row["index"] == 0

    with pytest.raises(KeyboardInterrupt):
        table.remove(is_unwanted, ["prompt_id", "index"])
    assert list(table.rows()) == [row for row in rows(0, 8) if row["index"]] + rows(8, 16)


def test_nothing_is_removed_while_the_disk_is_too_full_to_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = filled(tmp_path, "a", 0, 10)

    def no_room(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "write_shard", no_room)
    with pytest.raises(RunError, match="could not be sealed"):
        table.remove(lambda _: True, ["index"])
    assert list(table.rows()) == rows(0, 10)


def test_keys_are_remembered_once() -> None:
    keys = Keys()
    assert keys.add("p", 3)
    assert not keys.add("p", 3)
    assert ("p", 3) in keys
    assert ("p", 2) not in keys
    assert ("q", 3) not in keys
    assert keys.indices("p") == {3}
    assert len(keys) == 1
