"""What a dataset's card states, as values."""

from pydantic import Field

from distill.dataset.changes import Changes
from distill.dataset.mixture import Filled
from distill.metrics import Agreement
from distill.recipe.sections import Price, SelectSection
from distill.records import Sampling
from distill.references import Record


class RunFacts(Record):
    """How the samples of one run were drawn."""

    name: str
    teacher: str
    weights: str | None
    policy: str
    sampling: Sampling
    num_few_shot: int
    digest: str
    """Of the settings of its stages up to `generate`."""
    tolerance: str
    """What short answers may differ by from a decimal reference."""
    system: str | None = None
    wording: str | None = None
    price: Price | None = None
    cost: float | None = None
    """Of all its samples, at that price."""
    decisions: dict[str, int] = Field(default_factory=dict)
    """What became of its own samples, as `CardFacts.decisions` has it of all."""


class FilterFacts(Record):
    """What a filter did."""

    num_examined: int
    """Traces that it was asked about; those chosen, and the replacements of dropped ones."""
    num_dropped: int


class Lengths(Record):
    """Tokens of the rows of a domain."""

    mean: float
    median: float
    p95: float
    longest: int


class VoteFacts(Record):
    """Prompts whose majority answer stands in for a reference."""

    num_prompts: int
    mean_share: float


class LicensedRows(Record):
    """Rows of one source under one licence."""

    license: str | None
    source: str | None
    num_rows: int


class Omission(Record):
    """Samples that are no rows, and prompts that have none, for one reason."""

    reason: str
    num_samples: int
    share: float
    """Of all samples."""
    num_prompts: int
    """Prompts without a row whose best sample, the one that came nearest to being one, was left out for this reason."""
    option: str
    """What would change it, as it is typed; empty where no option does."""


class CardFacts(Record):
    """What the card states; every number was counted by the stage that made the dataset."""

    name: str
    num_rows: int
    num_test_rows: int
    """Of these rows, those held out as the split `test`."""
    num_prompts: int
    num_kept_prompts: int
    num_samples: int
    num_passed: int
    num_failed: int
    num_abstained: int
    num_cancelled: int
    """Samples that the policy ended; like the next two, not among the abstained."""
    num_refused: int = 0
    num_filtered: int = 0
    """Samples that the endpoint withheld or cut."""
    num_probes_passed: int
    num_probes_failed: int
    """Of the samples that the policy never ends: what pass rates come from."""
    num_tokens: int
    """Teacher tokens over all samples, kept or not."""
    domains: dict[str, int]
    sources: dict[str, int]
    languages: dict[str, int]
    """Rows by the language of their prompts, an empty word for none."""
    licenses: tuple[LicensedRows, ...]
    verifiers: dict[str, tuple[int, int, int]]
    """Samples passed, failed and left undecided by each."""
    lengths: dict[str, Lengths]
    runs: tuple[RunFacts, ...]
    quotas: tuple[Filled, ...]
    """Empty where nothing was asked for."""
    filters: dict[str, FilterFacts]
    decisions: dict[str, int]
    rowless: dict[str, int] = Field(default_factory=dict)
    """Prompts without a row, by what kept their best sample out; the word `no sample` for those that have none."""
    left_out: tuple[Omission, ...] = ()
    """What `distill.dataset.left_out` makes of all this."""
    votes: VoteFacts | None
    settings: SelectSection
    command: str | None
    distill_version: str
    agreement: Agreement | None = None
    """Of rule and judge, where both were asked."""
    since: Changes | None = None
    """What has changed since an earlier version, where one was named."""
