"""The sources of rows by name ─▶ what they are and how they are cited."""

import re
from collections.abc import Mapping, Sequence

from distill.dataset.card_facts import SourceFacts
from distill.prompts.sources.preset import KIND, load_preset
from distill.recipe.loading import recipe_names
from distill.rows.prompt_origin import NotedSource, Origin

_PART = re.compile("[:@#]")
"""What follows the name of a preset or dataset: a config, a split, a revision."""


def origins_of(counts: Mapping[str, int], noted: Sequence[Origin]) -> tuple[SourceFacts, ...]:
    """The sources of `counts`, rows by source, the most frequent first.

    A source is what the prompts' manifest says of that name; else the preset of that name; else only a name: one that
    looks like a Hub dataset's need not be one.
    """
    known = {each.name: each for origin in noted for each in origin.sources}
    presets = set(recipe_names(KIND))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(_source(name, number, known.get(name), presets) for name, number in ordered)


def _source(name: str, number: int, noted: NotedSource | None, presets: set[str]) -> SourceFacts:
    head = _PART.split(name, maxsplit=1)[0]
    if noted is not None and (noted.dataset or noted.citation):
        return SourceFacts(name=name, num_rows=number, dataset=noted.dataset, citation=noted.citation)
    if head in presets:
        preset = load_preset(head)
        return SourceFacts(name=name, num_rows=number, dataset=preset.dataset, citation=preset.citation)
    return SourceFacts(name=name, num_rows=number)
