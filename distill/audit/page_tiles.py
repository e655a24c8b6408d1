"""The main number of each measure, for the top of the page. Pure."""

from distill.audit.facts import AuditFacts, DuplicateFacts, LabelFacts, LanguageFacts, LengthFacts, Proportion
from distill.audit.page_sections import TITLES
from distill.audit.page_shapes import AuditTile
from distill.audit.page_words import percent


def tiles(facts: AuditFacts) -> list[AuditTile]:
    """One a measure; a dash for what was not examined."""
    return [_tile(name, found, note) for name, (found, note) in _numbers(facts).items()] + _others(facts)


def _numbers(facts: AuditFacts) -> dict[str, tuple[Proportion | None, str]]:
    worst = max(facts.contamination or (), key=lambda each: each.prompts.share, default=None)
    licences = facts.licences
    return {
        "contamination": (worst.prompts if worst else None, f"of prompts repeat {worst.benchmark}" if worst else ""),
        "duplicates": _copies(facts.duplicates),
        "labels": _disagreement(facts.labels),
        "languages": _languages(facts.languages),
        "truncation": (facts.truncation.traces if facts.truncation else None, "of traces are cut off"),
        "repetition": (facts.repetition.traces if facts.repetition else None, "of traces run in circles"),
        "licences": (licences.unstated if licences else None, "of rows state no licence"),
    }


def _copies(duplicates: DuplicateFacts | None) -> tuple[Proportion | None, str]:
    if duplicates is None or duplicates.copies is not None:
        return (duplicates.copies if duplicates else None), "of rows repeat an earlier prompt"
    return duplicates.same_traces, "of traces repeat an earlier trace"


def _languages(languages: LanguageFacts | None) -> tuple[Proportion | None, str]:
    """The larger of what is wrong."""
    found = (
        []
        if languages is None
        else [
            (languages.trace_differs, "of traces leave their prompt's language"),
            (languages.switches, "of traces change their language midway"),
        ]
    )
    known = [(number, note) for number, note in found if number is not None]
    return max(known, key=lambda each: each[0].share, default=(None, ""))


def _disagreement(labels: LabelFacts | None) -> tuple[Proportion | None, str]:
    """The most telling of what could be compared: against labels where there are some, else against answers."""
    if labels is None:
        return None, ""
    if labels.fails_though_right:
        return labels.fails_though_right, "of traces called right fail with us"
    if labels.fails_its_own_answer:
        return labels.fails_its_own_answer, "of traces miss the set's own answer"
    return labels.passes_though_wrong, "of traces called wrong pass with us"


def _tile(name: str, found: Proportion | None, note: str) -> AuditTile:
    if found is None:
        return AuditTile(name, TITLES[name], "–", "not examined")
    return AuditTile(name, TITLES[name], percent(found.share), f"{note}: {found.num:,} of {found.num_examined:,}")


def _others(facts: AuditFacts) -> list[AuditTile]:
    return [_length(facts.lengths)] if facts.lengths and facts.lengths.domains else []


def _length(lengths: LengthFacts) -> AuditTile:
    num = sum(each.num_traces for each in lengths.domains)
    mean = sum(each.mean * each.num_traces for each in lengths.domains) / max(1, num)
    longest = max(each.longest for each in lengths.domains)
    return AuditTile(
        "lengths", TITLES["lengths"], f"{mean:,.0f}", f"{lengths.unit} in the mean; the longest {longest:,}"
    )
