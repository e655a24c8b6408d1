"""How long an endpoint asks us to wait, in any of the ways in which it may say so."""

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH_MS, _EPOCH_S = 1e11, 1e9
"""Larger numbers are times since 1970: no wait is 30 years long."""
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[hms]))+")
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|[hms])")
_SAID = re.compile(
    r'(?:try again|retry(?:ing)?) (?:in|after):? (\d[\d.hms]{0,30})|"?retryDelay"?\s{0,4}:\s{0,4}"?(\d[\d.hms]{0,30})'
)


def wait_s(status: int, headers: Mapping[str, str], body: bytes) -> float:
    """Seconds to wait before the next request; 0 where nothing is said."""
    names = {name.lower(): value for name, value in headers.items()}
    if milliseconds := _number(names.get("retry-after-ms")):
        return _possible(milliseconds / 1e3)
    return seconds(names.get("retry-after")) or said_s(body) or _reset_s(status, names)


def seconds(retry_after: str | None) -> float:
    """`Retry-After`, a number of seconds or a date, as seconds from now; 0 where it is neither."""
    number = _number(retry_after)
    return _possible(_until(str(retry_after)) if number is None else number)


def said_s(body: bytes) -> float:
    """`"retryDelay": "33s"` among Google's details, and `Please try again in 6m0s` in the words of others."""
    match = _SAID.search(body[:20_000].decode(errors="replace"))
    return _possible(_duration((match[1] or match[2]).strip("."))) if match else 0.0


def _reset_s(status: int, names: Mapping[str, str]) -> float:
    """When a budget is filled up again: those that are used up count, or, where none is said to be, the first to be."""
    resets = {name: _until_reset(value) for name, value in names.items() if "ratelimit" in name and "reset" in name}
    spent = [wait for name, wait in resets.items() if _number(names.get(name.replace("reset", "remaining"))) == 0]
    if spent:
        return max(spent)
    return min((wait for wait in resets.values() if wait > 0), default=0.0) if status == 429 else 0.0


def _until_reset(value: str) -> float:
    number = _number(value)
    if number is None:
        return _possible(_duration(value) or _until(value))
    if number >= _EPOCH_S:
        return _possible((number / 1e3 if number >= _EPOCH_MS else number) - time.time())
    return _possible(number)


def _duration(text: str) -> float:
    """`6m0s`, `450ms` or `33.5` in seconds; 0 for anything else."""
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return _number(text) or 0.0


def _until(date: str) -> float:
    """A date as in HTTP or ISO 8601, as seconds from now; 0 for anything else."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return (parse(date).astimezone(UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):
            continue
    return 0.0


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _possible(wait: float) -> float:
    return max(0.0, wait) if math.isfinite(wait) else 0.0
