"""The output of `distill verify FILE`: one verdict a line, whole or resumable, never half and unnoticed.

Verdicts are written to `OUT.partial`; `OUT` appears in one step when the last one is there. Beside the partial
file stands what it was made from, so that it is only ever continued with the same input and settings.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from pydantic import JsonValue

from distill.files import json_bytes
from distill.records import Verdict
from distill.rows.dataset_rows import Stated


class Again(NamedTuple):
    """What a dataset says of a row that is verified again, and whether that has changed."""

    stated: Stated
    is_changed: bool | None
    """None: not checked, since a judge had decided and none is asked now."""

    def columns(self) -> dict[str, JsonValue]:
        """What stands behind the verdict of a row. `run` and `sample_index` name the row where its id comes twice."""
        stated = self.stated
        return {
            "run": stated.run,
            "sample_index": stated.sample_index,
            "was": stated.outcome.value,
            "was_verifier": stated.verifier,
            "was_judge": stated.judge,
            "changed": self.is_changed,
        }


class RowVerdict(NamedTuple):
    """A row's verdict, as it is written."""

    row_id: str
    verdict: Verdict
    again: Again | None = None


class VerdictFile:
    """Appends verdicts to `out`; as a context manager it finishes the file if the block ends well."""

    def __init__(self, out: Path, made_from: Mapping[str, JsonValue]) -> None:
        self._out = out
        self._partial = out.with_name(out.name + ".partial")
        self._origin = out.with_name(out.name + ".partial.json")
        self._made_from = dict(made_from)
        self._file: BinaryIO | None = None
        self.num_done = 0
        """Verdicts that an earlier attempt has left."""

    def __enter__(self) -> Self:
        self._out.parent.mkdir(parents=True, exist_ok=True)
        self.num_done = self._repair() if self._is_ours() else self._start()
        self._file = self._partial.open("ab")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if error is None:
            self._finish()

    def append(self, decided: RowVerdict) -> None:
        """Write one line."""
        assert self._file is not None
        self._file.write(verdict_line(*decided) + b"\n")

    def _is_ours(self) -> bool:
        return (
            self._partial.exists()
            and self._origin.exists()
            and json.loads(self._origin.read_bytes() or b"null") == self._made_from
        )

    def _start(self) -> int:
        self._partial.unlink(missing_ok=True)
        self._origin.write_text(json.dumps(self._made_from))
        return 0

    def _repair(self) -> int:
        """Cut a torn tail off; returns how many whole lines there are."""
        num_lines = end = 0
        with self._partial.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    num_lines, end = num_lines + 1, end + len(line)
        os.truncate(self._partial, end)
        return num_lines

    def _finish(self) -> None:
        if self._out.suffix == ".parquet":
            _to_parquet(self._partial)
        self._partial.replace(self._out)
        self._origin.unlink()


def verdict_line(row_id: str, verdict: Verdict, again: Again | None = None) -> bytes:
    """A verdict as a line of JSON, without the end of the line."""
    unused = {"second_opinion"} | ({"num_passed", "num_tests"} if verdict.num_tests is None else set())
    unused |= {"failed_test"} if verdict.failed_test is None else set()
    before = {} if again is None else again.columns()
    return json_bytes({"id": row_id, **verdict.model_dump(mode="json", exclude=unused), **before})


def _to_parquet(lines: Path) -> None:
    """Replace JSON lines by a Parquet file of the same rows."""
    import pyarrow as pa
    import pyarrow.json as pj
    import pyarrow.parquet as pq

    from distill.rows.columns import FAILED_TEST

    text = pa.string()
    fields = [(name, text) for name in ("id", "outcome", "verifier", "extracted", "reason")]
    counts = [("num_passed", pa.int64()), ("num_tests", pa.int64()), ("failed_test", FAILED_TEST)]
    before = [("run", text), ("sample_index", pa.int64()), ("was", text), ("was_verifier", text), ("was_judge", text)]
    schema = pa.schema([*fields, ("seconds", pa.float64()), *counts, *before, ("changed", pa.bool_())])
    table = lines.with_name(lines.name + ".tmp")
    with pq.ParquetWriter(table, schema) as writer:
        for batch in pj.open_json(lines, parse_options=pj.ParseOptions(explicit_schema=schema)):
            writer.write_batch(batch)
    table.replace(lines)
