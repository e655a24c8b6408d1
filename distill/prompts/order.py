"""What `distill prompts` was asked for."""

import re
from typing import Self

from pydantic import Field, PositiveInt

from distill.errors import RecipeError
from distill.references import Record

_BAND = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(%?)-(\d+(?:\.\d+)?|\.\d+)(%?)(?:=(\d[\d_]*))?")


class Band(Record):
    """Pass rates from `low` to `high`, both included, of 0 to 1."""

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    num_rows: PositiveInt | None = None
    """At most so many rows; None: all."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `0.2-0.8`, or with a number of rows `0-0.2=1000`. Raises RecipeError."""
        match = _BAND.fullmatch(text.replace(" ", ""))
        if match is None:
            raise RecipeError(
                f"--band reads LOW-HIGH or LOW-HIGH=ROWS, as 0.2-0.8 or 0-0.2=1000, but {text!r} was given."
            )
        ends = [float(match[1]), float(match[3])]
        if max(ends) > 1 or match[2] or match[4]:
            meant = "-".join(f"{end / 100:g}" for end in sorted(ends)) if max(ends) <= 100 else "0.2-0.8"
            raise RecipeError(f"--band {text} should be two shares of 0 to 1, not percent: --band {meant}.")
        if ends[0] > ends[1]:
            raise RecipeError(f"--band {text} has its ends the wrong way round: --band {match[3]}-{match[1]}.")
        if match[5] and not int(match[5]):
            raise RecipeError(f"--band {text} asks for no rows; leave the band out, or give it a number above 0.")
        return cls(low=ends[0], high=ends[1], num_rows=int(match[5]) if match[5] else None)

    def __contains__(self, share: float) -> bool:
        return self.low <= share <= self.high

    @property
    def name(self) -> str:
        """As it is written on the command line, without its rows: `0.2-0.8`; one that holds a single rate: `1`."""
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"


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
    """Of generated problems, and of the rows that a band takes where it holds more than it may give."""
    bands: tuple[Band, ...] = ()
    """`--band`: pass rates to keep, each with as many rows as it may give; a row counts in the first that holds it."""
    workers: PositiveInt | None = None
    """Processes that decide on rows; None: `NUM_WORKERS`, or every core of a cluster."""
    ray: str | None = None
    """Address of a Ray cluster that decides on rows; None: this machine."""
