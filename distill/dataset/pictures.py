"""The pictures of a dataset's card, each for light and for dark pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from distill.dataset import charts
from distill.dataset.card.pictures import DARK
from distill.dataset.card_facts import CardFacts
from distill.dataset.selection import Selection

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_pictures(selection: Selection, facts: CardFacts, folder: Path) -> None:
    """Write the card's pictures below the dataset's folder; the same selection gives the same bytes."""
    for name, figure in _pictures(selection, facts):
        pixels = charts.drawn(figure)
        charts.save_png(pixels, folder / "pictures" / f"{name}.png", charts.LIGHT)
        charts.save_png(pixels, folder / "pictures" / f"{name}{DARK}.png", charts.DARK)


def _pictures(selection: Selection, facts: CardFacts) -> "Iterator[tuple[str, Figure]]":
    """The pictures by the names of their files."""
    prospects, kept = selection.prospects, selection.kept
    pool, candidates = prospects.pool, prospects.pool.candidates
    rates, prompts = prospects.groups.pass_rate, candidates.prompt[kept]
    by_domain = {
        word or "not stated": candidates.num_tokens[kept][pool.domain[prompts] == code]
        for code, word in enumerate(pool.domains.words)
    }
    kept_rates = rates[np.unique(prompts)]
    sets = {"all prompts": rates[~np.isnan(rates)], "prompts with a row": kept_rates[~np.isnan(kept_rates)]}
    yield "funnel", charts.bars(facts.funnel, "samples, with their share of all", facts.num_samples)
    yield "lengths", charts.histogram(by_domain, "tokens of a row", "rows")
    yield (
        "pass_rates",
        charts.histogram(sets, "pass rate of a prompt", "prompts", limits=(0.0, 1.0), is_stacked=False),
    )
