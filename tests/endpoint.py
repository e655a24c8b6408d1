"""A stand-in for a teacher: an OpenAI-compatible endpoint in a thread or process of its own.

It answers `What is A + B?` rightly for even sample numbers, and counts how often each prompt was asked, so that
tests can tell what was asked twice.
"""

import argparse
import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from aiohttp import web

Handler = Callable[[web.Request, dict[str, object], int], web.StreamResponse | None]


class Endpoint:
    """`url` answers while the context manager `running` is entered."""

    def __init__(self, model: str = "toy", delay_s: float = 0.0, log: Path | None = None) -> None:
        self.model = model
        self.delay_s = delay_s
        self.url = ""
        self.asked: Counter[str] = Counter()
        self.num_requests = 0
        self.runner: web.AppRunner | None = None
        self.trouble: Handler = lambda request, body, number: None
        """Called first; what it returns is sent instead of an answer."""
        self._log = log

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": self.model}]})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.num_requests += 1
        trouble = self.trouble(request, body, self.num_requests)
        if trouble is not None:
            return trouble
        question = body["messages"][-1]["content"]
        number = self.asked[question]
        self.asked[question] += 1
        await self.think()
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(json.dumps(question) + "\n")
        return web.json_response(reply(answer(question, number), num_tokens=10 + number))

    async def think(self) -> None:
        await asyncio.sleep(self.delay_s)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/v1/models", self.models), web.post("/v1/chat/completions", self.chat)])
        return app

    @contextmanager
    def running(self) -> Iterator[Self]:
        loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

        async def serve() -> None:
            runner = self.runner = web.AppRunner(self.app(), shutdown_timeout=0)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            ready.set()
            await over.wait()
            await runner.cleanup()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join()
            loop.close()


class Holding(Endpoint):
    """Answers so many requests, and keeps the others waiting until it is let go."""

    def __init__(self, num_answers: int) -> None:
        super().__init__()
        self.is_let_go = False
        self._num_answers = num_answers

    async def think(self) -> None:
        if self.num_requests > self._num_answers:
            while not self.is_let_go:  # noqa: ASYNC110 - by another thread
                await asyncio.sleep(0.02)


def answer(question: str, number: int) -> str:
    """A worked sum; every second sample of a question is wrong."""
    numbers = [int(digits) for digits in re.findall(r"\d+", question)]
    total = sum(numbers) + number % 2
    return f"<think>\n{' + '.join(map(str, numbers))}\n</think>\n\nThe answer is \\boxed{{{total}}}."


def reply(text: str, *, num_tokens: int = 12, finish_reason: str = "stop") -> dict[str, object]:
    """A chat completion as vLLM sends it."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 5, "completion_tokens": num_tokens}
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}], "usage": usage}


def main() -> None:
    """Serve until killed: `python -m tests.endpoint --port 8001 --delay 0.02 --log asked.jsonl`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    endpoint = Endpoint(delay_s=options.delay, log=options.log)
    web.run_app(endpoint.app(), host="127.0.0.1", port=options.port, print=lambda *_: None)


if __name__ == "__main__":
    main()
