"""One block of rows ─▶ a file of sequences and its summary, which is written last and so seals the file."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from distill.files import write_whole
from distill.rows.parse import stated_rate
from distill.training.examples.blocks import RowBlock
from distill.training.examples.encode import Encoded, Encoder
from distill.training.examples.order import PASS_RATE
from distill.training.examples.row import Row, SetAsideError, rows
from distill.training.examples.sequences import pack, to_table, write
from distill.training.examples.summary import Summary

_AT_ONCE = 64
"""Rows that are tokenised together: what a tokenizer returns takes twenty times the room of the ids."""
HELD_OUT = "held_out"


class RowForm(NamedTuple):
    """How rows become sequences."""

    max_length: int
    is_packed: bool = False
    is_every_turn: bool = False
    """Whether each assistant turn is a row of its own."""
    is_ordered: bool = False
    """Whether sequences will be put in order of `pass_rate`."""
    held_out_share: float = 0.0

    @property
    def name(self) -> str:
        """Tells forms apart, in the name of a folder."""
        marks = {"packed": self.is_packed, "turns": self.is_every_turn, "ordered": self.is_ordered}
        share = [f"without{self.held_out_share}"] if self.held_out_share else []
        return "-".join([str(self.max_length), *(mark for mark, is_set in marks.items() if is_set), *share])

    def is_held_out(self, row: Row) -> bool:
        """Whether a row is examined with and not trained on; all rows of one prompt are on the same side."""
        number = hashlib.sha256(row.first_question.encode("utf-8", "replace")).digest()[:8]
        return int.from_bytes(number) < self.held_out_share * 2**64


class BlockTally:
    """What a block's rows turned out to be."""

    def __init__(self) -> None:
        self.encoded: list[Encoded] = []
        self.held_out: list[Encoded] = []
        self.set_aside: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.makers: dict[str, set[str]] = {"teacher": set(), "verifier": set()}

    def put_aside(self, error: SetAsideError) -> None:
        """Count a row that cannot be trained on."""
        self.set_aside[error.reason] += 1
        self.examples.setdefault(error.reason, str(error))


def seal(block: RowBlock, path: Path, encoder: Encoder, form: RowForm) -> Summary:
    """Prepare a block. What is held out goes to a folder of its own beside `path`, unpacked."""
    tally = BlockTally()
    located = _rows(block, form, tally)
    while some := list(islice(located, _AT_ONCE)):
        for made in encoder.encode(some):
            if isinstance(made, SetAsideError):
                tally.put_aside(made)
            else:
                (tally.held_out if form.is_held_out(made.row) else tally.encoded).append(made)
    if form.held_out_share:
        aside = path.parent / HELD_OUT / path.name
        aside.parent.mkdir(exist_ok=True)
        _write(aside, tally.held_out, form._replace(is_packed=False, is_ordered=False), Summary())
    makers = {f"{name}s": tuple(sorted(found)) for name, found in tally.makers.items()}
    return _write(path, tally.encoded, form, Summary(set_aside=tally.set_aside, examples=tally.examples, **makers))


def sealed(path: Path) -> Summary | None:
    """The summary of a block that is finished."""
    summary = path.with_suffix(".json")
    return Summary.model_validate_json(summary.read_bytes()) if summary.is_file() else None


def _rows(block: RowBlock, form: RowForm, tally: BlockTally) -> Iterator[Row]:
    for record, where in block.records():
        try:
            if isinstance(record, SetAsideError):
                raise record
            found = rows(record, where, is_all=form.is_every_turn)
            if form.is_ordered and stated_rate(record) is None:
                raise SetAsideError("no pass rate", "it has no `pass_rate`, by which distill.curriculum orders.")
        except SetAsideError as error:
            tally.put_aside(SetAsideError(error.reason, f"{where}: {error}"))
            continue
        for column, names in tally.makers.items():
            if record.get(column) is not None:
                names.add(str(record[column]))
        yield from found


def _write(path: Path, encoded: list[Encoded], form: RowForm, found: Summary) -> Summary:
    kept = [one for one in encoded if one.num_tokens <= form.max_length]
    table = to_table(kept)
    if form.is_ordered:
        table = table.append_column(PASS_RATE, pa.array([one.row.pass_rate for one in kept], pa.float64()))
    elif form.is_packed:
        table = pack(table, form.max_length)
    write(path, [table])
    part = found + Summary(
        num_rows=len(kept),
        num_sequences=table.num_rows,
        num_tokens=sum(one.num_tokens for one in kept),
        num_trained_tokens=sum(len(one.completion) for one in kept),
        overlong=dict(Counter(one.row.domain for one in encoded if one.num_tokens > form.max_length)),
        lengths=dict(Counter(1 << (one.num_tokens - 1).bit_length() for one in encoded)),
    )
    write_whole(path.with_suffix(".json"), part.model_dump_json())
    return part
