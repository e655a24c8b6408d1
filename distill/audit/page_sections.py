"""What an audit found ─▶ the sections of its page, one a measure. Pure; no text of a dataset becomes markup here."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from distill.audit.facts import (
    AuditFacts,
    BenchmarkFacts,
    DomainLengths,
    DuplicateFacts,
    LabelFacts,
    LanguageFacts,
    LengthFacts,
    LicenceFacts,
    RepetitionFacts,
    TruncationFacts,
)
from distill.audit.page_histogram import histogram
from distill.audit.page_shapes import FoundShare, PageSection, PageTable, Picture, examples
from distill.audit.page_words import interval, most, percent

NUM_DOMAINS = 8
"""Whose lengths are drawn, those with the most traces first."""
QUANTILES = ("p05", "p25", "p50", "p75", "p95", "p99")
LABELS = {"right": "right, says the set", "wrong": "wrong, says the set", "unlabelled": "the set does not say"}
OUTCOMES = ("pass", "fail", "abstain")
NO_LABEL = "there is no such label, or we could decide on none of them"
NOT_CERTAIN = "there are none whose language, and whose prompt's, is certain"
DISAGREEMENTS = frozenset({(0, 2), (1, 1), (2, 2)})
"""Cells of the table of labels, by line and column, in which our verifiers do not say what the set says."""
Found = TypeVar("Found")
TITLES = {
    "contamination": "Contamination",
    "duplicates": "Duplicates",
    "labels": "Labels and answers",
    "languages": "Languages",
    "truncation": "Truncation",
    "repetition": "Repetition",
    "lengths": "Lengths",
    "licences": "Licences",
}
MEANINGS = {
    "contamination": "A prompt that repeats a benchmark's problem teaches the test: a score on that benchmark then "
    "says little.",
    "duplicates": "A prompt that comes again, in the same words or nearly, counts double in training, and may stand "
    "in the training split and in the test split. A set that keeps several traces of a prompt, one a row, has such on "
    "purpose.",
    "labels": "Our verifiers compare each trace with the answer that the set brings. Where they and the set "
    "disagree, one of the two is wrong: read the examples to see which.",
    "languages": "A trace in another language than its prompt, or one that changes its language midway, teaches a "
    "model to mix languages.",
    "truncation": "A trace that was cut off teaches a model to stop without an answer.",
    "repetition": "A trace that says the same again and again teaches a model to run in circles.",
    "lengths": "Lengths decide what a training costs, and which traces its limit will cut.",
    "licences": "A row may be passed on only under its licence; where none is stated, nobody knows whether it may.",
}


def sections(facts: AuditFacts) -> list[PageSection]:
    """One a measure, in the order of the page; what was not examined has a section that says why."""
    return [
        _section(facts, "contamination", facts.contamination, _contamination),
        _section(facts, "duplicates", facts.duplicates, _duplicates),
        _section(facts, "labels", facts.labels, _labels),
        _section(facts, "languages", facts.languages, _languages),
        _section(facts, "truncation", facts.truncation, _truncation),
        _section(facts, "repetition", facts.repetition, _repetition),
        _section(facts, "lengths", facts.lengths, _lengths),
        _section(facts, "licences", facts.licences, _licences),
    ]


def _section(
    facts: AuditFacts, name: str, found: Found | None, fill: Callable[[PageSection, Found], PageSection]
) -> PageSection:
    empty = PageSection(name, TITLES[name], MEANINGS[name])
    if found is None:
        return empty._replace(not_examined=facts.not_examined.get(name, "The audit does not say why."))
    return fill(empty, found)


def _contamination(empty: PageSection, found: tuple[BenchmarkFacts, ...]) -> PageSection:
    head = ("benchmark", "its problems", "repeated problems", "prompts that repeat one", "share", "95% interval")
    lines = tuple(
        (
            each.benchmark,
            f"{each.num_problems:,}",
            f"{each.num_problems_hit:,}",
            f"{each.prompts.num:,} of {each.prompts.num_examined:,}",
            percent(each.prompts.share),
            interval(each.prompts),
        )
        for each in found
    )
    rules = {f"{each.benchmark}, {rule}": num for each in found for rule, num in each.rules.items()}
    return empty._replace(
        tables=(
            PageTable("Benchmarks", head, lines),
            *_counts("How prompts repeat a problem", "how", "prompts", rules),
        ),
        exhibits=examples(*((f"Prompts that repeat {each.benchmark}", each.worst) for each in found)),
    )


def _duplicates(empty: PageSection, found: DuplicateFacts) -> PageSection:
    counts = {
        "equal but for spelling, markup and layout": found.num_exact,
        "nearly the same words": found.num_near,
        "equal prompts whose answers differ": found.num_other_answers,
        "equal traces under another prompt": found.num_traces_under_other_prompts,
    }
    clusters = [
        f"Rows form {found.num_clusters:,} groups that ask the same; the largest has {found.largest_cluster:,}."
    ]
    return empty._replace(
        notes=(found.how, *(clusters if found.num_clusters else ())),
        findings=(
            FoundShare("of rows have a prompt that an earlier row has", found.copies, "no row has a prompt"),
            FoundShare("of traces have the text of an earlier trace", found.same_traces, "no trace is long enough"),
        ),
        tables=_counts("Of which kind", "kind", "rows or traces", counts),
        exhibits=examples(
            ("The largest clusters", found.worst),
            ("Equal prompts, other answers", found.worst_answers),
            ("Equal traces", found.worst_traces),
        ),
    )


def _labels(empty: PageSection, found: LabelFacts) -> PageSection:
    lines = tuple(
        (words, *(f"{found.table.get(label, {}).get(outcome, 0):,}" for outcome in OUTCOMES))
        for label, words in LABELS.items()
    )
    head = ("traces", "right, say we", "wrong, say we", "we cannot decide")
    return empty._replace(
        notes=(found.how,),
        findings=(
            FoundShare("of traces that the set calls right fail with us", found.fails_though_right, NO_LABEL),
            FoundShare("of traces that the set calls wrong pass with us", found.passes_though_wrong, NO_LABEL),
            FoundShare(
                "of traces without a label do not arrive at the set's own answer",
                found.fails_its_own_answer,
                "the set labels every trace that we could decide on",
            ),
            FoundShare("of checked traces we cannot decide on", found.undecided),
        ),
        tables=(
            PageTable("What the set says, and what we say (framed: the two disagree)", head, lines, DISAGREEMENTS),
            *_counts("Who checked", "verifier", "traces", found.verifiers),
            *_counts("Why we could not decide", "reason", "traces", found.abstain_reasons),
        ),
        exhibits=examples(
            ("Called right; they fail with us", found.worst_right),
            ("Called wrong; they pass with us", found.worst_wrong),
            ("Without a label; they do not arrive at the set's answer", found.worst_unlabelled),
        ),
    )


def _languages(empty: PageSection, found: LanguageFacts) -> PageSection:
    return empty._replace(
        findings=(
            FoundShare("of traces are in another language than their prompt", found.trace_differs, NOT_CERTAIN),
            FoundShare("of answers are in another language than their prompt", found.answer_differs, NOT_CERTAIN),
            FoundShare("of traces change their language or script midway", found.switches),
        ),
        tables=(
            *_counts("From the prompt's language to the trace's", "languages", "traces", found.pairs),
            *_counts("What traces change to midway", "language or script", "traces", found.scripts),
        ),
        exhibits=examples(("The clearest", found.worst)),
    )


def _truncation(empty: PageSection, found: TruncationFacts) -> PageSection:
    at = found.maximal_count
    return empty._replace(
        notes=(f"Many traces end together at {at:,} tokens, as if a limit had cut them there.",) if at else (),
        findings=(FoundShare("of traces bear a certain sign of being cut off", found.traces),),
        tables=(
            *_counts("Certain signs (a trace may have several)", "sign", "traces", found.signs),
            *_counts("Hints, which whole traces have too, and which do not count", "hint", "traces", found.hints),
        ),
        exhibits=examples(("Where they end", found.worst)),
    )


def _repetition(empty: PageSection, found: RepetitionFacts) -> PageSection:
    return empty._replace(
        findings=(FoundShare("of traces run in circles", found.traces),),
        tables=_counts("Signs (a trace may have several)", "sign", "traces", found.signs),
        exhibits=examples(("Those that repeat most", found.worst)),
    )


def _lengths(empty: PageSection, found: LengthFacts) -> PageSection:
    domains = sorted(found.domains, key=lambda each: (-each.num_traces, each.domain))
    head = ("domain", "traces", "mean", "shortest", *(f"{name[1:].lstrip('0')}%" for name in QUANTILES), "longest")
    left = len(domains) - NUM_DOMAINS
    notes = [f"In {found.unit}. A column such as 95% says below which length that share of the traces stays."]
    notes += ["The scale of a drawing is logarithmic: every bar stands for a range wider than the one before it."]
    notes += [f"Traces without any text: {found.num_empty:,}."] if found.num_empty else []
    notes += [f"The {left:,} domains with the fewest traces are in audit.json alone."] if left > 0 else []
    return empty._replace(
        notes=tuple(notes),
        tables=(PageTable("Lengths by domain", head, tuple(_length_line(each) for each in domains[:NUM_DOMAINS])),),
        pictures=tuple(
            Picture(f"{each.domain or 'every trace'}: {each.num_traces:,} traces", histogram(each, found.unit))
            for each in domains[:NUM_DOMAINS]
            if each.bins
        ),
        exhibits=examples(("The longest", found.worst)),
    )


def _length_line(each: DomainLengths) -> tuple[str, ...]:
    numbers = (round(each.mean), each.shortest, *(each.quantiles[name] for name in QUANTILES), each.longest)
    return (each.domain or "not stated", f"{each.num_traces:,}", *(f"{number:,}" for number in numbers))


def _licences(empty: PageSection, found: LicenceFacts) -> PageSection:
    num_rows = sum(each.num_rows for each in found.rows)
    lines = tuple(
        (
            each.stated or "not stated",
            each.hub_id or "–",
            f"{each.num_rows:,}",
            percent(each.num_rows / num_rows) if num_rows else "–",
            ", ".join(f"{source or 'not stated'} ({num:,})" for source, num in most(each.sources).items()),
        )
        for each in sorted(found.rows, key=lambda each: -each.num_rows)
    )
    head = ("licence as stated", "on the Hub", "rows", "share", "sources")
    return empty._replace(
        notes=found.conflicts,
        findings=(
            FoundShare("of rows state no licence", found.unstated),
            FoundShare("of rows state a licence whose name the Hub does not know", found.unknown),
        ),
        tables=(PageTable("Licences", head, lines, words=frozenset({1, 4})),),
        exhibits=examples(("Rows to look at", found.worst)),
    )


def _counts(caption: str, what: str, unit: str, counts: Mapping[str, int]) -> tuple[PageTable, ...]:
    """A table of what there is some of; none where there is nothing."""
    lines = tuple((name, f"{number:,}") for name, number in most(counts).items() if number)
    return (PageTable(caption, (what, unit), lines),) if lines else ()
