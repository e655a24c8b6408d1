"""What an audit found, as values: `audit.json` is this record, and the page shows it.

Every share is of the traces (or rows) that a measure could examine, and says how many these are. A measure that could
examine none is None, and `not_examined` says why: nothing found and nothing looked at are never told alike.
"""

from typing import Self

from distill.metrics import wilson
from distill.references import Record

NUM_EXHIBITS = 20
"""Of the worst examples that each measure shows."""


class Proportion(Record):
    """How many of those examined, with the 95 % interval of their share (Wilson)."""

    num: int
    num_examined: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, num: int, num_examined: int) -> Self:
        """The share of `num_examined`, which is one at least."""
        share, low, high = wilson(num / num_examined, num_examined)
        return cls(num=num, num_examined=num_examined, share=share, low=max(low, 0.0), high=min(high, 1.0))


class Exhibit(Record):
    """One of the worst examples of a measure."""

    where: str
    """`FILE, row 12`, or `FILE, row 12, trace 3`."""
    excerpt: str
    """What there is to see, cut to some hundred characters; a gap is `…`."""
    why: str
    """What was found, with its number."""


class ColumnRole(Record):
    """Where the audit reads something of a dataset from."""

    dataset: str
    role: str
    """`prompt`, `trace`, `reference`, `label`, `finish`, …"""
    where: str
    """The column, in words: `generations[]`, `conversations[].value`."""


class BenchmarkFacts(Record):
    """Prompts that repeat problems of one benchmark."""

    benchmark: str
    num_problems: int
    prompts: Proportion
    num_problems_hit: int
    """Different problems of the benchmark that some prompt repeats."""
    rules: dict[str, int]
    """Prompts by how they repeat it: `verbatim`, `paraphrased`, `reworded`, `misspelt`, `contained`."""
    worst: tuple[Exhibit, ...]


class DuplicateFacts(Record):
    """Prompts that are copies of one another, and traces that are the same text."""

    copies: Proportion | None
    """Rows whose prompt an earlier row has, exactly or nearly; several traces in one row are one row. None where no row
    has a prompt; then the counts of rows below are 0."""
    num_exact: int
    """Of the copies: equal but for spelling, markup and layout."""
    num_near: int
    num_clusters: int
    """Of two rows and more that say the same."""
    largest_cluster: int
    """Rows in it."""
    num_other_answers: int
    """Rows that read exactly like an earlier one, but whose reference says something else."""
    same_traces: Proportion | None
    """Traces whose text an earlier trace has: word for word, whatever the layout. None where all are too short."""
    num_traces_under_other_prompts: int
    """Of these: the prompt is another one."""
    worst: tuple[Exhibit, ...]
    """The largest clusters."""
    worst_answers: tuple[Exhibit, ...]
    worst_traces: tuple[Exhibit, ...]
    how: str
    """How exact the search is, in a sentence."""


class LabelFacts(Record):
    """What our verifiers say of traces, against what the set itself says."""

    num_checked: int
    """Traces with a reference that a verifier was asked about."""
    num_labelled: int
    """Of these, traces that the set calls right or wrong."""
    table: dict[str, dict[str, int]]
    """`right`, `wrong` or `unlabelled` by the set ─▶ `pass`, `fail` or `abstain` by us ─▶ traces."""
    fails_though_right: Proportion | None
    """Of traces that the set calls right and we decided on, those that fail; None where there are none such."""
    passes_though_wrong: Proportion | None
    """Of traces that the set calls wrong and we decided on, those that pass."""
    fails_its_own_answer: Proportion | None
    """Of traces without a label that we decided on, those that do not arrive at the set's own answer."""
    undecided: Proportion | None
    """Of all checked, those that we abstain from."""
    verifiers: dict[str, int]
    """Checked traces by verifier."""
    abstain_reasons: dict[str, int]
    worst_right: tuple[Exhibit, ...]
    """Called right; we fail them."""
    worst_wrong: tuple[Exhibit, ...]
    """Called wrong; we pass them."""
    worst_unlabelled: tuple[Exhibit, ...]
    how: str
    """What was checked and what was not, in a sentence: a sample of the programs, say."""


class LanguageFacts(Record):
    """In which language prompts, traces and answers are. Formulas, code, quotations and Greek letters do not count."""

    trace_differs: Proportion | None
    """Traces whose main language is not their prompt's; None where no prompt's and trace's language is certain."""
    answer_differs: Proportion | None
    """Answers that are certainly in another language than their prompt."""
    switches: Proportion | None
    """Traces that change script or language inside."""
    pairs: dict[str, int]
    """`en ─▶ zh`: traces by the language of the prompt and of the trace, where both are certain."""
    scripts: dict[str, int]
    """Traces that switch, by what they switch to: a script or a language."""
    worst: tuple[Exhibit, ...]


class TruncationFacts(Record):
    """Traces that end before they are done."""

    traces: Proportion
    """With a sign that is certain; hints alone do not count."""
    signs: dict[str, int]
    """Traces by sign; one trace may have several."""
    hints: dict[str, int]
    """Traces by what is often seen in cut traces, and in others too."""
    maximal_count: int | None
    """The number of tokens at which many traces end together; None where they do not."""
    worst: tuple[Exhibit, ...]


class RepetitionFacts(Record):
    """Traces that run in circles."""

    traces: Proportion
    signs: dict[str, int]
    """Traces by sign; one trace may have several."""
    worst: tuple[Exhibit, ...]


class LengthBin(Record):
    """A bar of a histogram: lengths from `low` up to, not including, `high`."""

    low: int
    high: int
    num: int


class DomainLengths(Record):
    """How long the traces of a domain are, empty ones apart. Quantiles are exact."""

    domain: str
    """`` where the set states none."""
    num_traces: int
    mean: float
    shortest: int
    longest: int
    quantiles: dict[str, int]
    """`p05`, `p25`, `p50`, `p75`, `p95`, `p99`."""
    bins: tuple[LengthBin, ...]


class LengthFacts(Record):
    """Lengths by domain."""

    unit: str
    """`tokens` where every trace's number is stated, else `characters`."""
    domains: tuple[DomainLengths, ...]
    num_empty: int
    """Traces without any text."""
    worst: tuple[Exhibit, ...]
    """The longest."""


class LicenceShare(Record):
    """Rows under one licence."""

    stated: str
    """As the set has it; `` where it states none."""
    hub_id: str | None
    """The name that the Hub knows it by; None where it knows none."""
    num_rows: int
    sources: dict[str, int]
    """Rows by source, the ten largest."""


class LicenceFacts(Record):
    """The licences of rows."""

    rows: tuple[LicenceShare, ...]
    unstated: Proportion
    unknown: Proportion
    """Stated, but no name that the Hub knows."""
    conflicts: tuple[str, ...]
    """In words: a source under several licences, licences that forbid what others ask for, …"""
    worst: tuple[Exhibit, ...]


class AuditFacts(Record):
    """All that an audit found."""

    distill_version: str
    datasets: tuple[str, ...]
    command: str | None
    num_rows: int
    """Rows read; those set aside are among them."""
    num_traces: int
    num_set_aside: int
    set_aside: dict[str, int]
    """Rows, or traces of them, that nothing could be read from, by reason."""
    set_aside_worst: tuple[Exhibit, ...]
    """The first of them."""
    is_partial: bool
    """Only the first rows were read, as was asked for."""
    roles: tuple[ColumnRole, ...]
    contamination: tuple[BenchmarkFacts, ...] | None
    duplicates: DuplicateFacts | None
    labels: LabelFacts | None
    languages: LanguageFacts | None
    truncation: TruncationFacts | None
    repetition: RepetitionFacts | None
    lengths: LengthFacts | None
    licences: LicenceFacts | None
    not_examined: dict[str, str]
    """Why a measure is None, by the name of its field above."""
