"""What an HTTP status means for us, with the words that come with it: try again, or why not. Pure."""

from collections.abc import Mapping

from distill.records import RefusalKind
from distill.teacher.trouble import grounds
from distill.teacher.trouble.advice import advice
from distill.teacher.trouble.complaint import Complaint, read_complaint
from distill.teacher.trouble.kinds import RequestRefused, Stumble
from distill.teacher.trouble.waits import said_s, wait_s

OVERLOAD = frozenset({429, 498, 503, 529})
"""The endpoint says that it is busy; 498 is Groq's word for it."""
PASSING = OVERLOAD | {408, 409, 421, 423, 424, 425, 499}
"""Of those below 500. 424 is what a proxy says of a server behind it, 421 of a connection that went astray."""
NOBODY_BEHIND = frozenset({502, 521, 523, 530})
"""What gateways say of a server that is down; 504 may be the fault of a request."""
ANSWERS = frozenset({200, 201, 203})
"""What may come with a completion."""
ACCESS = frozenset({401, 402, 403, 404, 405, 407, 410, 451})
"""No key, no credit, no such model or path."""
MISPLACED = frozenset({404, 405})
"""Of a path that is not there."""
_ABOUT_PROMPTS = frozenset({400, 403, 406, 409, 413, 415, 422, 451})
"""What may speak of the content of a prompt."""


def trouble(status: int, headers: Mapping[str, str], body: bytes) -> Stumble | RequestRefused:
    """What an answer that is no completion means: of its status, or of the code inside a 200 or an event."""
    said = read_complaint(body)
    problem = f"HTTP {status}: {said.shown}" if said.shown else f"HTTP {status}"
    kind = _kind(status, said, said_s(body) > 0)
    if kind is None:
        return Stumble(
            problem,
            is_overload=status in OVERLOAD or grounds.BUSY.search(said.text) is not None,
            is_unreachable=status in NOBODY_BEHIND,
            is_fault=status == 500,
            retry_after_s=wait_s(status, headers, body),
        )
    return RequestRefused(problem, kind, advice(status, kind, said), said)


def _kind(status: int, said: Complaint, asks_to_wait: bool) -> RefusalKind | None:
    """Why the request is refused; None where it is worth another try."""
    text = said.text
    if status == 429:
        is_spent = "insufficient_quota" in text or (grounds.NO_CREDIT.search(text) is not None and not asks_to_wait)
        return RefusalKind.ACCESS if is_spent else RefusalKind.CONTEXT if grounds.TOO_LARGE.search(text) else None
    if status >= 500:
        is_wrapped = (_is_context(text) or grounds.WRAPPED.search(text) is not None) and not grounds.BUSY.search(text)
        kind = _kind_by_words(status, text) if is_wrapped else None
        return kind if kind in (RefusalKind.CONTEXT, RefusalKind.SETTING) else None
    if status < 300 or status in PASSING:
        return None
    if status in _ABOUT_PROMPTS and grounds.CONTENT.search(text) and not _is_about_account(text):
        return RefusalKind.CONTENT
    if status in ACCESS or status < 400:
        return None if status == 403 and grounds.BUSY.search(text) else RefusalKind.ACCESS
    return _kind_by_words(status, text)


def _kind_by_words(status: int, text: str) -> RefusalKind | None:
    if grounds.TOO_LARGE.search(text) or status == 413:
        return RefusalKind.CONTEXT
    if grounds.BUSY.search(text):
        return None
    if _is_access(text):
        return RefusalKind.ACCESS
    if _is_context(text):
        return RefusalKind.CONTEXT
    return RefusalKind.SETTING if grounds.SETTING.search(text) else RefusalKind.OTHER


def _is_context(text: str) -> bool:
    return grounds.CONTEXT.search(text) is not None


def _is_access(text: str) -> bool:
    return _is_about_account(text) or grounds.NO_RIGHT.search(text) is not None


def _is_about_account(text: str) -> bool:
    return any(ground.search(text) for ground in (grounds.NO_CREDIT, grounds.NO_KEY, grounds.NO_MODEL))
