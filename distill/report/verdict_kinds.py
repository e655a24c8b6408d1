"""Kinds of verdicts: a verdict's reason is a sentence about one sample, and numbers are counted by what it shares."""

import re

MAX_CHARS = 40
_KIND = re.compile(r"(?:test \d+: )?(?P<kind>[^:;'\"(]*)")
"""Reasons are written `test NUMBER: KIND: DETAIL; COUNTS` or `KIND (RULE)`; only KIND is always there."""


def kind_of(reason: str) -> str:
    """What a reason says without what is particular to its sample.

    `test 3: wrong answer: '5' is not '6'; passed 2 of 7` ─▶ `wrong answer`, `not equal (boxed)` ─▶ `not equal`.
    """
    match = _KIND.match(reason)
    return (match["kind"].strip() if match else "")[:MAX_CHARS] or "no reason given"
