"""The numbers of the report."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill import __version__
from distill.dataset.candidates import ABSTAIN, UNJUDGED, Candidates, GroupCounts, Mask, Small, count_groups
from distill.dataset.pool import CandidatePool
from distill.formatting import duration, or_left_out, share, short_count
from distill.recipe.sections import Price
from distill.sampling.purse import cost_of
from distill.store import RunFolder
from distill.store.manifest import made_with


class Tile(NamedTuple):
    """One number at the top of the page."""

    label: str
    value: str
    note: str = ""


class Line(NamedTuple):
    """How one domain or source fared."""

    name: str
    num_prompts: int
    num_samples: int
    pass_rate: str
    abstained: str
    solved: str
    mean_tokens: str


class RunReport(NamedTuple):
    """What the page states, besides charts and traces."""

    name: str
    teacher: str
    about: str
    tiles: list[Tile]
    tables: dict[str, list[Line]]
    stages: list[tuple[str, str, str, str]]
    distill_version: str = __version__


def gather(run: RunFolder, pool: CandidatePool, price: Price | None) -> RunReport:
    """Count what the page states."""
    made = made_with(run.manifest)
    groups = count_groups(pool.candidates, len(pool.ids))
    sampling = made.sampling
    return RunReport(
        name=run.path.resolve().name,
        teacher=made.teacher,
        about=f"policy {made.policy} · temperature {or_left_out(sampling.temperature)} · "
        f"top-p {or_left_out(sampling.top_p)} · at most {sampling.max_tokens:,} tokens",
        tiles=_tiles(run, pool, groups, price or run.manifest.stages["generate"].price),
        tables={
            "domain": _lines(pool.domains.words, pool.domain, pool, groups),
            "source": _lines(pool.sources.words, pool.source, pool, groups),
        },
        stages=[
            (name, "done" if entry.is_done else "begun", duration(entry.seconds), entry.started.replace("+00:00", "Z"))
            for name, entry in run.manifest.stages.items()
        ],
    )


def _tiles(run: RunFolder, pool: CandidatePool, groups: GroupCounts, price: Price | None) -> list[Tile]:
    candidates = pool.candidates
    num_tokens = int(candidates.num_tokens.sum(dtype=np.int64))
    num_abstained = int(_is_abstained(candidates).sum())
    passed, failed = int(groups.num_probes_passed.sum()), int(groups.num_probes_failed.sum())
    solved = int((groups.num_passed > 0).sum())
    tiles = [
        Tile("prompts", f"{len(pool.ids):,}", f"{share(solved, len(pool.ids))} solved at least once"),
        Tile("samples", f"{len(candidates):,}", f"{len(candidates) / len(pool.ids):.1f} a prompt"),
        Tile("pass rate", share(passed, passed + failed), f"{passed:,} of {passed + failed:,} decided probes"),
        Tile(
            "abstained",
            share(num_abstained, len(candidates)),
            ", ".join([f"{num_abstained:,} undecided", *_unjudged(candidates)]),
        ),
        Tile("teacher tokens", short_count(num_tokens), f"{num_tokens / len(candidates):,.0f} a sample"),
    ]
    selected = run.manifest.stages.get("select")
    if selected is not None and selected.is_done:
        num_rows = int(selected.counts["rows"])
        tiles.append(Tile("rows kept", f"{num_rows:,}", f"{num_tokens / num_rows:,.0f} teacher tokens a row"))
    if price is not None:
        tiles.append(_cost(run, pool, price))
    if seconds := _seconds_at_work(run):
        per_hour = len(candidates) / seconds * 3600
        tiles.append(Tile("throughput", f"{num_tokens / seconds:,.0f} tok/s", f"{per_hour:,.0f} samples an hour"))
    return tiles


def _unjudged(candidates: Candidates) -> list[str]:
    """`12 cancelled`, `3 refused`: what no verifier was asked about."""
    counts = {ending.name.lower(): candidates.num_ended(ending) for ending in UNJUDGED}
    return [f"{number:,} {name}" for name, number in counts.items() if number or name == "cancelled"]


def _cost(run: RunFolder, pool: CandidatePool, price: Price) -> Tile:
    """Of every sample, and of a row where rows were kept."""
    candidates = pool.candidates
    num_tokens = int(candidates.num_tokens.sum(dtype=np.int64))
    cost = cost_of(price, int(candidates.num_context.sum(dtype=np.int64)) - num_tokens, num_tokens)
    selected = run.manifest.stages.get("select")
    if selected is not None and selected.is_done:
        return Tile("cost", f"{cost:,.4g}", f"{cost / int(selected.counts['rows']):,.4g} a row")
    return Tile("cost", f"{cost:,.4g}", f"{cost / len(candidates):,.4g} a sample")


def _seconds_at_work(run: RunFolder) -> float:
    """How long any sample was under way, over all attempts, whatever ended them."""
    ends, seconds = [], []
    for row in run.samples.rows(["finished_s", "seconds"]):
        if isinstance(row["finished_s"], float) and isinstance(row["seconds"], float):
            ends.append(row["finished_s"])
            seconds.append(row["seconds"])
    return covered(np.array(ends), np.array(seconds))


def covered(ends: npt.NDArray[np.float64], lengths: npt.NDArray[np.float64]) -> float:
    """The length of the union of intervals, each given by its end and its length.

    >>> covered(np.array([2.0, 3.0, 11.0]), np.array([2.0, 2.0, 1.0]))
    4.0
    """
    starts = ends - lengths
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], ends[order]
    before = np.concatenate([[-np.inf], np.maximum.accumulate(ends)[:-1]])[: len(ends)]
    return float(np.maximum(0.0, ends - np.maximum(starts, before)).sum())


def _lines(words: list[str], codes: Small, pool: CandidatePool, groups: GroupCounts) -> list[Line]:
    candidates, lines = pool.candidates, []
    of_sample, is_abstained = codes[candidates.prompt], _is_abstained(candidates)
    for code, word in enumerate(words):
        own, prompts = of_sample == code, codes == code
        num_samples, num_prompts = int(own.sum()), int(prompts.sum())
        passed, failed = int(groups.num_probes_passed[prompts].sum()), int(groups.num_probes_failed[prompts].sum())
        mean = f"{candidates.num_tokens[own].mean():,.0f}" if num_samples else "–"
        solved = share(int((groups.num_passed[prompts] > 0).sum()), num_prompts)
        abstained = share(int((is_abstained & own).sum()), num_samples)
        name = word or "not stated"
        lines.append(Line(name, num_prompts, num_samples, share(passed, passed + failed), abstained, solved, mean))
    return sorted(lines, key=lambda line: (-line.num_samples, line.name))


def _is_abstained(candidates: Candidates) -> Mask:
    """What a verifier could not decide; an abstain on a sample that nobody judged says nothing of the verifier."""
    found: Mask = (candidates.outcome == ABSTAIN) & candidates.is_judged
    return found
