"""The columns of a run folder's tables, and how records become rows and come back."""

import json

import pyarrow as pa

from distill.records import Prompt, Sample, Sampling, Verdict
from distill.rows.parse import parse_prompt, reference_columns

Row = dict[str, object]
"""A row of a table, by column."""

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SAMPLING = pa.struct(
    [
        ("temperature", pa.float64()),
        ("top_p", pa.float64()),
        ("max_tokens", pa.int64()),
        ("seed", pa.int64()),
        ("stop", pa.list_(pa.string())),
        ("extra_body", pa.string()),  # JSON: its values have any type
    ]
)

_AS_JSON = ("tests", "constraints", "scorer")

PROMPTS = pa.schema(
    [
        ("id", pa.string()),
        ("prompt", MESSAGES),
        ("domain", pa.string()),
        ("answer", pa.string()),
        ("choices", pa.list_(pa.string())),
        ("tests", pa.string()),  # JSON: the values of function tests have any type
        ("constraints", pa.string()),  # JSON, likewise
        ("scorer", pa.string()),  # JSON, likewise
        ("source", pa.string()),
        ("license", pa.string()),
        ("language", pa.string()),
    ]
)
RATED_PROMPTS = pa.schema([*PROMPTS, ("pass_rate", pa.float64()), ("num_pilot_samples", pa.int64())])
"""Of prompt files. A run holds no rates of other runs: a prompt that was rated since is the same prompt."""
SAMPLES = pa.schema(
    [
        ("prompt_id", pa.string()),
        ("index", pa.int32()),
        ("reasoning", pa.string()),
        ("answer", pa.string()),
        ("finish_reason", pa.string()),
        ("num_tokens", pa.int64()),
        ("num_prompt_tokens", pa.int64()),
        ("teacher", pa.string()),
        ("sampling", SAMPLING),
        ("seconds", pa.float64()),
        ("resumed_at", pa.int64()),
        ("error", pa.string()),
        ("refusal", pa.string()),
        ("finished_s", pa.float64()),
    ]
)
FAILED_TEST = pa.struct(
    [("number", pa.int64()), ("input", pa.string()), ("expected", pa.string()), ("got", pa.string())]
)
VERDICTS = pa.schema(
    [
        ("prompt_id", pa.string()),
        ("index", pa.int32()),
        ("outcome", pa.string()),
        ("verifier", pa.string()),
        ("extracted", pa.string()),
        ("reason", pa.string()),
        ("seconds", pa.float64()),
        ("second_opinion", pa.string()),
        ("num_passed", pa.int64()),
        ("num_tests", pa.int64()),
        ("failed_test", FAILED_TEST),
    ]
)


def prompt_row(prompt: Prompt) -> Row:
    """A prompt as a row of the `prompts` table; tests, constraints and scorers as JSON text."""
    row: Row = {"id": prompt.id, "prompt": [m.model_dump() for m in prompt.messages], "domain": prompt.domain}
    row |= dict.fromkeys(("answer", "choices", *_AS_JSON))
    for column, value in reference_columns(prompt.reference).items():
        row[column] = json.dumps(value, ensure_ascii=False) if column in _AS_JSON else value
    return row | {"source": prompt.source, "license": prompt.license, "language": prompt.language}


def rated_prompt_row(prompt: Prompt) -> Row:
    """A prompt as a row of a Parquet file of prompts."""
    return prompt_row(prompt) | {"pass_rate": prompt.pass_rate, "num_pilot_samples": prompt.num_pilot_samples}


def prompt_of(row: Row) -> Prompt:
    """The prompt behind a row of the `prompts` table."""
    return parse_prompt(row)


def sampling_row(sampling: Sampling) -> Row:
    """A sampling as the column `sampling` holds it."""
    extra = json.dumps(sampling.extra_body, ensure_ascii=False) if sampling.extra_body else None
    return sampling.model_dump() | {"stop": list(sampling.stop), "extra_body": extra}


def sample_of(row: Row) -> Sample:
    """The sample behind a row of the `samples` table."""
    return Sample.model_validate(row)


def verdict_row(prompt_id: str, index: int, verdict: Verdict) -> Row:
    """A verdict as a row of the `verdicts` table, keyed like its sample."""
    shown = verdict.failed_test and vars(verdict.failed_test)
    return {"prompt_id": prompt_id, "index": index, **vars(verdict), "failed_test": shown}


def verdict_of(row: Row) -> Verdict:
    """The verdict behind a row of the `verdicts` table."""
    return Verdict.model_validate({name: value for name, value in row.items() if name not in ("prompt_id", "index")})
