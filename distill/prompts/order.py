"""What `distill prompts` was asked for."""

from pydantic import Field, PositiveInt

from distill.references import Record


class Band(Record):
    """Pass rates from `low` to `high`, both included, of 0 to 1."""

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    num_rows: PositiveInt | None = None
    """At most so many rows; None: all."""


class Order(Record):
    """What `distill prompts` was asked for."""

    sources: tuple[str, ...]
    columns: dict[str, str] = Field(default_factory=dict)
    """`--map`: prompt-row column ─▶ the file's."""
    license: str | None = None
    """`--license`: of rows whose source states none."""
    benchmarks: tuple[str, ...] = ()
    """`--decontaminate`: files or presets."""
    size: PositiveInt | None = None
    """Rows to read of each source; a generator makes so many."""
    seed: int = 0
    """Of generated problems."""
    pilot: str | None = None
    """`--pilot`: the folder of a run on these prompts, whose pass rates say how hard each is."""
    bands: tuple[Band, ...] = ()
    """`--band`: pass rates to keep, each with as many rows as it may give; none: all that the pilot tried."""
    workers: PositiveInt | None = None
    """Processes that decide on rows; None: `NUM_WORKERS`, or every core of a cluster."""
    ray: str | None = None
    """Address of a Ray cluster that decides on rows; None: this machine."""
