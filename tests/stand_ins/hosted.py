"""A stand-in for a hosted API: `python -m tests.stand_ins.hosted --port 8001`; its key is `sk-toy`, its model `toy-1`.

It takes a key, `max_completion_tokens`, no temperature and no top_p, streams, allows so many requests in a window and
says when there is room again, moderates prompts with the word `forbidden`, and counts what it bills.
"""

import argparse
import time
from collections import Counter, deque

from aiohttp import web

from tests.endpoint import answer
from tests.stand_ins.teacher import Body, StandIn, asked_of, refusal

KEY, MODEL = "sk-toy", "toy-1"
MODERATED = "Your input was flagged by our moderation system"


class Hosted(StandIn):
    """`budget` requests are let through in each window of `window_s`."""

    def __init__(self, budget: int = 4, window_s: float = 0.5) -> None:
        super().__init__(model=MODEL)
        self.budget, self.window_s = budget, window_s
        self.refusals: Counter[int] = Counter()
        """Requests that were not answered, by status."""
        self._let_through: deque[float] = deque()

    async def models(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return refusal(401, "You didn't provide an API key.", code="invalid_api_key")
        return await super().models(request)

    async def meet(self, request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        refused = self._refused(request, body)
        if refused is not None:
            self.refusals[refused.status] += 1
        return refused

    def _refused(self, request: web.Request, body: Body) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return refusal(401, "Incorrect API key provided.", code="invalid_api_key")
        if body["model"] != MODEL:
            return refusal(404, f"The model `{body['model']}` does not exist.", code="model_not_found")
        return self._unknown_form(body) or self._beyond_budget() or self._moderated(body)

    def _unknown_form(self, body: Body) -> web.Response | None:
        if "max_tokens" in body:
            return refusal(
                400,
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.",
                param="max_tokens",
                code="unsupported_parameter",
            )
        for field in ("temperature", "top_p"):
            if field in body:
                return refusal(
                    400,
                    f"Unsupported parameter: '{field}' is not supported with this model.",
                    param=field,
                    code="unsupported_parameter",
                )
        return None

    def _beyond_budget(self) -> web.Response | None:
        now = time.monotonic()
        while self._let_through and self._let_through[0] <= now - self.window_s:
            self._let_through.popleft()
        if len(self._let_through) < self.budget:
            self._let_through.append(now)
            return None
        wait_s = self._let_through[0] + self.window_s - now
        response = refusal(429, "Rate limit reached for requests per minute.", code="rate_limit_exceeded")
        response.headers["x-ratelimit-limit-requests"] = str(self.budget)
        response.headers["x-ratelimit-remaining-requests"] = "0"
        response.headers["x-ratelimit-reset-requests"] = f"{max(1, int(wait_s * 1000))}ms"
        return response

    def _moderated(self, body: Body) -> web.Response | None:
        return refusal(403, MODERATED, type="moderation_error") if "forbidden" in asked_of(body) else None

    async def say(self, request: web.Request, body: Body, text: str, finish_reason: str = "stop") -> web.StreamResponse:
        return await super().say(request, body, answer(asked_of(body), 0), finish_reason)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--budget", type=int, default=4)
    options = parser.parse_args()
    web.run_app(Hosted(budget=options.budget).app(), host="127.0.0.1", port=options.port, print=lambda *_: None)


if __name__ == "__main__":
    main()
