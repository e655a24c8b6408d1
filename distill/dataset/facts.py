"""What a selection counted, as the facts and pictures of its card."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from distill import __version__
from distill.dataset import charts
from distill.dataset.candidates import OUTCOMES, Ending
from distill.dataset.card import CardFacts, Lengths, RunFacts, VoteFacts
from distill.dataset.reasons import REASONS
from distill.dataset.selection import Selection
from distill.metrics import Agreement, agreement
from distill.records import Outcome
from distill.store import RunFolder
from distill.store.manifest import made_with

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PASS, FAIL, ABSTAIN = (OUTCOMES.index(outcome) for outcome in Outcome)


def facts_of(selection: Selection, name: str, command: str | None) -> CardFacts:
    """Everything that the card states."""
    pool, candidates, kept = selection.pool, selection.pool.candidates, selection.kept
    outcomes = np.bincount(candidates.outcome, minlength=len(OUTCOMES)).tolist()
    num_cancelled = int((candidates.ending == Ending.CANCELLED).sum())
    prompts = candidates.prompt[kept]
    rows_of = {
        "domains": (pool.domains.words, pool.domain[prompts]),
        "sources": (pool.sources.words, pool.source[prompts]),
        "licenses": (pool.licenses.words, pool.license[prompts]),
    }
    shares = list(selection.votes.shares.values())
    return CardFacts(
        name=name,
        num_rows=len(kept),
        num_test_rows=selection.num_held_out,
        num_prompts=len(pool.ids),
        num_kept_prompts=len(np.unique(prompts)),
        num_samples=len(candidates),
        num_passed=outcomes[PASS],
        num_failed=outcomes[FAIL],
        num_abstained=len(candidates) - outcomes[PASS] - outcomes[FAIL] - num_cancelled,
        num_cancelled=num_cancelled,
        num_probes_passed=int(selection.groups.num_probes_passed.sum()),
        num_probes_failed=int(selection.groups.num_probes_failed.sum()),
        num_tokens=int(candidates.num_tokens.sum(dtype=np.int64)),
        **{key: _counted(words, codes) for key, (words, codes) in rows_of.items()},
        verifiers=_outcomes_by_verifier(selection),
        lengths=_lengths(selection),
        runs=tuple(_run_facts(run) for run in pool.runs),
        quotas=selection.filled() if selection.mixture or selection.settings.rows else (),
        filters=selection.filters,
        decisions=_counted(REASONS, selection.reasons),
        votes=VoteFacts(num_prompts=len(shares), mean_share=sum(shares) / len(shares)) if shares else None,
        settings=selection.settings,
        command=command,
        distill_version=__version__,
        agreement=_agreement(pool.runs),
    )


def pictures(selection: Selection, facts: CardFacts) -> dict[str, "Figure"]:
    """The card's pictures by the names of their files."""
    pool, candidates, kept = selection.pool, selection.pool.candidates, selection.kept
    rates = selection.groups.pass_rate
    prompts = candidates.prompt[kept]
    by_domain = {
        word or "not stated": candidates.num_tokens[kept][pool.domain[prompts] == code]
        for code, word in enumerate(pool.domains.words)
    }
    sets = {"all prompts": rates[~np.isnan(rates)], "prompts kept": rates[np.unique(prompts)]}
    return {
        "funnel": charts.bars(funnel(facts), "samples, with their share of all", facts.num_samples),
        "lengths": charts.histogram(by_domain, "tokens of a row", "rows"),
        "pass_rates": charts.histogram(sets, "pass rate of a prompt", "prompts", limits=(0.0, 1.0), is_stacked=False),
    }


def funnel(facts: CardFacts) -> dict[str, int]:
    """From samples to rows, every step a subset of the one before."""
    num_filtered = sum(each.num_dropped for each in facts.filters.values())
    by_numbers = facts.decisions.get("token length outside the band", 0) + facts.decisions.get(
        "pass rate outside the band", 0
    )
    by_numbers += facts.decisions.get("longer than the student's context", 0) + facts.decisions.get("truncated", 0)
    return {
        "samples": facts.num_samples,
        "decided": facts.num_passed + facts.num_failed,
        "passed": facts.num_passed,
        "not filtered": facts.num_passed - num_filtered - by_numbers,
        "rows kept": facts.num_rows,
    }


def _run_facts(run: RunFolder) -> RunFacts:
    made = made_with(run.manifest)
    return RunFacts(
        name=run.path.name,
        teacher=made.teacher,
        weights=made.weights,
        policy=made.policy,
        sampling=made.sampling,
        num_few_shot=made.num_few_shot,
        digest=run.manifest.stages["generate"].digest,
    )


def _agreement(runs: Sequence[RunFolder]) -> Agreement:
    """How rule and judge compare on the samples that both were asked about."""
    shards = (shard for run in runs for shard in run.verdicts.shards())
    names, is_judged = ["outcome", "second_opinion"], pc.field("second_opinion").is_valid()
    rows = (row for shard in shards for row in pq.read_table(shard, columns=names, filters=is_judged).to_pylist())
    return agreement((Outcome(row["outcome"]), Outcome(row["second_opinion"])) for row in rows)


def _outcomes_by_verifier(selection: Selection) -> dict[str, tuple[int, int, int]]:
    candidates = selection.pool.candidates
    found: dict[str, tuple[int, int, int]] = {}
    for code, word in enumerate(selection.pool.verifiers.words):
        own = candidates.outcome[(candidates.verifier == code) & (candidates.ending != Ending.CANCELLED)]
        if len(own):
            passed, failed = int((own == PASS).sum()), int((own == FAIL).sum())
            found[word or "none yet"] = (passed, failed, len(own) - passed - failed)
    return found


def _lengths(selection: Selection) -> dict[str, Lengths]:
    pool, candidates, kept = selection.pool, selection.pool.candidates, selection.kept
    found: dict[str, Lengths] = {}
    for code, word in enumerate(pool.domains.words):
        own = candidates.num_tokens[kept][pool.domain[candidates.prompt[kept]] == code]
        if len(own):
            median, high = np.percentile(own, [50, 95])
            found[word] = Lengths(mean=float(own.mean()), median=float(median), p95=float(high), longest=int(own.max()))
    return found


def _counted(
    words: "list[str] | tuple[str, ...]", codes: np.ndarray[tuple[int], np.dtype[np.integer]]
) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(words)).tolist()
    return {word or "not stated": number for word, number in zip(words, counts, strict=True) if number}
