"""The rows of a dataset: their columns, and the prompt, text and verdict behind a row."""

from collections.abc import Mapping
from typing import NamedTuple, get_args

import pyarrow as pa

from distill import reasoning
from distill.records import Outcome, Prompt
from distill.references import VerifierName
from distill.rows import columns
from distill.rows.parse import REFERENCE_COLUMNS, Row, parse_completion, parse_prompt

REFERENCE = pa.struct([columns.PROMPTS.field(name) for name in REFERENCE_COLUMNS])
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
        ("num_prompt_tokens", pa.int64()),
        ("finish_reason", pa.string()),
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


class Stated(NamedTuple):
    """What a row of a dataset says of itself. All such rows have passed: no others are selected."""

    verifier: str
    judge: str | None
    run: str | None
    sample_index: int | None

    @property
    def outcome(self) -> Outcome:
        """What was decided on it."""
        return Outcome.PASS


class Checkable(NamedTuple):
    """What a verifier needs of a row, and what the row says was decided."""

    prompt: Prompt
    answer: str
    """The text after the reasoning."""
    stated: Stated | None
    """None for a row of no dataset of ours."""


def parse_checkable(row: Row) -> Checkable:
    """Make what can be verified of a completion row, or of a dataset's, whose completion is a list of one message.

    The answer of a dataset's row is the very text that its verdict was given on. Raises InputError, which names the
    column and what stood there.
    """
    match row.get("completion"):
        case [{"role": "assistant", "content": str() as text}]:
            prompt = parse_prompt({**row, **_reference(row)})
            parts = reasoning.unjoin(text) or reasoning.split(text)
            return Checkable(prompt, parts.answer, _stated(row))
    prompt, text = parse_completion(row)
    return Checkable(prompt, reasoning.split(text).answer, None)


def lacking(prompt: Prompt, stated: Stated) -> str | None:
    """What a row lacks of what its verifier needs, as rows without the column `reference` do; None where it has all."""
    if stated.verifier in get_args(VerifierName) and stated.verifier not in ("judge", prompt.verifier):
        return f"{stated.verifier} had decided, but the row holds nothing that it checks against; select its run again"
    return None


def _reference(row: Row) -> dict[str, object]:
    """The columns of a prompt row that the column `reference` holds."""
    reference = row.get("reference")
    if not isinstance(reference, Mapping):
        return {}
    return {name: reference[name] for name in REFERENCE.names if reference.get(name) is not None}


def _stated(row: Row) -> Stated | None:
    verifier, judge, run, index = (row.get(name) for name in ("verifier", "judge", "run", "sample_index"))
    if not isinstance(verifier, str):
        return None
    return Stated(
        verifier,
        judge if isinstance(judge, str) else None,
        run if isinstance(run, str) else None,
        index if isinstance(index, int) else None,
    )
