"""What endpoints refused of a run, by what mends it and in their own words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from distill.records import FinishReason, RefusalKind
from distill.rows.columns import Row
from distill.store import RunFolder
from distill.store.arrays import coded, mask
from distill.teacher.pool.refusals import alike
from distill.teacher.trouble.kinds import RequestRefused

MAX_WORDS = 90
"""Characters of what an endpoint said that are shown."""


class RefusedAlike(NamedTuple):
    """Samples that were refused for one kind of reason."""

    kind: RefusalKind
    number: int
    words: str
    """What was said most often, numbers and ids aside; the first time it was."""


def refused_of(run: RunFolder) -> list[RefusedAlike]:
    """What endpoints refused of the samples that a run holds."""
    parts = run.samples.tables(["finish_reason", "refusal", "error"])
    is_refused: dict[str, int] = {FinishReason.REFUSED: 1}
    return grouped(
        row
        for part in parts
        for row in part.filter(mask(coded(part.column("finish_reason"), is_refused, other=0) == 1)).to_pylist()
    )


def grouped(rows: Iterable[Row]) -> list[RefusedAlike]:
    """The refused among rows of samples by their kind, the most frequent first. Pure."""
    counts: dict[RefusalKind, Counter[str]] = {}
    said: dict[str, str] = {}
    for row in rows:
        if row["finish_reason"] == FinishReason.REFUSED:
            kind = RefusalKind(str(row["refusal"] or RefusalKind.OTHER))
            words = str(row["error"] or "")
            form = alike(RequestRefused(words, kind))
            said.setdefault(form, words)
            counts.setdefault(kind, Counter())[form] += 1
    found = [
        RefusedAlike(kind, forms.total(), _shortened(said[forms.most_common(1)[0][0]]))
        for kind, forms in counts.items()
    ]
    return sorted(found, key=lambda each: -each.number)


def told(refused: Sequence[RefusedAlike]) -> str:
    """`12: context 10 (HTTP 400: This model's maximum …), content 2 (…)`."""
    each = (f"{kind.value} {number:,}" + (f" ({words})" if words else "") for kind, number, words in refused)
    return f"{sum(group.number for group in refused):,}: {', '.join(each)}"


def _shortened(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= MAX_WORDS else f"{line[:MAX_WORDS].rstrip()}…"
