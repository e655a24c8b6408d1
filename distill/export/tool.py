"""What every export has: which files a tool reads, and what is written beside them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from distill.export.row_lengths import RowLengthFacts
from distill.export.rows import ExportRow, Unfit
from distill.records import Message
from distill.references import Record

if TYPE_CHECKING:
    import pyarrow as pa

Line = dict[str, object]
"""A row in a tool's shape."""


class DataPart(NamedTuple):
    """Files of one shape, one a split."""

    name: str
    """What its rows are for: `sft`, `rl`."""
    shape: Callable[[ExportRow], Line | None]
    """The row as the tool reads it; None where its prompt is there already. Raises Unfit where it cannot take it."""
    schema: Callable[[], "pa.Schema"] | None = None
    """Of Parquet files; None: lines of JSON."""
    max_bytes: int | None = None
    """Of a file; rows beyond are set aside."""
    folder: str = ""

    def file(self, split: str) -> str:
        """The file of a split, in the folder of the export."""
        return f"{self.folder}{split}.{'jsonl' if self.schema is None else 'parquet'}"


class ExportFacts(Record):
    """What an export holds, as `export.json` has it."""

    tool: str
    dataset: tuple[str, ...]
    distill: str
    rows: dict[str, int]
    """Of each file of rows."""
    num_read: int
    set_aside: dict[str, dict[str, int]]
    """Rows by reason, of each part."""
    lengths: RowLengthFacts
    texts: dict[str, str]
    """SHA-256 of the files that stand beside the rows."""

    def has(self, file: str) -> bool:
        """Whether there are rows in a file."""
        return self.rows.get(file, 0) > 0


class Tool(Protocol):
    """A trainer, or a shape that trainers share."""

    @property
    def name(self) -> str:
        """As `--to` has it."""

    def parts(self) -> Sequence[DataPart]:
        """Its files of rows. Made anew for each export: what a part remembers is of one."""

    def texts(self, facts: ExportFacts, out: Path) -> dict[str, str]:
        """Configurations and programs beside the rows, by file name. `out` is where they will lie, as it was named."""

    def how(self, facts: ExportFacts, out: Path) -> str:
        """How to train with it and what one must know, as Markdown for README.md."""


def messages(row: ExportRow) -> list[Line]:
    """Prompt and completion as one list of `role` and `content`."""
    return [message.model_dump() for message in (*row.prompt, Message(role="assistant", content=row.completion))]


def has_earlier_answers(row: ExportRow) -> bool:
    """Whether the prompt itself holds turns of the assistant, which its teacher did not write."""
    return any(message.role == "assistant" for message in row.prompt)


def refuse_unless_alternating(row: ExportRow) -> None:
    """Raises Unfit unless user and assistant take turns, behind one message of the system at most."""
    roles = [message.role for message in row.prompt]
    turns = roles[1:] if roles[0] == "system" else roles
    if turns != ["user", "assistant"] * (len(turns) // 2) + ["user"]:
        raise Unfit("user and assistant do not take turns, which the tool's reader asks for")
