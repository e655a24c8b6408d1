"""Asks the Hub, again while it is busy or out of reach, and says in a sentence what it refused and what helps."""

import re
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from distill.errors import HubError
from distill.progress import say

Result = TypeVar("Result")

NUM_ATTEMPTS = 6
MAX_WAIT_S = 60.0
BUSY_STATUSES = {408, 425, 429, 500, 502, 503, 504}
"""HTTP statuses after which the same request may succeed."""
_XET_STATUS = re.compile(r"\((\d{3}) ")
"""How hf_xet, whose errors carry no response, spells a status: `HTTP status client error (403 Forbidden)`."""
_QUOTA = re.compile(r"storage (?:limit|quota)|quota|storage .{0,40}exceed|upgrade your plan", re.IGNORECASE)


class HubRefusalError(HubError):
    """A request that the Hub refused, or never answered; `status` is None then."""

    def __init__(self, sentence: str, status: int | None, code: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        """The Hub's own word for it, `RepoNotFound` say, where it gave one."""


class Trouble(NamedTuple):
    """What is known of a failed request."""

    status: int | None
    """None where the Hub did not answer."""
    wait_s: float | None
    """How long it asks us to wait."""
    code: str
    words: str


def ask(request: Callable[[], Result], repo: str) -> Result:
    """Send a request to the Hub, again while it is busy or out of reach.

    Raises HubRefusalError where that does not help, HubError where the request itself makes no sense.
    """
    from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled

    for attempt in range(NUM_ATTEMPTS):
        try:
            return request()
        except OfflineModeIsEnabled:
            raise HubRefusalError(
                "HF_HUB_OFFLINE is set, so the Hub is not asked. Unset it, and run the same command again.", None
            ) from None
        except HFValidationError as error:
            raise HubError(f"The Hub has no such name: {one_line(str(error))}") from None
        except (OSError, RuntimeError, ValueError, _lost_connection()) as error:
            trouble = trouble_of(error)
            is_final = trouble.status is not None and trouble.status not in BUSY_STATUSES
            if is_final or attempt == NUM_ATTEMPTS - 1:
                raise HubRefusalError(explanation(trouble, repo), trouble.status, trouble.code) from None
            wait_s = min(MAX_WAIT_S, 2.0**attempt if trouble.wait_s is None else trouble.wait_s)
            seen = "cannot be reached" if trouble.status is None else f"answered {trouble.status}"
            say(f"The Hub {seen}; again in {wait_s:g} s.")
            time.sleep(wait_s)
    raise AssertionError("the last attempt returns or raises")


def _lost_connection() -> type[Exception]:
    from httpx2 import TransportError

    return TransportError


def trouble_of(error: BaseException) -> Trouble:
    """What an error of the Hub's client says. An error that is not about the Hub is raised again: it is a bug."""
    found: BaseException | None = error
    while found is not None:
        response = getattr(found, "response", None)
        if response is not None:
            wait = response.headers.get("Retry-After", "")
            words = getattr(found, "server_message", None) or response.headers.get("X-Error-Message") or str(found)
            code = response.headers.get("X-Error-Code", "")
            return Trouble(int(response.status_code), float(wait) if wait.isdecimal() else None, code, one_line(words))
        found = found.__cause__
    if isinstance(error, ValueError):
        return Trouble(400, None, "", one_line(str(error)))
    if isinstance(error, RuntimeError) and error.__cause__ is None:
        raise error
    status = _XET_STATUS.search(str(error))
    return Trouble(int(status[1]) if status else None, None, "", one_line(str(error)) or type(error).__name__)


def explanation(trouble: Trouble, repo: str) -> str:
    """A sentence: what was seen, what to do."""
    status, words = trouble.status, trouble.words.removesuffix(".")
    if status is None:
        return (
            f"The Hub cannot be reached ({words[:200]}); what was sent is kept. Run the same command again to resume."
        )
    if status != 401 and _QUOTA.search(words):
        return (
            f"The storage of {repo.partition('/')[0]} on the Hub is full ({words}). Free some, or have it enlarged, on "
            "huggingface.co/settings/billing; then run the same command again: what was sent is kept."
        )
    if trouble.code == "GatedRepo":
        return (
            f"{repo} is gated. Ask for access on its page, log in with `hf auth login`, and run the same command again."
        )
    if status in BUSY_STATUSES:
        seen = "limits how often it is asked (429)" if status == 429 else f"still answers {status}"
        return (
            f"The Hub {seen}, after {NUM_ATTEMPTS} attempts; what was sent is kept. Run the same command again later."
        )
    sentence = _SENTENCES.get(status)
    if sentence is None:
        return f"The Hub refused {repo} with status {status}: {words}."
    return sentence.format(repo=repo, words=words)


_SENTENCES = {
    400: "The Hub refuses what {repo} should become: {words}.",
    401: "The Hub rejected the token; log in again with `hf auth login`, or renew HF_TOKEN.",
    403: (
        "The token may not write to {repo} ({words}); the name may be another owner's. Log in with a token that may: "
        "`hf auth login`."
    ),
    404: "The Hub knows no {repo}, or the token may not see it; check the name, or log in with `hf auth login`.",
    409: "The name {repo} is taken on the Hub by something else ({words}); choose another.",
    412: "Somebody else's commit came first on {repo}; none of it was replaced. Push again to see what is there now.",
    413: (
        "The Hub says that a file or the commit is too large ({words}). Write smaller files, and run the same command "
        "again: what was sent is kept."
    ),
}


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())
