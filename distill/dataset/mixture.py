"""What a dataset is composed of: quotas for domains and sources, scaled to an exact number of rows. Pure."""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, PositiveInt

from distill.dataset.candidates import Small
from distill.references import Domain, Record
from distill.rows.license_names import license_id


class Quota(Record):
    """So many rows of a domain, source, language or licence, or of several at once: `Quota(rows=9, domain="math")`."""

    rows: PositiveInt
    """A weight as soon as the mixture is scaled."""
    domain: Domain | None = None
    source: str | None = None
    language: str | None = None
    """ISO 639-1."""
    license: Annotated[str | None, AfterValidator(lambda name: name and license_id(name))] = None
    prompts: str | None = None
    """What `distill prompts` makes prompts for it of, as many as are asked for: `reasoning-gym:logic`."""

    def __str__(self) -> str:
        return " / ".join(filter(None, self.wanted)) or "all rows"

    @property
    def wanted(self) -> tuple[str | None, ...]:
        """The domain, source, language and licence of its prompts; None: any."""
        return self.domain, self.source, self.language, self.license


class Mixture(Record):
    """Quotas in order; a prompt counts towards the first that holds it, and is left out where none does."""

    name: str
    quotas: Annotated[tuple[Quota, ...], Field(min_length=1)]

    @property
    def num_rows(self) -> int:
        """Rows of all quotas together."""
        return sum(quota.rows for quota in self.quotas)


class Filled(Record):
    """How far a quota was filled, and from what."""

    name: str
    num_wanted: int | None
    """None: as many as there are."""
    num_rows: int
    num_prompts: int
    num_samples: int
    prompts: str | None = None
    """Of its quota."""

    @property
    def num_missing(self) -> int:
        """Rows that it lacks."""
        return max(0, (self.num_wanted or 0) - self.num_rows)


def scale(mixture: Mixture, num_rows: int) -> list[int]:
    """Rows of each quota so that they add up to `num_rows`: shares rounded down, the rest to the largest remainders.

    Among equal remainders the quota named first gets the row. Integers throughout, so nothing is rounded twice.
    """
    parts = [divmod(quota.rows * num_rows, mixture.num_rows) for quota in mixture.quotas]
    by_remainder = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))
    extra = set(by_remainder[: num_rows - sum(whole for whole, _ in parts)])
    return [whole + (place in extra) for place, (whole, _) in enumerate(parts)]


def quota_numbers(mixture: Mixture, kinds: Sequence[tuple[Sequence[str], Small]]) -> Small:
    """The quota of each prompt by position, -1 for none.

    `kinds` has the words of domains, sources, languages and licences, each with the position of every prompt's word.
    """
    numbers: Small = np.full(len(kinds[0][1]), -1, dtype=np.int32)
    for number, quota in reversed(list(enumerate(mixture.quotas))):
        is_held = np.ones(len(numbers), dtype=bool)
        for wanted, (words, codes) in zip(quota.wanted, kinds, strict=True):
            if wanted is not None:
                is_held &= np.array([word == wanted for word in words], dtype=bool)[codes]
        numbers[is_held] = number
    return numbers


def shortage(quotas: Sequence[Filled]) -> str | None:
    """What the quotas lack, and how much more would fill them at the yield measured so far; None where all is full."""
    short = [quota for quota in quotas if quota.num_missing]
    return "; ".join(_missing(quota) + _source(quota) for quota in short) if short else None


def _source(quota: Filled) -> str:
    """The command that makes prompts for a quota, those that there are already among them."""
    if quota.prompts is None:
        return ""
    num_more = quota.num_missing * (quota.num_prompts / quota.num_rows if quota.num_rows else 1)
    size = quota.num_prompts + math.ceil(num_more)
    return f" (prompts for it: `distill prompts {quota.prompts} --size {size} --out FILE`)"


def _missing(quota: Filled) -> str:
    lack = f"{quota.name} has {quota.num_rows:,} of {quota.num_wanted or 0:,} rows"
    if not quota.num_prompts:
        return f"{lack}, for there is no prompt for it"
    if not quota.num_rows:
        return f"{lack} from {quota.num_prompts:,} prompts, so its yield is unknown"
    num_prompts = math.ceil(quota.num_missing * quota.num_prompts / quota.num_rows)
    num_samples = math.ceil(num_prompts * quota.num_samples / quota.num_prompts)
    return (
        f"{lack} from {quota.num_prompts:,} prompts ({quota.num_rows / quota.num_prompts:.2f} rows a prompt): about "
        f"{num_prompts:,} more prompts, {num_samples:,} samples, would fill it"
    )
