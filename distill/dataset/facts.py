"""What a selection counted, as the facts and pictures of its card."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from distill import __version__
from distill.dataset import charts
from distill.dataset.candidates import FAIL, OUTCOMES, PASS, SampleEnding, Small
from distill.dataset.card_facts import CardFacts, Lengths, LicensedRows, RunFacts, VoteFacts
from distill.dataset.files import held_out
from distill.dataset.left_out import left_out
from distill.dataset.pool import CandidatePool
from distill.dataset.reasons import DROPS, REASONS, rowless
from distill.dataset.selection import Selection, decided_by_run
from distill.metrics import Agreement, agreement
from distill.records import Outcome
from distill.sampling.purse import BOUGHT_COLUMNS, bought_by
from distill.store import RunFolder
from distill.store.manifest import StageEntry, made_with
from distill.store.shard import read_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def facts_of(selection: Selection, name: str, command: str | None) -> CardFacts:
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
        runs=tuple(map(_run_facts, pool.runs, decided_by_run(pool, selection.reasons))),
        quotas=selection.quotas if prospects.settings.mixture or prospects.settings.rows else (),
        filters=dict(selection.filters),
        decisions=_counted(REASONS, selection.reasons),
        rowless=rowless(pool.candidates.prompt, selection.reasons, len(pool.ids)),
        votes=VoteFacts(num_prompts=len(shares), mean_share=sum(shares) / len(shares)) if shares else None,
        settings=prospects.settings,
        command=command,
        distill_version=__version__,
        agreement=_agreement(pool.runs),
    )
    return facts.model_copy(update={"left_out": left_out(facts)})


def pictures(selection: Selection) -> dict[str, "Figure"]:
    """The card's pictures by the names of their files."""
    prospects, kept = selection.prospects, selection.kept
    pool, candidates = prospects.pool, prospects.pool.candidates
    rates = prospects.groups.pass_rate
    prompts = candidates.prompt[kept]
    by_domain = {
        word or "not stated": candidates.num_tokens[kept][pool.domain[prompts] == code]
        for code, word in enumerate(pool.domains.words)
    }
    sets = {"all prompts": rates[~np.isnan(rates)], "prompts kept": rates[np.unique(prompts)]}
    return {
        "funnel": charts.bars(funnel(selection), "samples, with their share of all", len(candidates)),
        "lengths": charts.histogram(by_domain, "tokens of a row", "rows"),
        "pass_rates": charts.histogram(sets, "pass rate of a prompt", "prompts", limits=(0.0, 1.0), is_stacked=False),
    }


def funnel(selection: Selection) -> dict[str, int]:
    """From samples to rows, every step a subset of the one before."""
    outcome = selection.prospects.pool.candidates.outcome
    num_passed = int((outcome == PASS).sum())
    return {
        "samples": len(outcome),
        "decided": num_passed + int((outcome == FAIL).sum()),
        "passed": num_passed,
        "not filtered": num_passed - int(np.isin(selection.reasons, DROPS).sum()),
        "rows kept": len(selection.kept),
    }


def _run_facts(run: RunFolder, decisions: dict[str, int]) -> RunFacts:
    made = made_with(run.manifest)
    price = run.manifest.stages["generate"].price
    return RunFacts(
        name=run.path.name,
        teacher=made.teacher,
        weights=made.weights,
        policy=made.policy,
        sampling=made.sampling,
        num_few_shot=made.num_few_shot,
        digest=run.manifest.stages["generate"].digest,
        tolerance=_tolerance(run.manifest.stages),
        system=made.system,
        wording=made.wording,
        price=price,
        cost=price and bought_by(run.samples.rows(BOUGHT_COLUMNS)).cost(price),
        decisions=decisions,
    )


def _tolerance(stages: Mapping[str, StageEntry]) -> str:
    """The policy under which answers were compared, by the stage that gave the verdicts."""
    settings = stages["verify"].settings if "verify" in stages else {}
    return str(settings.get("tolerance", "exact"))


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
