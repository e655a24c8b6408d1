"""The same rows come out of every format and every shape in which they lie."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict
from pyarrow import parquet

from distill.errors import InputError
from distill.training.examples.blocks import blocks_of
from distill.training.examples.datasets import combined, dataset_files, digest
from distill.training.examples.row import COLUMNS, Row, SetAsideError, rows
from tests.training.tiny import row

ROWS = [row(f"{n}?", f"<think>\n{n}\n</think>\n\n{n}") for n in range(10)]
Write = Callable[[Path], Path]


def lines(folder: Path) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in ROWS), encoding="utf-8")
    return path


def array(folder: Path) -> Path:
    path = folder / "rows.json"
    path.write_text(json.dumps(ROWS, indent=1), encoding="utf-8")
    return path


def table(folder: Path) -> Path:
    path = folder / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("prompt", "completion", "domain"))
        writer.writeheader()
        for one in ROWS:
            texts = {name: one[name][0]["content"] for name in ("prompt", "completion")}  # type: ignore[index]
            writer.writerow({"domain": one["domain"], **texts})
    return path


def selected(folder: Path) -> Path:
    (folder / "dataset" / "data").mkdir(parents=True)
    for number, part in enumerate((ROWS[:6], ROWS[6:])):
        parquet.write_table(pa.Table.from_pylist(part), folder / "dataset" / "data" / f"train-{number:05}.parquet")
    parquet.write_table(pa.Table.from_pylist(ROWS[:1]), folder / "dataset" / "data" / "held_out.parquet")
    return folder / "dataset"


def saved(folder: Path) -> Path:
    Dataset.from_list(ROWS).save_to_disk(str(folder / "saved"))
    return folder / "saved"


def saved_splits(folder: Path) -> Path:
    splits = DatasetDict({"train": Dataset.from_list(ROWS), "test": Dataset.from_list(ROWS[:1])})
    splits.save_to_disk(str(folder / "saved"))
    return folder / "saved"


def read(path: Path, cache: Path, size: int = 4) -> list[Row]:
    blocks, _ = blocks_of(dataset_files(path), size, cache)
    assert max(block.num_rows for block in blocks) <= size
    found = [(record, where) for block in blocks for record, where in block.records()]
    return [one for record, where in found for one in _rows(record, where)]


def _rows(record: object, where: str) -> list[Row]:
    assert isinstance(record, dict)
    return rows(record, where)


@pytest.mark.parametrize("write", [lines, array, table, selected, saved, saved_splits])
def test_a_format_does_not_change_the_rows(write: Write, tmp_path: Path) -> None:
    found = read(write(tmp_path), tmp_path / "cache")
    assert [one.content for one in found] == [f"<think>\n{n}\n</think>\n\n{n}" for n in range(10)]
    assert [one.prompt for one in found] == [[{"role": "user", "content": f"{n}?"}] for n in range(10)]
    assert {one.domain for one in found} == {"math"}
    assert read(write_again(tmp_path), tmp_path / "cache") == found


def write_again(folder: Path) -> Path:
    """What was written a moment ago."""
    return next(path for path in folder.iterdir() if path.name != "cache")


def test_a_message_names_the_users_file_and_row(tmp_path: Path) -> None:
    assert read(array(tmp_path), tmp_path / "cache")[7].where == f"{tmp_path / 'rows.json'}, row 8"
    last = read(selected(tmp_path), tmp_path / "cache")[-1].where
    assert last == f"{tmp_path / 'dataset/data/train-00001.parquet'}, row 4"


def test_columns_of_several_shapes_disturb_nobody(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    shapes: list[object] = [1, "a", {"b": [1]}, [{"c": None}]]
    path.write_text(
        "".join(json.dumps(one | {"tests": shape}) + "\n" for one, shape in zip(ROWS, shapes, strict=False)),
        encoding="utf-8",
    )
    assert len(read(path, tmp_path / "cache")) == 4


def test_only_the_columns_that_are_needed_are_copied_from_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.Table.from_pylist([one | {"embedding": [0.5] * 9} for one in ROWS]), path)
    assert len(read(path, tmp_path / "cache")) == 10
    (copied,) = (tmp_path / "cache").rglob("*.arrow")
    assert set(pa.ipc.open_stream(copied.read_bytes()).read_all().column_names) < set(COLUMNS)


def test_what_is_read_once_gives_the_digest_too(tmp_path: Path) -> None:
    files = dataset_files([lines(tmp_path), selected(tmp_path)])
    _, digests = blocks_of(files, 4, tmp_path / "cache")
    assert combined(digests) == digest(files)


def test_a_long_csv_field_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"prompt,completion\n2+2?,{'9' * 200_000}\n", encoding="utf-8")
    ((record, _),) = blocks_of([path], 4, tmp_path / "cache")[0][0].records()
    assert not isinstance(record, SetAsideError)
    assert len(str(record["completion"])) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.txt", b"a", r"rows\.txt is none of \.parquet"),
        ("rows.parquet", b"a", r"rows\.parquet is not a Parquet file"),
        ("rows.arrow", b"a", r"rows\.arrow is no Arrow file as `datasets` saves it"),
        ("rows.json", b"[1", r"rows\.json begins as an array of JSON, but is none"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        blocks_of(dataset_files(tmp_path / name), 4, tmp_path / "cache")


def test_a_parquet_file_without_conversations_is_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"question": ["a?"]}), tmp_path / "rows.parquet")
    with pytest.raises(InputError, match="has none of the columns that training reads: prompt, completion, messages"):
        blocks_of([tmp_path / "rows.parquet"], 4, tmp_path / "cache")


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no rows.*distill select RUN --out"):
        dataset_files(tmp_path)
