"""Verdicts of earlier runs lack the newest columns, and stay readable."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from distill.records import FailedTest, Outcome, Verdict
from distill.rows import columns as schemas
from distill.store.sorting import write_sorted
from distill.store.table import Table

COUNTED = Verdict.decided(Outcome.FAIL, "unit_tests", "test 3").model_copy(
    update={"num_passed": 8, "num_tests": 10, "failed_test": FailedTest(number=3, input="1", expected="2", got="")}
)
PLAIN = Verdict.passed("math_answer", "equal", extracted="4", seconds=0.5)
NEW = {"num_passed", "num_tests", "failed_test"}


def old_row(index: int) -> dict[str, object]:
    return {name: value for name, value in schemas.verdict_row("p", index, PLAIN).items() if name not in NEW}


def old_shard(folder: Path) -> None:
    folder.mkdir()
    schema = pa.schema([field for field in schemas.VERDICTS if field.name not in NEW])
    pq.write_table(pa.Table.from_pylist([old_row(0)], schema=schema), folder / "0.parquet")


def test_a_verdict_comes_back_as_it_was(tmp_path: Path) -> None:
    table = Table(tmp_path, schemas.VERDICTS)
    table.open("a", print)
    table.append(schemas.verdict_row("p", 0, COUNTED))
    table.append(schemas.verdict_row("p", 1, PLAIN))
    table.close()
    assert [schemas.verdict_of(row) for row in table.rows()] == [COUNTED, PLAIN]


def test_shards_and_journals_without_counts_are_read_beside_those_with(tmp_path: Path) -> None:
    old_shard(tmp_path / "v")
    table = Table(tmp_path / "v", schemas.VERDICTS)
    table.open("a", print)
    table.append(old_row(1))
    table.append(schemas.verdict_row("p", 2, COUNTED))
    table.flush()
    assert [schemas.verdict_of(row) for row in table.rows()] == [PLAIN, PLAIN, COUNTED]
    table.close()
    assert [schemas.verdict_of(row) for row in table.rows()] == [PLAIN, PLAIN, COUNTED]
    assert write_sorted(table, lambda key: (0, -key[1]), tmp_path / "sorted.parquet") == 3
    found = pq.read_table(tmp_path / "sorted.parquet")
    assert found.column("num_passed").to_pylist() == [8, None, None]
    assert found.schema.names == schemas.VERDICTS.names
