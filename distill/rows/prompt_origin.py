"""Where the prompts of a file come from: what `distill prompts` notes beside it, as far as a card tells it."""

from pathlib import Path

import orjson
from pydantic import Field, JsonValue

from distill.progress import say
from distill.references import Record
from distill.rows.files import names_rows, plain_name


class NotedSource(Record):
    """A source that rows were read from."""

    name: str
    """As the command named it; the column `source` of rows that state none."""
    dataset: str | None = None
    """A Hub id."""
    config: str | None = None
    split: str | None = None
    revision: str | None = None
    license: str | None = None
    citation: str | None = None


class Origin(Record):
    """What was read, compared and dropped before a run saw the prompts."""

    distill: str
    """The version that did it."""
    sources: tuple[NotedSource, ...] = ()
    benchmarks: tuple[str, ...] = ()
    """What the prompts were compared with: names of presets or of files, without their folders."""
    num_benchmark_problems: int = 0
    fates: dict[str, int] = Field(default_factory=dict)
    """Rows read, and rows of each fate: set aside, contaminated, duplicate, outside the bands, kept."""


def noted_origin(file: Path, sha256: str) -> Origin | None:
    """What is noted of a file of that digest; None where nothing is, or, which is said, it is about other rows."""
    manifest = file.with_name(file.name + ".manifest.json")
    if not manifest.is_file():
        return None
    try:
        tree = orjson.loads(manifest.read_bytes())
        if tree["sha256"] != sha256:
            say(f"{manifest} is about another {file.name}; the run does not take over what it says of its origin.")
            return None
        return _origin(tree)
    except (ValueError, KeyError, TypeError):
        say(f"{manifest} cannot be read; the run does not take over what it says of the origin of {file.name}.")
        return None


def _origin(tree: dict[str, JsonValue]) -> Origin:
    """Raises ValueError, TypeError or KeyError for a manifest that has not the form of ours."""
    order, funnel, sources = tree["order"], tree["funnel"], tree["sources"]
    if not (isinstance(order, dict) and isinstance(funnel, dict) and isinstance(sources, list)):
        raise TypeError("not the form of a manifest of prompts")
    known, benchmarks = NotedSource.model_fields, order.get("benchmarks")
    return Origin.model_validate(
        {
            "distill": tree["distill"],
            "sources": [{key: each[key] for key in each if key in known} for each in sources if isinstance(each, dict)],
            "benchmarks": [_plain(str(name)) for name in benchmarks] if isinstance(benchmarks, list) else [],
            "num_benchmark_problems": tree["num_benchmark_problems"],
            "fates": {name: count for name, count in funnel.items() if isinstance(count, int)},
        }
    )


def _plain(name: str) -> str:
    """`aime24=folder/rows.jsonl` ─▶ `aime24`, `folder/rows.jsonl` ─▶ `rows`; a preset or a Hub id stays."""
    named, equals, _ = name.partition("=")
    return named if equals or not names_rows(name) else plain_name(name)
