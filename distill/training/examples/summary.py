"""What a preparation did, and what it did not train on; summaries of blocks add up."""

from collections import Counter
from functools import reduce

from pydantic import Field

from distill.references import Record


class Summary(Record):
    """Counts of rows and tokens."""

    num_rows: int = 0
    """Rows that will be trained."""
    num_sequences: int = 0
    """Sequences they were packed into; without packing, as many as rows."""
    num_tokens: int = 0
    num_trained_tokens: int = 0
    """Tokens with a loss: completions."""
    overlong: dict[str, int] = Field(default_factory=dict)
    """Rows above `max_length`, by domain: dropped whole, since a cut row would lose its answer and EOS."""
    set_aside: dict[str, int] = Field(default_factory=dict)
    """Rows that cannot be trained on, by reason."""
    examples: dict[str, str] = Field(default_factory=dict)
    """The first of them for each reason: its place, and what is wrong with it."""
    lengths: dict[int, int] = Field(default_factory=dict)
    """Histogram of all sound rows, dropped ones included: power of two that the length does not exceed → rows."""
    teachers: tuple[str, ...] = ()
    verifiers: tuple[str, ...] = ()

    @property
    def num_seen(self) -> int:
        """Rows that were read."""
        return self.num_rows + sum(self.overlong.values()) + sum(self.set_aside.values())

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(
            num_rows=self.num_rows + other.num_rows,
            num_sequences=self.num_sequences + other.num_sequences,
            num_tokens=self.num_tokens + other.num_tokens,
            num_trained_tokens=self.num_trained_tokens + other.num_trained_tokens,
            overlong=dict(Counter(self.overlong) + Counter(other.overlong)),
            set_aside=dict(Counter(self.set_aside) + Counter(other.set_aside)),
            examples=other.examples | self.examples,
            lengths=dict(sorted((Counter(self.lengths) + Counter(other.lengths)).items())),
            teachers=tuple(sorted({*self.teachers, *other.teachers})),
            verifiers=tuple(sorted({*self.verifiers, *other.verifiers})),
        )

    def padding_share(self, max_length: int) -> float:
        """Share of `num_sequences × max_length` that holds no token: the waste of packed sequences."""
        return 1 - self.num_tokens / (self.num_sequences * max_length) if self.num_sequences else 0.0


def total(parts: list[Summary]) -> Summary:
    """The sum of summaries."""
    return reduce(Summary.__add__, parts, Summary())
