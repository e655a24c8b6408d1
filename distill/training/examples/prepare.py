"""Turn datasets into token ids ready for training: rendered, proved, measured, packed.

It runs before any process group exists, so no GPU waits for a tokenizer and no collective times out. Rows are taken in
blocks by all cores; a finished block is sealed, so a killed preparation goes on where it stopped, and each process
holds one block however long the dataset is.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from distill.errors import InputError
from distill.files import cache_dir
from distill.references import Record
from distill.training.examples import datasets
from distill.training.examples.blocks import RowBlock, blocks_of
from distill.training.examples.encode import Encoder, encoder_of
from distill.training.examples.order import order
from distill.training.examples.processes import num_cores, seal_all
from distill.training.examples.seal import HELD_OUT, RowForm, sealed
from distill.training.examples.sequences import mapped
from distill.training.examples.show import Span, spans
from distill.training.examples.summary import Summary, total
from distill.training.examples.worker import Task
from distill.training.recipe import HeldOut, StudentRecipe
from distill.training.student.student import Student

BLOCK = 2048
"""Rows a block. With 5,000 tokens a row, a block is 80 MB of ids and labels, and packs into 320 full sequences."""
_FORMAT = "3"
"""Part of the folder's name; raised when what a block holds changes."""

Progress = Callable[[int], None]


class PreparedRows(Record):
    """Prepared data on disk."""

    folder: Path
    """Arrow files with `input_ids`, `labels`, and `length` or, when packed, `seq_lengths`; in training's order."""
    summary: Summary
    dataset_digest: str
    teachers: tuple[str, ...]
    verifiers: tuple[str, ...]
    held_out: Path | None = None
    """The same of the rows that the student is examined with, not packed."""
    held_out_summary: Summary | None = None


def prepare(
    dataset: datasets.Datasets,
    student: Student,
    recipe: StudentRecipe,
    folder: Path,
    progress: Progress = lambda _: None,
    *,
    num_processes: int | None = None,
) -> PreparedRows:
    """Prepare every row of `dataset`; a second call with the same inputs reads what the first wrote.

    A row that cannot be trained on is set aside and counted by its reason. Where more than half of a file's first
    block, 2,048 rows, share one reason, it lies in template, tokenizer or the dataset's form: then InputError is
    raised, as it is where no row is left. `progress` is called with the number of rows done. By default each core that
    this process may use has a process.
    """
    block, aside = recipe.distill, recipe.distill.held_out or HeldOut()
    form = RowForm(
        recipe.max_length, recipe.packing, block.trained_turns == "all", block.curriculum is not None, aside.share
    )
    rows = _Preparation(student, encoder_of(student.folder), folder, num_processes or num_cores(), progress)
    target, digest, summary = rows.of(dataset, form)
    held_out, examined = _held_out(rows, target, aside, form)
    if block.curriculum:
        blocks = sorted(target.glob("*.arrow"))
        target, number = order(blocks, block.curriculum, BLOCK, recipe.max_length if recipe.packing else None)
        summary = summary.model_copy(update={"num_sequences": number})
    return PreparedRows(
        folder=target,
        summary=summary,
        dataset_digest=digest,
        teachers=summary.teachers,
        verifiers=summary.verifiers,
        held_out=held_out,
        held_out_summary=examined,
    )


def first_document(data: PreparedRows, student: Student) -> list[Span]:
    """The first training document as text, by what is trained. Of a packed sequence, its first row."""
    tables = (mapped(path) for path in sorted(data.folder.glob("*.arrow")))
    (row,) = next(table.slice(0, 1).to_pylist() for table in tables if table.num_rows)
    length = row["seq_lengths"][0] if "seq_lengths" in row else row["length"]
    tokenizer = encoder_of(student.folder).tokenizer
    pieces = [tokenizer.decode([token], skip_special_tokens=False) for token in row["input_ids"][:length]]
    return spans(pieces, row["labels"][:length])


class _Preparation(NamedTuple):
    """What is the same for the rows that are trained and those that the student is examined with."""

    student: Student
    encoder: Encoder
    folder: Path
    num_processes: int
    progress: Progress

    def of(self, dataset: datasets.Datasets, form: RowForm) -> tuple[Path, str, Summary]:
        """The folder of a dataset's sequences, the dataset's digest, and what its rows turned out to be."""
        files = datasets.dataset_files(dataset)
        blocks, digests = blocks_of(files, BLOCK, cache_dir() / "rows")
        digest = datasets.combined(digests)
        target = self.folder / "-".join([digest, self.student.digest, _FORMAT, form.name])
        target.mkdir(parents=True, exist_ok=True)
        tasks = [(block, target / f"block-{number:05d}.arrow") for number, block in enumerate(blocks)]
        summary = total(self._parts(tasks, form))
        if not summary.num_rows:
            raise InputError(_nothing_left(dataset, summary, form))
        return target, digest, summary

    def _parts(self, tasks: Sequence[Task], form: RowForm) -> list[Summary]:
        """The summary of every block, in order."""
        parts = {path: part for _, path in tasks if (part := sealed(path))}
        done = sum(block.num_rows for block, path in tasks if path in parts)
        if done:
            self.progress(done)
        for block, path in tasks:
            if path in parts:
                _refuse_systematic(block, parts[path])
        waiting = [task for task in tasks if task[1] not in parts]
        for (block, path), part in seal_all(waiting, self.encoder, form, self.num_processes):
            _refuse_systematic(block, part)
            parts[path] = part
            done += block.num_rows
            self.progress(done)
        return [parts[path] for _, path in tasks]


def _held_out(rows: _Preparation, trained: Path, aside: HeldOut, form: RowForm) -> tuple[Path | None, Summary | None]:
    """Where the rows lie that the student is examined with, and what they are."""
    if aside.share:
        folder: Path | None = trained / HELD_OUT
        found = total([part for path in sorted((trained / HELD_OUT).glob("*.arrow")) if (part := sealed(path))])
    elif aside.rows:
        folder, _, found = rows.of(aside.rows, RowForm(form.max_length, is_every_turn=form.is_every_turn))
    else:
        return None, None
    if not found.num_rows:
        raise InputError("No row is held out to examine the student with. Raise distill.held_out.share.")
    return folder, found


def _refuse_systematic(block: RowBlock, part: Summary) -> None:
    """One bad row is set aside; most rows of a file, bad for one reason, are a mistake of another kind."""
    reason, number = max(part.set_aside.items(), key=lambda pair: pair[1], default=("", 0))
    if block.first == 1 and number > part.num_seen / 2:
        raise InputError(
            f"{number:,} of the first {part.num_seen:,} rows of {block.file} cannot be trained on, all for one reason "
            f"({reason}). {part.examples[reason]}"
        )


def _nothing_left(dataset: datasets.Datasets, summary: Summary, form: RowForm) -> str:
    name = datasets.named(dataset)
    if not summary.num_seen:
        return f"The dataset {name} is empty. Make one with: distill select RUN --out DIR"
    asides = "".join(f", {number:,} set aside ({reason})" for reason, number in summary.set_aside.items())
    advice = "Raise max_length." if summary.overlong else " ".join(summary.examples.values())
    return (
        f"No row of {name} is left to train on: {sum(summary.overlong.values()):,} are longer than max_length "
        f"{form.max_length}{asides}. {advice}"
    )
