"""What a selection counted, as the facts of its card."""

from collections.abc import Sequence
from importlib.metadata import metadata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from distill import __version__
from distill.dataset.candidates import FAIL, OUTCOMES, PASS, Rates, SampleEnding, Small
from distill.dataset.card_facts import CardFacts, Lengths, LicensedRows, OwnCard, RateFacts, VoteFacts
from distill.dataset.commands import select_command
from distill.dataset.files import held_out
from distill.dataset.left_out import left_out
from distill.dataset.origins import origins_of
from distill.dataset.pool import CandidatePool
from distill.dataset.reasons import FILTER_CODES, REASONS, Reason, rowless
from distill.dataset.run_facts import run_facts
from distill.dataset.run_names import run_names
from distill.dataset.selection import Selection, decided_by_run
from distill.metrics import Agreement, agreement
from distill.records import Outcome
from distill.rows.dataset_rows import SCHEMA
from distill.store import RunFolder
from distill.store.shard import read_table

BANDS = (Reason.TRUNCATED, Reason.TOKEN_BAND, Reason.PASS_RATE_BAND, Reason.CONTEXT)
"""What numbers keep out, though it passed."""


def facts_of(selection: Selection, name: str, own: OwnCard) -> CardFacts:
    """Everything that the card states."""
    prospects, kept = selection.prospects, selection.kept
    pool, candidates = prospects.pool, prospects.pool.candidates
    outcomes = np.bincount(candidates.outcome, minlength=len(OUTCOMES)).tolist()
    prompts = candidates.prompt[kept]
    is_test = held_out(pool.ids, prospects.settings.held_out)
    shares = list(prospects.votes.shares.values())
    facts = CardFacts(
        name=name,
        num_rows=len(kept),
        num_test_rows=int(is_test[prompts].sum()),
        num_prompts=len(pool.ids),
        num_kept_prompts=len(np.unique(prompts)),
        num_samples=len(candidates),
        num_passed=outcomes[PASS],
        num_failed=outcomes[FAIL],
        num_abstained=int(((candidates.outcome != PASS) & (candidates.outcome != FAIL) & candidates.is_judged).sum()),
        num_cancelled=candidates.num_ended(SampleEnding.CANCELLED),
        num_refused=candidates.num_ended(SampleEnding.REFUSED),
        num_filtered=candidates.num_ended(SampleEnding.FILTERED),
        num_probes_passed=int(prospects.groups.num_probes_passed.sum()),
        num_probes_failed=int(prospects.groups.num_probes_failed.sum()),
        num_tokens=int(candidates.num_tokens.sum(dtype=np.int64)),
        domains=_counted(pool.domains.words, pool.domain[prompts]),
        sources=_counted(pool.sources.words, pool.source[prompts]),
        languages=_counted(pool.languages.words, pool.language[prompts]),
        licenses=_licenses(pool, prompts),
        verifiers=_outcomes_by_verifier(selection),
        lengths=_lengths(selection),
        runs=tuple(map(run_facts, pool.runs, run_names(pool.runs), decided_by_run(pool, selection.reasons))),
        quotas=selection.quotas if prospects.settings.mixture or prospects.settings.rows else (),
        filters=dict(selection.filters),
        decisions=_counted(REASONS, selection.reasons),
        votes=VoteFacts(num_prompts=len(shares), mean_share=sum(shares) / len(shares)) if shares else None,
        settings=prospects.settings,
        distill_version=__version__,
        own=own,
    )
    return _with_reasons(_with_context(facts), selection)


def _with_reasons(facts: CardFacts, selection: Selection) -> CardFacts:
    """The facts with what became of samples and prompts."""
    pool = selection.prospects.pool
    found = facts.model_copy(
        update={
            "rowless": rowless(pool.candidates.prompt, selection.reasons, len(pool.ids)),
            "funnel": funnel(selection),
            "rates": _rates(selection.prospects.groups.pass_rate),
            "agreement": _agreement(pool.runs),
        }
    )
    return found.model_copy(update={"left_out": left_out(found)})


def _with_context(facts: CardFacts) -> CardFacts:
    """The facts with what a reader needs around them."""
    return facts.model_copy(
        update={
            "command": select_command([run.name for run in facts.runs], facts.settings, facts.name),
            "origins": origins_of(facts.sources, [run.origin for run in facts.runs if run.origin is not None]),
            "columns": {field.name: _kind(field.type) for field in SCHEMA},
            "project_url": _project_url(),
        }
    )


def funnel(selection: Selection) -> dict[str, int]:
    """From samples to rows, every step a subset of the one before."""
    outcome, reasons = selection.prospects.pool.candidates.outcome, selection.reasons
    num_passed, num_kept = int((outcome == PASS).sum()), len(selection.kept)
    num_outside = int(np.isin(reasons, BANDS).sum())
    num_dropped = int(np.isin(reasons, list(FILTER_CODES.values())).sum())
    return {
        "samples": len(outcome),
        "decided": num_passed + int((outcome == FAIL).sum()),
        "passed": num_passed,
        "whole and within the bands": num_passed - num_outside,
        "preferred": num_kept + num_dropped,
        "rows kept": num_kept,
    }


def _rates(rates: Rates) -> RateFacts:
    known = rates[~np.isnan(rates)]
    return RateFacts(num_prompts=len(known), num_never=int((known == 0).sum()), num_always=int((known == 1).sum()))


def _kind(kind: pa.DataType) -> str:
    """A type as people write it: `list<{role: string, content: string}>`."""
    if pa.types.is_list(kind):
        return f"list<{_kind(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(f"{field.name}: {_kind(field.type)}" for field in kind) + "}"
    return str(kind)


def _project_url() -> str | None:
    """The first address that the package states of itself."""
    stated = metadata("distill").get_all("Project-URL") or []
    return next((line.partition(",")[2].strip() for line in stated), None)


def _agreement(runs: Sequence[RunFolder]) -> Agreement:
    """The agreement of rule and judge on the samples that both decided on."""
    shards = (shard for run in runs for shard in run.verdicts.shards())
    names, is_judged = ["outcome", "second_opinion"], pc.field("second_opinion").is_valid()
    rows = (row for shard in shards for row in read_table(shard, names).filter(is_judged).to_pylist())
    return agreement((Outcome(row["outcome"]), Outcome(row["second_opinion"])) for row in rows)


def _outcomes_by_verifier(selection: Selection) -> dict[str, tuple[int, int, int]]:
    candidates = selection.prospects.pool.candidates
    found: dict[str, tuple[int, int, int]] = {}
    for code, word in enumerate(selection.prospects.pool.verifiers.words):
        own = candidates.outcome[(candidates.verifier == code) & candidates.is_judged]
        if len(own):
            passed, failed = int((own == PASS).sum()), int((own == FAIL).sum())
            found[word or "none yet"] = (passed, failed, len(own) - passed - failed)
    return found


def _lengths(selection: Selection) -> dict[str, Lengths]:
    prospects, kept = selection.prospects, selection.kept
    pool, candidates = prospects.pool, prospects.pool.candidates
    found: dict[str, Lengths] = {}
    for code, word in enumerate(pool.domains.words):
        own = candidates.num_tokens[kept][pool.domain[candidates.prompt[kept]] == code]
        if len(own):
            median, high = np.percentile(own, [50, 95])
            found[word] = Lengths(mean=float(own.mean()), median=float(median), p95=float(high), longest=int(own.max()))
    return found


def _licenses(pool: CandidatePool, prompts: Small) -> tuple[LicensedRows, ...]:
    """The rows of each licence and source that occur together, the most frequent first."""
    pairs, counts = np.unique(np.stack([pool.license[prompts], pool.source[prompts]]), axis=1, return_counts=True)
    licences, sources = pool.licenses.words, pool.sources.words
    found = [
        LicensedRows(license=licences[licence] or None, source=sources[source] or None, num_rows=number)
        for licence, source, number in zip(*pairs.tolist(), counts.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda each: (-each.num_rows, each.license or "", each.source or "")))


def _counted(words: Sequence[str], codes: npt.NDArray[np.integer]) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(words)).tolist()
    return {word or "not stated": number for word, number in zip(words, counts, strict=True) if number}
