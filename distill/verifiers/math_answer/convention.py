"""What counts as the same answer, where sources differ; strict unless a source is known to need otherwise."""

from typing import Literal

from pydantic import NonNegativeFloat, PositiveInt

from distill.references import Record


class Convention(Record):
    """How to compare. `Convention(name="physics", relative_tolerance=0.01)`."""

    name: str = "strict"
    """Stands in the verdict's reason wherever the convention decided."""
    percent: Literal["value", "optional"] = "value"
    """`value`: 50% is 1/2, and 50 where it cannot be taken for a fraction (above 1). `optional`: the sign is noise."""
    units: Literal["checked", "required", "ignored"] = "checked"
    """`checked`: a missing unit is forgiven, another one is wrong, convertible ones are converted."""
    relative_tolerance: NonNegativeFloat = 0.0
    """For decimals and for values compared with decimals. Integers and exact forms stay exact at 0."""
    tolerance: Literal["exact", "reference-digits"] = "exact"
    """`reference-digits`: what rounds to the digits that a decimal reference prints is right; integers stay exact."""
    num_significant: PositiveInt | None = None
    """Accept what rounds to the reference at so many significant figures."""
    is_order_free: bool = True
    """Whether `1, 2` equals `2, 1`. Tuples always keep their order."""
    is_unreduced_accepted: bool = True
    """Whether 2/4 stands for 1/2."""
    is_interval_relation: bool = True
    """Whether `2 < x` stands for `(2, oo)`."""
    is_exact_form: bool = False
    """Whether the answer must be written as the reference is, up to order: factored, expanded, unevaluated."""


STRICT = Convention()
REFERENCE_DIGITS = Convention(name="reference-digits", tolerance="reference-digits")
"""For references that were rounded to the digits that they print, as 2.65 for 2.6535…"""
ROUNDED = Convention(name="rounded", relative_tolerance=0.01, percent="optional")
"""Numeric answers of physics and chemistry collections, whose references are rounded."""

CONVENTIONS: dict[str, Convention] = {
    "scibench": Convention(name="scibench", relative_tolerance=0.05, percent="optional"),
    "webinstruct": ROUNDED,
    "natural_reasoning": ROUNDED,
    "olympiadbench_physics": ROUNDED,
}
"""By `Prompt.source`. SciBench's 5 % is its own rule (arXiv 2307.10635, section 4)."""
