"""A reward for verl, the verdict of `distill serve-verifier`. Exports hold this file; it needs no distill itself."""

import json
import os
from collections.abc import Mapping
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

HERE = "http://127.0.0.1:8017"
"""Where `distill serve-verifier` listens unless it is told otherwise."""
TIMEOUT_S = 1800.0
"""Requests wait in the service's socket while others are worked on."""


def compute_score(
    data_source: str,  # noqa: ARG001 - verl names it
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, object] | None = None,
    **_: object,
) -> dict[str, float]:
    """1 for a right answer, 0 for a wrong one and for what cannot be decided, which `is_undecided` counts.

    Raises RuntimeError where the service is not there, or refuses: training on zeros would look like learning.
    """
    row = json.loads(str((extra_info or {}).get("row") or json.dumps({"answer": ground_truth})))
    outcome = _verdict({**row, "completion": solution_str})["outcome"]
    is_right = float(outcome == "pass")
    return {"score": is_right, "acc": is_right, "is_undecided": float(outcome == "abstain")}


def _verdict(row: Mapping[str, object]) -> Mapping[str, object]:
    address = os.environ.get("DISTILL_VERIFIER", HERE).rstrip("/")
    # Half of a surrogate pair, which models write and UTF-8 cannot spell, becomes `?`.
    body = json.dumps([row], ensure_ascii=False).encode("utf-8", "replace")
    request = Request(f"{address}/verify", body, {"Content-Type": "application/json"})  # noqa: S310 - the user's own
    direct = build_opener(ProxyHandler({}))  # the service is no place on the web
    try:
        with direct.open(request, timeout=TIMEOUT_S) as reply:
            verdicts: list[Mapping[str, object]] = json.load(reply)
    except HTTPError as error:
        raise RuntimeError(f"{address} refused a row ({error.code}): {error.read().decode()[:300]}") from None
    except URLError as error:
        raise RuntimeError(
            f"No verifier answers at {address} ({error.reason}). Start it with `distill serve-verifier`, or set "
            "DISTILL_VERIFIER to its address."
        ) from None
    return verdicts[0]
