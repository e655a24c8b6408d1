"""Turn a dataset into token ids ready for training: rendered, proved, measured, packed.

It runs before any process group exists, so no GPU waits for a tokenizer and no collective times out. Rows are
taken in blocks; a finished block is sealed by a rename, so a killed preparation goes on where it stopped, and
memory holds one block however long the dataset is.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import Field

from distill.errors import InputError
from distill.files import replacing, write_whole
from distill.references import Record
from distill.training.examples import datasets as rows
from distill.training.examples.encode import Encoded, Encoder
from distill.training.examples.show import IGNORED, Span, spans
from distill.training.recipe import StudentRecipe
from distill.training.student.student import Student

BLOCK = 4096
"""Rows a block. With 5,000 tokens a row, a block is 160 MB of ids and labels, and packs into 640 full sequences."""


class Summary(Record):
    """What a preparation did; blocks add up."""

    num_rows: int = 0
    """Rows that will be trained."""
    num_sequences: int = 0
    """Sequences they were packed into; without packing, as many as rows."""
    num_tokens: int = 0
    num_trained_tokens: int = 0
    """Tokens with a loss: completions."""
    overlong: dict[str, int] = Field(default_factory=dict)
    """Rows above `max_length`, by domain: dropped whole, since a cut row would lose its answer and EOS."""
    num_control: int = 0
    """Rows set aside because their text spells a control token of the tokenizer."""
    lengths: dict[int, int] = Field(default_factory=dict)
    """Histogram of all rows, dropped ones included: power of two that the length does not exceed → rows."""

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(
            num_rows=self.num_rows + other.num_rows,
            num_sequences=self.num_sequences + other.num_sequences,
            num_tokens=self.num_tokens + other.num_tokens,
            num_trained_tokens=self.num_trained_tokens + other.num_trained_tokens,
            overlong=dict(Counter(self.overlong) + Counter(other.overlong)),
            num_control=self.num_control + other.num_control,
            lengths=dict(sorted((Counter(self.lengths) + Counter(other.lengths)).items())),
        )

    def padding_share(self, max_length: int) -> float:
        """Share of `num_sequences × max_length` that holds no token: the waste of packed sequences."""
        return 1 - self.num_tokens / (self.num_sequences * max_length) if self.num_sequences else 0.0


class PreparedRows(Record):
    """Prepared data on disk."""

    folder: Path
    """Arrow files with `input_ids`, `labels` and, when packed, `seq_lengths`."""
    held_out: Path | None = None
    """Arrow files of the rows that are held out, unpacked; None where there are none."""
    summary: Summary
    dataset_digest: str
    teachers: tuple[str, ...]
    verifiers: tuple[str, ...]


def prepare(
    dataset: rows.Datasets,
    student: Student,
    recipe: StudentRecipe,
    folder: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> PreparedRows:
    """Prepare every row of `dataset`; a second call with the same inputs reads what the first wrote.

    `progress` is called with the number of rows done. Raises InputError where a row has the wrong form or a proof
    fails, and where no row is left.
    """
    files = rows.dataset_files(dataset)
    digest = rows.digest(files)
    target = folder / "-".join(
        [digest, student.digest, str(recipe.max_length), *(["packed"] if recipe.packing else [])]
    )
    target.mkdir(parents=True, exist_ok=True)
    encoder = Encoder(student.folder)
    summary, done = Summary(), 0
    for number, block in enumerate(rows.blocks(files, BLOCK)):
        path = target / f"block-{number:05d}.arrow"
        part = _sealed(path) or _seal(path, block, encoder, recipe)
        summary, done = summary + part, done + len(block)
        progress(done)
    if not summary.num_rows:
        raise InputError(_nothing_left(dataset, summary, recipe))
    teachers, verifiers = rows.distinct(files, "teacher"), rows.distinct(files, "verifier")
    return PreparedRows(folder=target, summary=summary, dataset_digest=digest, teachers=teachers, verifiers=verifiers)


def first_document(data: PreparedRows, student: Student) -> list[Span]:
    """The first training document as text, by what is trained. Of a packed sequence, its first row."""
    from datasets import Dataset

    blocks = (Dataset.from_file(str(path)) for path in sorted(data.folder.glob("*.arrow")))
    row = next(block[0] for block in blocks if len(block))
    length = row["seq_lengths"][0] if "seq_lengths" in row else len(row["input_ids"])
    tokenizer = Encoder(student.folder).tokenizer
    pieces = [str(tokenizer.decode([token])) for token in row["input_ids"][:length]]
    return spans(pieces, row["labels"][:length])


def _sealed(path: Path) -> Summary | None:
    """The summary of a block that an earlier run finished. It is written last."""
    summary = path.with_suffix(".json")
    return Summary.model_validate_json(summary.read_bytes()) if summary.is_file() else None


def _seal(path: Path, block: list[rows.Row], encoder: Encoder, recipe: StudentRecipe) -> Summary:
    every = encoder.encode(block)
    encoded = [one for one in every if not encoder.has_control_tokens(one)]
    kept = [e for e in encoded if e.num_tokens <= recipe.max_length]
    table = pack(to_table(kept), recipe.max_length) if recipe.packing and kept else to_table(kept)
    part = Summary(
        num_rows=len(kept),
        num_sequences=table.num_rows,
        num_tokens=sum(e.num_tokens for e in kept),
        num_trained_tokens=sum(len(e.completion) for e in kept),
        overlong=dict(Counter(e.row.domain for e in encoded if e.num_tokens > recipe.max_length)),
        num_control=len(every) - len(encoded),
        lengths=dict(Counter(1 << (e.num_tokens - 1).bit_length() for e in encoded)),
    )
    _write(path, table)
    write_whole(path.with_suffix(".json"), part.model_dump_json())
    return part


def to_table(encoded: Sequence[Encoded]) -> pa.Table:
    """Token ids, and the same with the prompt's share of the labels ignored."""
    parts = [part for one in encoded for part in (one.prompt, one.completion)]
    ids = np.fromiter(chain.from_iterable(parts), np.int32)
    is_trained = np.repeat(np.tile([False, True], len(encoded)), [len(part) for part in parts])
    offsets = np.cumsum([0, *(one.num_tokens for one in encoded)], dtype=np.int32)
    columns = {"input_ids": ids, "labels": np.where(is_trained, ids, np.int32(IGNORED))}
    return pa.table({name: pa.ListArray.from_arrays(offsets, values) for name, values in columns.items()})


def pack(table: pa.Table, max_length: int) -> pa.Table:
    """Put rows side by side into sequences of at most `max_length`, longest first, each where it fits best.

    TRL's own best-fit-decreasing. It cuts longer rows, so drop those first.
    """
    from datasets import Dataset
    from trl import pack_dataset  # type: ignore[attr-defined]

    packed = pack_dataset(Dataset(table), max_length, "bfd", {"batch_size": None, "keep_in_memory": True})
    return packed.data.table


def _write(path: Path, table: pa.Table) -> None:
    with (
        replacing(path) as partial,
        pa.OSFile(str(partial), "wb") as file,
        pa.ipc.new_stream(file, table.schema) as writer,
    ):
        writer.write_table(table, max_chunksize=256)


def _nothing_left(dataset: rows.Datasets, summary: Summary, recipe: StudentRecipe) -> str:
    name = rows.named(dataset)
    if not summary.lengths and not summary.num_control:
        return f"The dataset {name} is empty. Make one with: distill select RUN --out DIR"
    return (
        f"No row of {name} is left to train on: {sum(summary.overlong.values())} are longer than max_length "
        f"{recipe.max_length}, {summary.num_control} spell control tokens. Raise max_length."
    )
