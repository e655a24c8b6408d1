"""What a run will take, before it is spent: a pilot of the run itself, and what follows from it.

The pilot's samples are the run's own: `distill run` goes on from them, so that nothing is bought twice.
"""

import statistics
import zlib
from collections.abc import Sequence
from heapq import nsmallest
from math import sqrt

from rich.table import Table

from distill.errors import RunError
from distill.metrics import ConfidenceInterval, Z, wilson
from distill.progress import say
from distill.recipe.recipe import Recipe
from distill.recipe.sections import Price
from distill.records import Outcome
from distill.references import Record
from distill.sampling.generate import generate
from distill.sampling.prompts import import_prompts
from distill.sampling.purse import cost_of
from distill.store import RunFolder
from distill.teacher.engines.engine import Engine


class RunEstimate(Record):
    """What the whole run will take, each with its 95 % interval."""

    num_prompts: int
    num_pilot: int
    tokens: ConfidenceInterval
    """Completion tokens."""
    hours: ConfidenceInterval
    """With the recipe's concurrency at the speed of the pilot."""
    kept: ConfidenceInterval
    """Prompts with a correct trace."""
    cost: ConfidenceInterval | None
    """In the currency of `teacher.price`; None: no price is given."""


class PilotSpending(Record):
    """What one prompt of the pilot took."""

    num_tokens: int
    num_prompt_tokens: int
    seconds: float
    """Of all its requests together."""
    is_solved: bool


def estimate_from_pilot(recipe: Recipe, num_pilot: int) -> RunEstimate:
    """Draw `num_pilot` prompts of a run, chosen by the hash of their ids, and scale up."""
    log = recipe.folder / "teacher.log"
    with RunFolder.open(recipe.folder, say) as run, Engine(recipe.teacher, log, say) as engine:
        import_prompts(run, recipe.prompts.file)
        ids = [str(row["id"]) for row in run.prompts.rows(["id"])]
        pilot = frozenset(nsmallest(num_pilot, ids, key=lambda name: (zlib.crc32(name.encode()), name)))
        if not generate(run, recipe.teacher, recipe.generate, engine, recipe.verify, pilot):
            raise RunError("The pilot ended before it was whole, and tells nothing; raise the limit that ended it.")
        return scaled(list(spent_by(run, pilot).values()), len(ids), recipe.generate.concurrency, recipe.teacher.price)


def spent_by(run: RunFolder, prompts: frozenset[str]) -> dict[str, PilotSpending]:
    """What the samples of these prompts took; holds nothing of others."""
    passed = {
        str(row["prompt_id"])
        for row in run.verdicts.rows(["prompt_id", "outcome"])
        if row["prompt_id"] in prompts and row["outcome"] == Outcome.PASS.value
    }
    spent: dict[str, PilotSpending] = {}
    columns = ["prompt_id", "index", "num_tokens", "num_prompt_tokens", "seconds"]
    for row in run.samples.rows(columns):
        name = str(row["prompt_id"])
        if name not in prompts:
            continue
        before = spent.get(name)
        num_tokens, num_prompt_tokens, seconds = row["num_tokens"], row["num_prompt_tokens"], row["seconds"]
        assert isinstance(num_tokens, int)
        assert isinstance(num_prompt_tokens, int)
        assert isinstance(seconds, float)
        spent[name] = PilotSpending(
            num_tokens=num_tokens + (before.num_tokens if before else 0),
            num_prompt_tokens=num_prompt_tokens + (before.num_prompt_tokens if before else 0),
            seconds=seconds + (before.seconds if before else 0.0),
            is_solved=name in passed,
        )
    return spent


def scaled(pilot: Sequence[PilotSpending], num_prompts: int, concurrency: int, price: Price | None) -> RunEstimate:
    """From the prompts of a pilot to all of them. Pure."""
    cost = price and _total([cost_of(price, one.num_prompt_tokens, one.num_tokens) for one in pilot], num_prompts)
    return RunEstimate(
        num_prompts=num_prompts,
        num_pilot=len(pilot),
        tokens=_total([one.num_tokens for one in pilot], num_prompts),
        hours=_total([one.seconds / concurrency / 3600 for one in pilot], num_prompts),
        kept=_share(sum(one.is_solved for one in pilot), len(pilot), num_prompts),
        cost=cost,
    )


def estimate_table(found: RunEstimate) -> Table:
    """An estimate as people read it."""
    shown = Table(title=f"{found.num_prompts:,} prompts, from a pilot of {found.num_pilot:,}", title_justify="left")
    for heading in ("", "expected", "95 % interval"):
        shown.add_column(heading)
    rows = [
        ("teacher tokens", found.tokens, ",.0f"),
        ("hours", found.hours, ",.2f"),
        ("kept traces", found.kept, ",.0f"),
    ]
    rows += [("cost", found.cost, ",.2f")] if found.cost else []
    for name, (mean, low, high), form in rows:
        shown.add_row(name, format(mean, form), f"{low:{form}} to {high:{form}}")
    per_trace = found.tokens.mean / found.kept.mean if found.kept.mean else float("inf")
    shown.add_row("tokens a kept trace", f"{per_trace:,.0f}", "")
    return shown


def _total(each: Sequence[float], num_prompts: int) -> ConfidenceInterval:
    """The sum over all prompts, of which `each` are a sample without replacement."""
    mean = statistics.fmean(each)
    error = statistics.stdev(each) / sqrt(len(each)) if len(each) > 1 else float("inf")
    margin = Z * error * sqrt(max(0.0, 1 - len(each) / num_prompts))
    return ConfidenceInterval(mean * num_prompts, max(0.0, mean - margin) * num_prompts, (mean + margin) * num_prompts)


def _share(num_solved: int, num_pilot: int, num_prompts: int) -> ConfidenceInterval:
    mean, low, high = wilson(num_solved / num_pilot, num_pilot)
    return ConfidenceInterval(mean * num_prompts, low * num_prompts, high * num_prompts)
