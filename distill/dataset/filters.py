"""What keeps a correct trace out of the dataset: switches over its text, each with a reason of its own. Pure.

OpenThoughts3 (arXiv 2506.04178) measured harm from dropping long paragraphs, so `long_paragraph` and `code_block` are
off unless named; `distill.recipe.sections` has the filters that are on by default.
"""

from collections.abc import Callable, Mapping, Sequence

from distill.dataset.detectors import (
    Tools,
    TraceText,
    code_block,
    contradiction,
    long_paragraph,
    mixed_language,
    no_reasoning,
    repetition,
    unanswered,
)
from distill.errors import RecipeError

TEXT_FILTERS: Mapping[str, Callable[[TraceText, Tools], bool]] = {
    detect.__name__: detect
    for detect in (
        unanswered, no_reasoning, repetition, mixed_language, contradiction, long_paragraph, code_block,
    )
}  # fmt: skip
"""In the order in which they are asked; the first that drops a candidate is its reason."""
NUMBER_FILTERS = ("truncated",)
"""Filters that need no text; bands of lengths and pass rates are settings of their own."""


def parse_filters(names: Sequence[str]) -> tuple[str, ...]:
    """The text filters among `names`, in their own order. Raises RecipeError for a name that there is not."""
    known = (*NUMBER_FILTERS, *TEXT_FILTERS)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise RecipeError(f"There is no filter {unknown[0]!r}; filters are {', '.join(known)}.")
    return tuple(name for name in TEXT_FILTERS if name in names)


def first_reason(text: TraceText, filters: Sequence[str], tools: Tools) -> str | None:
    """The first filter that drops this text, or None."""
    return next((name for name in filters if TEXT_FILTERS[name](text, tools)), None)
