"""The state of sampling right now: a small file in the run folder that `generate` replaces every second.

It is for people and `distill status`; nothing depends on it. Replaced in one step but not synced: after a crash of the
machine it may be old, which `updated_s` tells.
"""

from pathlib import Path

from pydantic import ValidationError

from distill.files import FULL, write_whole
from distill.references import Record

FILE = "progress.json"


class EndpointState(Record):
    """One endpoint, as the pool sees it."""

    url: str
    num_under_way: int
    limit: int
    """Requests that it is given at once; lower than the recipe's while it is overloaded."""
    tokens_per_s: float | None
    """Of one request, lately; None: it has answered none yet."""
    is_down: bool
    """It has failed too often in a row and is only probed from time to time."""


class Live(Record):
    """The state of one attempt at sampling."""

    updated_s: float
    """Unix time."""
    is_over: bool
    num_done: int
    """Samples drawn, and those that the policy can do without."""
    num_samples: int
    """All that the policy may ask for, done or not."""
    outcomes: dict[str, int]
    """Of this attempt: `pass`, `fail`, `abstain`, or how samples ended where verdicts come later."""
    samples_per_s: float
    tokens_per_s: float
    """Over the last half minute."""
    seconds_left: float | None
    num_tokens: int
    """Of all attempts."""
    num_prompt_tokens: int = 0
    """Of all attempts."""
    num_passed: int = 0
    """Of all attempts."""
    num_tokens_saved: int
    """How many more `fixed` would have bought, estimated from the lengths of the probes."""
    price: float | None
    """Of a million completion tokens, in the currency of `teacher.price`."""
    cost: float | None = None
    """Of everything that the run holds, in the same currency."""
    endpoints: tuple[EndpointState, ...]


def write_live(run: Path, live: Live) -> None:
    """Replace the file; while the disk is full it stays as it is, since samples wait for room and nothing needs it."""
    try:
        write_whole(run / FILE, live.model_dump_json(indent=1) + "\n", durable=False)
    except OSError as error:
        if error.errno not in FULL:
            raise


def read_live(run: Path) -> Live | None:
    """What was last written; None where nothing was, or by another version."""
    try:
        return Live.model_validate_json((run / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
