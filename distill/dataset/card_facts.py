"""What a dataset's card states, as values."""

from pydantic import Field, JsonValue

from distill.dataset.changes import Changes
from distill.dataset.mixture import Filled
from distill.metrics import Agreement
from distill.recipe.sections import Price, SelectSection
from distill.records import Sampling
from distill.references import Record
from distill.rows.prompt_origin import Origin


class OwnCard(Record):
    """What the maintainer says of the dataset."""

    front_matter: dict[str, JsonValue] = Field(default_factory=dict)
    """In place of ours, key by key; tags stand beside ours."""
    text: str = ""
    """Markdown."""
    citation: str = ""
    links: dict[str, str] = Field(default_factory=dict)
    """A word ─▶ an address."""


class JudgeFacts(Record):
    """The language model that decided where rules could not."""

    model: str
    with_reference: str
    """The template for answers and choices."""
    without_reference: str
    """The template for prompts that carry nothing to check against."""
    votes: int
    audit_share: float
    on_abstain: bool = True
    is_teacher: bool = False
    """Whether it is the model that wrote the traces."""


class SourceFacts(Record):
    """Where rows of one source come from, as far as it is known."""

    name: str
    """As the column `source` has it."""
    num_rows: int
    dataset: str | None = None
    """A Hub id."""
    citation: str | None = None


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
    teacher_license: str | None = None
    """Of the weights, where `recipes/teachers/` has them."""
    judge: JudgeFacts | None = None
    prompts_sha256: str = ""
    """Of the file of prompts; empty where that was not noted."""
    recipe_sha256: str | None = None
    """Of `provenance/RUN/recipe.yaml`; None: no recipe made the run."""
    origin: Origin | None = None
    """Where its prompts come from; None where that was not noted."""
    versions: dict[str, str] = Field(default_factory=dict)
    """What drew and checked its samples, and what the verdicts rest on."""
    started: str = ""
    """Of `generate`: UTC, ISO 8601."""
    finished: str | None = None
    """Of the last stage that made rows."""
    decisions: dict[str, int] = Field(default_factory=dict)
    """What became of its own samples, as `CardFacts.decisions` has it of all."""
    commands: tuple[str, ...] = ()
    """What makes a run like it, from the root of the dataset."""


class RateFacts(Record):
    """How often the teacher solved its prompts."""

    num_prompts: int
    """Those with a decided sample."""
    num_never: int
    """Of these, prompts that no sample solved."""
    num_always: int
    """And those that every decided sample solved."""


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
    command: str = ""
    """What selects the same rows of runs below `runs/`."""
    distill_version: str
    agreement: Agreement | None = None
    """Of rule and judge, where both were asked."""
    funnel: dict[str, int] = Field(default_factory=dict)
    """From samples to rows, every step a subset of the one before."""
    rates: RateFacts | None = None
    origins: tuple[SourceFacts, ...] = ()
    """The sources of the rows, the most frequent first."""
    columns: dict[str, str] = Field(default_factory=dict)
    """The columns of a row with their types."""
    example: dict[str, JsonValue] = Field(default_factory=dict)
    """A row of the dataset."""
    own: OwnCard = OwnCard()
    since: Changes | None = None
    """What has changed since an earlier version, where one was named."""
    project_url: str | None = None
    """Where distill is to be found, if its package says so."""
