"""A plan: work cut into shards for machines that share nothing but a storage, and the reports about these shards.

A shard is a range of rows of one sealed Parquet file of the run: prompts for `generate`, samples for `verify`. Only
these descriptions and the reports about them travel between machines; rows are read and written where they are used.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from pydantic import NonNegativeInt, PositiveInt

from distill import __version__
from distill.errors import RunError
from distill.recipe.loading import digest
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.references import Record
from distill.sampling.policy import Budget, parse_policy

ShardedStage = Literal["generate", "verify"]
TableName = Literal["samples", "verdicts"]
DEFAULT_SHARD_ROWS = 2000
"""Small enough that the last shards do not keep a cluster waiting, large enough that starting one costs nothing."""


class Extent(Record):
    """Rows `first` to `last`, exclusive, of a file among the inputs of a plan."""

    file: str
    first: NonNegativeInt
    last: PositiveInt


class ShardPlan(Record):
    """All that a worker needs besides the address of the plan."""

    stage: ShardedStage
    digest: str
    """Of the settings and the shards; shards that were made under another digest do not belong to this plan."""
    version: str
    """Of distill; every machine must run the same."""
    teacher: TeacherSection | None
    """Of `generate`; where it has no endpoints, each worker starts the engine that it names."""
    generate: GenerateSection | None
    verify: VerifySection
    shards: tuple[Extent, ...]

    @property
    def name(self) -> str:
        """Of its folder in a storage."""
        return f"{self.stage}-{self.digest}"

    @property
    def tables(self) -> tuple[TableName, ...]:
        """The tables of the run that its shards fill."""
        return ("samples", "verdicts") if self.stage == "generate" else ("verdicts",)


class SealedFile(Record):
    """A finished Parquet file of a shard."""

    table: TableName
    name: str
    num_rows: NonNegativeInt
    num_bytes: PositiveInt
    sha256: str


class SealedShard(Record):
    """The manifest of a finished shard, which names its files. A shard without a manifest is not finished."""

    number: NonNegativeInt
    attempt: str
    files: tuple[SealedFile, ...]
    rests_on: dict[str, str]
    """The versions that the verdicts depend on, by verifier."""
    num_restored: NonNegativeInt
    """Rows that earlier attempts had made."""
    seconds: float
    """Wall time of the attempt that finished it."""


class ShardReport(Record):
    """What a worker reports of a shard: its manifest, or why there is none."""

    number: NonNegativeInt
    sealed: SealedShard | None = None
    error: str | None = None


def make_plan(
    teacher: TeacherSection | None,
    generate: GenerateSection | None,
    verify: VerifySection,
    files: Sequence[tuple[str, int]],
    shard_rows: int,
    num_restarts: int = 0,
) -> ShardPlan:
    """Cut `files`, names with their numbers of rows, into shards. With a teacher it is `generate`, else `verify`.

    A stage that was restarted gets a plan of its own, though its settings are the same. Raises RunError for a policy
    that looks at all prompts at once.
    """
    if generate is not None and isinstance(parse_policy(generate.policy), Budget):
        raise RunError(
            f"{generate.policy} shares one purse among all prompts, and shards cannot see each other; choose fixed, "
            "at_least or shortest_of, or run on one machine."
        )
    shards = tuple(extent for name, num_rows in files for extent in cut(name, num_rows, shard_rows))
    settings = verify.digested()
    if teacher is not None and generate is not None:
        settings = {**teacher.digested(), **generate.digested(), "verify": settings}
    whole = digest(settings, {"restarts": num_restarts}, {"shards": [extent.model_dump() for extent in shards]})
    return ShardPlan(
        stage="verify" if generate is None else "generate",
        digest=whole,
        version=__version__,
        teacher=teacher,
        generate=generate,
        verify=verify,
        shards=shards,
    )


def cut(file: str, num_rows: int, shard_rows: int) -> list[Extent]:
    """Even parts of a file, none above `shard_rows`.

    >>> [(part.first, part.last) for part in cut("a.parquet", 10, 4)]
    [(0, 3), (3, 6), (6, 10)]
    """
    num_parts = -(-num_rows // shard_rows)
    bounds = [num_rows * part // num_parts for part in range(num_parts + 1)]
    return [Extent(file=file, first=first, last=last) for first, last in pairwise(bounds)]
