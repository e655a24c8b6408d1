"""How hard prompts are by the pass rates of a pilot, and which of them bands of pass rates keep. Pure.

A rate belongs to a prompt's messages and reference, not to its id: files count their rows from 1, and what was solved
under another text or against another answer says nothing. A rate of few samples is rough: of four, a prompt that is
solved half of the time shows 0 or 1 once in eight times.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import NamedTuple

import orjson

from distill.errors import InputError
from distill.prompts.order import Band
from distill.references import Record
from distill.rows.parse import REFERENCE_COLUMNS, Row, pass_rate

NO_BAND, UNDECIDED, NOT_TRIED = "in no band", "undecided", "not tried"
"""Of rows that bands drop; without bands the last two stay, without a rate."""
EXTREMES = (Band(low=0, high=0), Band(low=1, high=1), Band(low=0, high=1))
"""What is counted where no bands are given: prompts of the first two teach reinforcement learning nothing."""


class Rating(NamedTuple):
    """How a pilot fared on a prompt."""

    share: float | None
    """Passed of decided samples; None where none was decided."""
    num_samples: int | None
    """Decided samples; None where a row states a rate alone."""


class PilotRun(Record):
    """A run whose pass rates are taken, for the manifest."""

    run: str
    digests: dict[str, str]
    """Of its stages: prompts, generate, verify."""
    model: str
    policy: str
    num_probes: int
    """Samples a prompt that the policy never stops, to which pass rates are confined."""
    max_tokens: int
    num_prompts: int
    num_unfinished: int
    """Prompts of which samples or verdicts are missing; those that are there favour short answers, so none counts."""
    num_samples: int
    num_decided: int
    num_truncated: int


class Pilot(NamedTuple):
    """What one run has found out, or several that were made alike."""

    ratings: Mapping[bytes, Rating]
    """By `content_key`."""
    ids: frozenset[str]
    runs: tuple[PilotRun, ...]


class RatedRow(NamedTuple):
    """A row that may be kept."""

    id: str
    key: bytes
    rating: Rating | None
    """None: never tried."""


class BandCount(NamedTuple):
    """A line of what is shown and written down."""

    name: str
    num_prompts: int
    num_kept: int
    num_missing: int = 0
    """Rows that a band should have given and does not hold."""


class Cut(NamedTuple):
    """What a pilot and bands make of rows, by their number."""

    ratings: Mapping[int, Rating | None]
    """What a pilot says of every row, in place of what the row states; empty without a pilot."""
    reasons: Mapping[int, str]
    """Why a row is dropped; kept rows are not in it."""
    counts: tuple[BandCount, ...]

    def with_rate(self, number: int, line: bytes) -> bytes:
        """A row's line with its rate, without any where the pilot has none."""
        if number not in self.ratings:
            return line
        rating = self.ratings[number] or Rating(None, None)
        row = orjson.loads(line) | {"pass_rate": rating.share, "num_pilot_samples": rating.num_samples}
        return orjson.dumps({name: value for name, value in row.items() if value is not None}) + b"\n"


NO_CUT = Cut({}, {}, ())
"""Nothing is rated, and every row stays."""


def content_key(row: Row) -> bytes:
    """128 bits of what makes a prompt row the same prompt, however it is called: its prompt and its reference."""
    said = {name: value for name in ("prompt", *REFERENCE_COLUMNS) if (value := row.get(name)) is not None}
    return hashlib.blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def cut_by_difficulty(
    rows: Iterable[tuple[int, Row]], bands: Sequence[Band], seed: int, pilot: Pilot | None = None
) -> Cut:
    """Rate prompt rows, which have a number each, sort them into bands, and fill those that have a number of rows.

    Without a pilot rows are rated as they say themselves; without bands every row is kept. Of a band that holds too
    many the rows are taken whose ids come first by a hash with `seed`: whether a row comes before another depends on
    neither their order nor other rows. Raises InputError where no row has a rating.
    """
    rated = {number: _rated(row, pilot) for number, row in rows}
    _refuse_strangers(rated.values(), pilot)
    shown = tuple(dict.fromkeys(bands)) or EXTREMES
    all_groups: tuple[Band | str, ...] = (*shown, NO_BAND, UNDECIDED, NOT_TRIED)
    groups = {group: list[int]() for group in all_groups}
    for number, row in rated.items():
        groups[_group(row.rating, shown)].append(number)
    reasons, counts = dict[int, str](), list[BandCount]()
    for group, found in groups.items():
        kept = _taken(group, found, rated, seed) if bands else found
        reasons |= dict.fromkeys(set(found).difference(kept), _why(group))
        if found or isinstance(group, Band):
            counts.append(_counted(group, len(found), len(kept), is_asked=bool(bands)))
    return Cut({number: row.rating for number, row in rated.items()} if pilot else {}, reasons, tuple(counts))


def _rated(row: Row, pilot: Pilot | None) -> RatedRow:
    key, share = content_key(row), pass_rate(row)
    own = None if share is None else Rating(share, None)
    return RatedRow(str(row["id"]), key, own if pilot is None else pilot.ratings.get(key))


def _refuse_strangers(rows: Collection[RatedRow], pilot: Pilot | None) -> None:
    """Raises InputError where no row has a rating: the pilot is of another file, or rows state none."""
    if not rows or any(row.rating is not None for row in rows):
        return
    if pilot is None:
        raise InputError(
            "--band cuts by pass rates, but no row states a `pass_rate` between 0 and 1. Name a run on these prompts "
            "with --pilot RUN, or the column that holds it with --map pass_rate=COLUMN."
        )
    num_known = sum(row.id in pilot.ids for row in rows)
    seen = f"{num_known:,} have an id of its prompts, but another text or reference" if num_known else "nor their ids"
    raise InputError(
        f"The pilot {', '.join(run.run for run in pilot.runs)} has tried none of these {len(rows):,} prompts ({seen}): "
        "it was made of another file, or is not finished. Write the prompts without --pilot, run `distill generate "
        "FILE --policy 'fixed(4)' --run RUN` on them, and give that RUN."
    )


_WORDS = {
    NO_BAND: "pass rate in no band",
    UNDECIDED: "the pilot decided on none of its samples",
    NOT_TRIED: "no pass rate: not tried by the pilot",
}


def _group(rating: Rating | None, bands: Sequence[Band]) -> Band | str:
    if rating is None:
        return NOT_TRIED
    share = rating.share
    return UNDECIDED if share is None else next((band for band in bands if share in band), NO_BAND)


def _taken(group: Band | str, found: Sequence[int], rows: Mapping[int, RatedRow], seed: int) -> Sequence[int]:
    """The rows that a group gives."""
    if isinstance(group, str):
        return ()
    if group.num_rows is None or len(found) <= group.num_rows:
        return found
    return nsmallest(group.num_rows, found, key=lambda number: (_draw(rows[number].id, seed), rows[number].key))


def _draw(row_id: str, seed: int) -> bytes:
    return hashlib.blake2b(row_id.encode("utf-8", "surrogatepass"), digest_size=8, key=f"band:{seed}".encode()).digest()


def _why(group: Band | str) -> str:
    return _WORDS[group] if isinstance(group, str) else f"band {group.name} is full"


def _counted(group: Band | str, num_prompts: int, num_kept: int, *, is_asked: bool) -> BandCount:
    if isinstance(group, str):
        return BandCount(group, num_prompts, num_kept)
    name = group.name if is_asked or group.low == group.high else "in between"
    return BandCount(name, num_prompts, num_kept, max(0, (group.num_rows or 0) - num_kept))
