"""The rows of a dataset: their columns, and the prompt, text and verdict behind a row."""

import pyarrow as pa

from distill.rows import columns

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("prompt", columns.MESSAGES),
        ("completion", columns.MESSAGES),
        ("domain", pa.string()),
        ("source", pa.string()),
        ("license", pa.string()),
        ("language", pa.string()),
        ("answer", pa.string()),
        ("num_tokens", pa.int64()),
        ("pass_rate", pa.float64()),
        ("num_samples", pa.int64()),
        ("num_passed", pa.int64()),
        ("teacher", pa.string()),
        ("verifier", pa.string()),
        ("sampling", columns.SAMPLING),
    ]
)
