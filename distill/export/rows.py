"""A dataset of ours, as a folder, Parquet files or a name on the Hub ─▶ its rows, streamed, as exports need them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from distill.errors import InputError
from distill.export.row_lengths import RowSize, row_size
from distill.records import Message
from distill.rows.hub import hub_files, is_hub_id, parse_hub_id

if TYPE_CHECKING:
    import pyarrow.parquet as pq

NEEDED = ("prompt", "completion")
WANTED = ("id", *NEEDED, "domain", "reference", "num_tokens")
BATCH = 64


class Unfit(Exception):  # noqa: N818 - a fate of a row, which is counted
    """A row that cannot be exported; the text says why, in words that many rows share."""


class SplitFile(NamedTuple):
    """A file of rows, and the split that it belongs to."""

    split: str
    path: Path


class ExportRow(NamedTuple):
    """What exports take of a dataset's row."""

    id: str
    prompt: tuple[Message, ...]
    completion: str
    """Reasoning in `<think>` tags, and the answer."""
    domain: str
    reference: Mapping[str, object]
    """The columns of `reference` that are given; empty where there is none."""
    size: RowSize
    split: str


class Placed(NamedTuple):
    """A row and where it stands."""

    row: ExportRow | Unfit
    where: str
    """`train-00000-of-00001.parquet, row 3`."""


def split_files(names: Sequence[str]) -> list[SplitFile]:
    """The files of datasets by their names: folders that `distill select` wrote, Parquet files, datasets of the Hub.

    A file's split is what stands in front of its number, as in `test-00000-of-00001.parquet`, else `train`. Of a
    dataset on the Hub it is the one that is named, `org/name@test`, else `train`. Raises InputError where there is
    none, HubError where the Hub has none.
    """
    return [file for name in names for file in _files(name)]


def count(files: Sequence[SplitFile]) -> int:
    """How many rows there are, without reading them. Raises InputError for files that are no dataset of ours."""
    return sum(_num_rows(file.path) for file in files)


def read(files: Sequence[SplitFile]) -> Iterator[Placed]:
    """All rows, in their order; one that cannot be used says why. Raises InputError for a file that is damaged."""
    for split, path in files:
        with _opened(path) as table:
            columns = [name for name in WANTED if name in table.schema_arrow.names]
            number = 0
            for batch in table.iter_batches(BATCH, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield Placed(_row_or_reason(row, split), f"{path.name}, row {number}")


def _files(name: str) -> list[SplitFile]:
    path = Path(name)
    if path.is_dir():
        found = [SplitFile(_split_of(file), file) for file in sorted(path.glob("data/*.parquet"))]
        if not found:
            raise InputError(f"{path} holds no data/*.parquet, so it is no dataset; `distill select` writes one.")
        return sorted(found, key=lambda file: file.split != "train")
    if path.is_file():
        return [SplitFile(_split_of(path), path)]
    if not is_hub_id(name):
        raise InputError(f"There is no dataset {name}; name a folder of `distill select`, its files, or org/name.")
    return [SplitFile(parse_hub_id(name).split, file) for file in hub_files(name)]


def _split_of(file: Path) -> str:
    return file.name.rpartition("-of-")[0].rpartition("-")[0] or "train"


def _num_rows(path: Path) -> int:
    with _opened(path) as table:
        if missing := [name for name in NEEDED if name not in table.schema_arrow.names]:
            raise InputError(
                f"{path} has no column {' and no '.join(missing)}, so it is no dataset of `distill select`; its "
                f"columns are {', '.join(table.schema_arrow.names)}. `distill audit {path}` examines traces of others."
            )
        return int(table.metadata.num_rows)


@contextmanager
def _opened(path: Path) -> Iterator["pq.ParquetFile"]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as table:  # which would hold all that was read of the file
            yield table
    except (pa.ArrowException, OSError) as error:
        if path.suffix != ".parquet":
            raise InputError(
                f"{path} is no Parquet file, so it is no dataset of `distill select`. `distill audit {path}` examines "
                "traces of others."
            ) from None
        raise InputError(f"{path} is no readable Parquet file ({error}); fetch or write it anew.") from None


def _row_or_reason(row: Mapping[str, object], split: str) -> ExportRow | Unfit:
    try:
        return _row(row, split)
    except Unfit as reason:
        return reason


def _row(row: Mapping[str, object], split: str) -> ExportRow:
    prompt, completion = _messages(row, "prompt"), _messages(row, "completion")
    if [message.role for message in completion] != ["assistant"]:
        raise Unfit("its completion is not one message of the assistant")
    text = completion[0].content
    if not text.strip():
        raise Unfit("its completion is empty")
    reference, num_tokens = row.get("reference"), row.get("num_tokens")
    given = reference if isinstance(reference, Mapping) else {}
    return ExportRow(
        id=str(row.get("id") or ""),
        prompt=prompt,
        completion=text,
        domain=str(row.get("domain") or "general"),
        reference={name: value for name, value in given.items() if value is not None},
        size=row_size((message.content for message in prompt), text, num_tokens if isinstance(num_tokens, int) else 0),
        split=split,
    )


def _messages(row: Mapping[str, object], column: str) -> tuple[Message, ...]:
    messages = row.get(column)
    if not isinstance(messages, list) or not messages:
        raise Unfit(f"it has no {column}")
    try:
        return tuple(map(Message.model_validate, messages))
    except ValidationError:
        raise Unfit(f"its {column} is no list of texts by system, user or assistant") from None
