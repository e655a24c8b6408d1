"""The charts of the report, as SVG."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from distill.dataset import charts
from distill.dataset.candidates import ABSTAIN, FAIL, PASS, UNVERIFIED, GroupCounts, Small, count_groups
from distill.dataset.pool import CandidatePool
from distill.records import Outcome
from distill.report.verdict_kinds import kind_of
from distill.store import RunFolder
from distill.store.shard import read_table

NUM_BINS = 60
NUM_REASONS = 8
ENDS = pa.schema([("num_tokens", pa.int64()), ("finished_s", pa.float64())])
KINDS = {"pass": "#3898f1", "fail": "#fe6f11", "abstain": "#665e61"}
"""Any two differ by a CIEDE2000 of 30 at least, for full, protan, deutan and tritan vision."""


def pictures(run: RunFolder, pool: CandidatePool) -> dict[str, str]:
    """The charts by their titles, in the order of the page."""
    groups = count_groups(pool.candidates, len(pool.ids))
    found = {
        "From samples to rows": charts.svg(charts.bars(_funnel(run, pool, groups), "samples", len(pool.candidates))),
        "Why samples were discarded": charts.svg(
            charts.bars(_reasons(run, pool), "samples, with their share of all", len(pool.candidates))
        ),
        "Pass rates by domain": charts.svg(
            charts.histogram(
                _by_domain(pool, pool.domain, groups.probe_pass_rate),
                "pass rate of a prompt",
                "prompts",
                limits=(0.0, 1.0),
            )
        ),
        "Outcomes by source": charts.svg(charts.shares(_outcomes(pool), list(KINDS), list(KINDS.values()))),
        "Lengths by outcome": charts.svg(
            charts.histogram(_lengths(pool), "tokens of a sample", "samples", colours=list(KINDS.values()))
        ),
        "Lengths by domain": charts.svg(
            charts.histogram(
                _by_domain(pool, pool.domain[pool.candidates.prompt], pool.candidates.num_tokens),
                "tokens of a sample",
                "samples",
            )
        ),
    }
    hours, speeds = _speeds(run)
    if len(speeds) > 1:
        figure = charts.line(hours, speeds, "hours since the first sample ended", "teacher tokens/s")
        found["Throughput over the run"] = charts.svg(figure)
    return found


def _funnel(run: RunFolder, pool: CandidatePool, groups: GroupCounts) -> dict[str, int]:
    outcome = pool.candidates.outcome
    steps = {
        "drawn": len(outcome),
        "decided": int(((outcome == PASS) | (outcome == FAIL)).sum()),
        "passed": int((outcome == PASS).sum()),
        "one a prompt": int((groups.num_passed > 0).sum()),
    }
    selected = run.manifest.stages.get("select")
    return steps | {"rows kept": int(selected.counts["rows"])} if selected and selected.is_done else steps


def _reasons(run: RunFolder, pool: CandidatePool) -> dict[str, int]:
    """What verifiers said of samples that did not pass, the most frequent kinds."""
    counts: Counter[str] = Counter()
    for shard in run.verdicts.shards():
        table = read_table(shard, ["outcome", "reason"])
        for pair in table.group_by(["outcome", "reason"]).aggregate([([], "count_all")]).to_pylist():
            if pair["outcome"] != Outcome.PASS.value:
                counts[f"{pair['outcome']}: {kind_of(str(pair['reason']))}"] += pair["count_all"]
    num_open = int((pool.candidates.outcome == UNVERIFIED).sum())
    counts.update({"not verified yet": num_open} if num_open else {})
    return dict(counts.most_common(NUM_REASONS)) or {"none": 0}


def _by_domain(pool: CandidatePool, codes: Small, values: charts.Numbers) -> dict[str, charts.Numbers]:
    is_known = ~np.isnan(values)
    return {word: values[is_known & (codes == code)] for code, word in enumerate(pool.domains.words)}


def _lengths(pool: CandidatePool) -> dict[str, charts.Numbers]:
    outcome, tokens = pool.candidates.outcome, pool.candidates.num_tokens
    return {"passed": tokens[outcome == PASS], "failed": tokens[outcome == FAIL], "undecided": tokens[outcome > FAIL]}


def _outcomes(pool: CandidatePool) -> Mapping[str, Mapping[str, int]]:
    """Outcomes of the sources with most samples."""
    source, outcome = pool.source[pool.candidates.prompt], pool.candidates.outcome
    sizes = np.bincount(source, minlength=len(pool.sources.words))
    largest = np.argsort(-sizes, kind="stable")[:NUM_REASONS]
    codes = (PASS, FAIL, ABSTAIN)
    return {
        pool.sources.words[place] or "not stated": {
            kind: int(((source == place) & (outcome == code)).sum()) for kind, code in zip(KINDS, codes, strict=True)
        }
        for place in largest
        if sizes[place]
    }


def _speeds(run: RunFolder) -> tuple[charts.Numbers, charts.Numbers]:
    """Tokens per second of all requests together, in equal stretches of the time in which samples ended."""
    tables = [read_table(shard, ENDS.names) for shard in run.samples.shards()]
    ends = pa.concat_tables(
        [ENDS.empty_table(), *tables], promote_options="default"
    ).drop_null()  # drawn by a version that did not note the time
    if len(ends) < 2:
        return np.array([]), np.array([])
    finished = ends.column("finished_s").to_numpy()
    span_s = max(float(np.ptp(finished)), 1e-9)
    sums, edges = np.histogram(
        finished - finished.min(), min(NUM_BINS, len(ends) // 10 + 1), (0.0, span_s), weights=ends.column("num_tokens")
    )
    return (edges[:-1] + edges[1:]) / 7200, sums / np.diff(edges)
