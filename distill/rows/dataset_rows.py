"""The rows of a dataset: their columns, and the prompt, text and verdict behind a row."""

import pyarrow as pa

from distill.rows import columns

_IN_PROMPTS = ("answer", "choices", "tests", "constraints", "scorer")
REFERENCE = pa.struct([columns.PROMPTS.field(name) for name in _IN_PROMPTS])
"""What a row is checked against, in the columns of a run's prompts; all of them null where only a judge can tell."""

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("prompt", columns.MESSAGES),
        ("completion", columns.MESSAGES),
        ("messages", columns.MESSAGES),  # both of these, for trainers that take one list
        ("domain", pa.string()),
        ("source", pa.string()),
        ("license", pa.string()),
        ("language", pa.string()),
        ("answer", pa.string()),
        ("reference", REFERENCE),
        ("num_tokens", pa.int64()),
        ("pass_rate", pa.float64()),  # num_passed / (num_passed + num_failed): all decided samples of the prompt
        ("num_samples", pa.int64()),
        ("num_passed", pa.int64()),
        ("num_failed", pa.int64()),
        ("probe_pass_rate", pa.float64()),  # of the first samples alone, which the policy never ends: unbiased
        ("teacher", pa.string()),
        ("verifier", pa.string()),
        ("verdict_reason", pa.string()),
        ("judge", pa.string()),  # the model, where it decided
        ("num_tests", pa.int64()),
        ("run", pa.string()),
        ("sample_index", pa.int64()),
        ("seed", pa.int64()),  # of the sample's own request
        ("policy", pa.string()),
        ("sampling", columns.SAMPLING),
    ]
)
