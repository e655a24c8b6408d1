"""Dataset rows as they lie on disk, read block by block so that memory stays flat."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson

from distill.errors import InputError
from distill.files import sha256

Turn = dict[str, str]
Datasets = str | Path | Sequence[str | Path]
"""Files, folders or Hub ids, one or several."""
COLUMNS = ("id", "prompt", "completion", "domain")


class Row(NamedTuple):
    """What training needs of a dataset row."""

    prompt: list[Turn]
    content: str
    """The completion's text, `<think>` included."""
    domain: str
    where: str
    """File and row, for messages."""


def dataset_files(dataset: Datasets) -> list[Path]:
    """The files of a dataset: a JSONL or Parquet file, or a folder of Parquet files as `distill select` writes it.

    Of several datasets, the files of each in turn.
    """
    if not isinstance(dataset, str | Path):
        return [file for one in dataset for file in dataset_files(one)]
    dataset = Path(dataset)
    if dataset.is_file():
        files = [dataset]
    elif dataset.is_dir():
        written = sorted(dataset.glob("data/train-*.parquet"))  # what is held out stands beside them
        files = written or sorted(dataset.rglob("*.parquet")) or sorted(dataset.rglob("*.jsonl"))
    else:
        raise InputError(f"There is no dataset {dataset}. Make one with: distill select RUN --out {dataset}")
    if not files:
        raise InputError(
            f"The folder {dataset} holds no Parquet or JSONL file. Make one with: distill select RUN --out DIR"
        )
    return files


def named(dataset: Datasets) -> str:
    """A dataset, or several, for people."""
    return str(dataset) if isinstance(dataset, str | Path) else " + ".join(map(str, dataset))


def digest(files: list[Path]) -> str:
    """Names the content of the files: 64 bits of the SHA-256 of theirs."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(bytes.fromhex(sha256(path)))
    return whole.hexdigest()[:16]


def distinct(files: list[Path], column: str) -> tuple[str, ...]:
    """The values of a text column, sorted: the dataset's teachers, say. Empty where no file has the column."""
    found: set[str] = set()
    for path in files:
        records = _parquet(path, (column,)) if path.suffix == ".parquet" else _jsonl(path)
        found.update(str(r[column]) for r in records if isinstance(r, dict) and r.get(column) is not None)
    return tuple(sorted(found))


def blocks(files: list[Path], size: int) -> Iterator[list[Row]]:
    """All rows in order, `size` at a time; the last block is shorter."""
    rows = (row for path in files for row in _rows(path))
    while block := list(islice(rows, size)):
        yield block


def _rows(path: Path) -> Iterator[Row]:
    records = _parquet(path) if path.suffix == ".parquet" else _jsonl(path)
    for number, record in enumerate(records, start=1):
        yield _row(record, f"{path}, row {number}")


def _jsonl(path: Path) -> Iterator[object]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise InputError(f"{path}, row {number} is not JSON: {error}. Correct or remove the line.") from error
            yield record


def _parquet(path: Path, columns: tuple[str, ...] = COLUMNS) -> Iterator[object]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path} is not a Parquet file: {error}") from error
    with file:
        present = [name for name in columns if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=1024, columns=present):
            yield from batch.to_pylist()


def _row(record: object, where: str) -> Row:
    match record:
        case {"prompt": [*prompt], "completion": [{"role": "assistant", "content": str(content)}], **rest} if (
            prompt and all(_is_turn(turn) for turn in prompt)
        ):
            return Row(prompt, content, str(rest.get("domain") or "unknown"), where)
        case {"messages": _}:
            raise InputError(
                f"{where} has `messages`. Split it into `prompt` and `completion`, as distill select does."
            )
        case _:
            raise InputError(
                f"{where} needs `prompt`, a list of turns, and `completion`, a list of one assistant turn, each "
                '{"role", "content"} with text.'
            )


def _is_turn(turn: object) -> bool:
    match turn:
        case {"role": str(), "content": str()}:
            return True
    return False
