"""Prompt rows as files: JSONL as people write it, or Parquet with the columns of a run folder and pass rates."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import orjson

from distill.errors import InputError
from distill.files import replacing
from distill.records import Prompt
from distill.rows.parse import parse_prompt, reference_columns

SUFFIXES = (".jsonl", ".parquet")
ROW_GROUP = 4096


def prompt_line(prompt: Prompt) -> bytes:
    """A prompt as a line of JSON: a single message of a user as text, columns without a value left out."""
    only = prompt.messages[0]
    is_plain = len(prompt.messages) == 1 and only.role == "user"
    row: dict[str, object] = {
        "id": prompt.id,
        "prompt": only.content if is_plain else [message.model_dump() for message in prompt.messages],
        "domain": prompt.domain,
        **reference_columns(prompt.reference),
        "source": prompt.source,
        "license": prompt.license,
        "language": prompt.language,
        "pass_rate": prompt.pass_rate,
        "num_pilot_samples": prompt.num_pilot_samples,
    }
    return orjson.dumps({name: value for name, value in row.items() if value is not None}) + b"\n"


def check_name(out: Path) -> None:
    """Raises InputError for a name from which no format follows."""
    if out.suffix not in SUFFIXES:
        raise InputError(f"--out {out} should end in {' or '.join(SUFFIXES)}, so that its format is known.")


@contextmanager
def whole_file(out: Path) -> Iterator[BinaryIO]:
    """Write JSON lines; `out` appears in one step, as JSONL or Parquet, if the block ends well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out, durable=False) as partial:
        with partial.open("wb") as file:
            yield file
        if out.suffix == ".parquet":
            _to_parquet(partial)


def _to_parquet(lines: Path) -> None:
    """Replace JSON lines by a Parquet file of the same rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from distill.rows import columns as schemas

    table = lines.with_name(lines.name + ".tmp")
    with lines.open("rb") as file, pq.ParquetWriter(table, schemas.RATED_PROMPTS, compression="zstd") as writer:
        rows = (schemas.rated_prompt_row(parse_prompt(orjson.loads(line))) for line in file)
        while group := list(islice(rows, ROW_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schemas.RATED_PROMPTS))
    table.replace(lines)
