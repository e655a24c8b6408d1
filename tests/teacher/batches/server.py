"""A stand-in for a provider of batches: files, batches, their states and their results, as `Endpoint` answers live.

A batch is `validating` at the first look, `in_progress` at the second, `finalizing` at the third, and over at the
fourth: looks move it on, so that no test waits for a clock. What goes wrong is a field that a test sets.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from tests.endpoint import Endpoint, answer, reply

Json = dict[str, Any]
STATES = ("validating", "in_progress", "finalizing")


def failed(custom_id: str, status: int, message: str) -> Json:
    """A line of an error file, of a request that was answered with a status."""
    kind = "invalid_request_error" if status in (400, 401, 404) else "server_error"
    body = {"error": {"message": message, "type": kind, "code": None}}
    return {"id": "r", "custom_id": custom_id, "response": {"status_code": status, "body": body}, "error": None}


def untried(custom_id: str, code: str = "batch_expired") -> Json:
    """A line of an error file, of a request that was never sent."""
    return {"id": "r", "custom_id": custom_id, "response": None, "error": {"code": code, "message": f"it is {code}"}}


class BatchServer(Endpoint):
    """Answers batches. `submitted` holds the questions of every batch that was taken, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.names: list[str] = []
        self.batches: dict[str, Json] = {}
        self.submitted: list[list[str]] = []
        self.bodies: list[Json] = []
        self.cancelled: list[str] = []
        self.calls: Counter[str] = Counter()
        self.before: Callable[[web.Request, int], web.StreamResponse | None] = lambda request, number: None
        """Called first, with how often this path was called; what it returns is sent instead."""
        self.after: Callable[[web.Request, int], web.StreamResponse | None] = lambda request, number: None
        """As `before`, but once the work is done: an answer that is lost on its way."""
        self.end: Callable[[Json], str] = lambda batch: "completed"
        """How a batch ends."""
        self.errors: list[Json] = []
        """Why it fails."""
        self.result: Callable[[Json, str, int], Json | None] = lambda line, question, number: None
        """The result of a line, where it is not the right answer."""
        self.is_silent: Callable[[str], bool] = lambda question: False
        """Whether a line has no result at all."""
        self.order: Callable[[Sequence[Json]], Sequence[Json]] = lambda lines: lines
        self.page = 100
        self.file_states: list[str] = []
        """What looks at a file are told first."""
        self.keeps_metadata = True
        self.is_held = False
        """Whether batches stay where they are."""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**30)
        app.add_routes([web.get("/v1/models", self.models), web.post("/v1/chat/completions", self.chat)])
        app.add_routes(
            [
                web.post("/v1/files", self._taken(self.upload)),
                web.get("/v1/files/{id}", self._taken(self.file)),
                web.get("/v1/files/{id}/content", self._taken(self.content)),
                web.post("/v1/batches", self._taken(self.create)),
                web.get("/v1/batches", self._taken(self.listed)),
                web.get("/v1/batches/{id}", self._taken(self.look)),
                web.post("/v1/batches/{id}/cancel", self._taken(self.cancel)),
            ]
        )
        return app

    def _taken(self, handler: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            assert request.match_info.route.resource is not None
            name = f"{request.method} {request.match_info.route.resource.canonical.removeprefix('/v1')}"
            self.calls[name] += 1
            trouble = self.before(request, self.calls[name])
            if trouble is not None:
                return trouble
            done: web.StreamResponse = await handler(request)
            return self.after(request, self.calls[name]) or done

        return handle

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert form["purpose"] == "batch"
        assert isinstance(file, web.FileField)
        assert file.filename.endswith(".jsonl")
        self.names.append(file.filename)
        return web.json_response(self._file(self._store(file.file.read())))

    def _file(self, file_id: str) -> Json:
        state = self.file_states.pop(0) if self.file_states else "processed"
        return {"id": file_id, "object": "file", "purpose": "batch", "status": state}

    async def file(self, request: web.Request) -> web.Response:
        return web.json_response(self._file(request.match_info["id"]))

    async def content(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["id"]], content_type="application/octet-stream")

    async def create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        assert len({line["custom_id"] for line in lines}) == len(lines)
        assert all((line["method"], line["url"]) == ("POST", "/v1/chat/completions") for line in lines)
        self.submitted.append([line["body"]["messages"][-1]["content"] for line in lines])
        self.bodies += [line["body"] for line in lines]
        batch = {
            "id": f"batch_{len(self.batches)}",
            "object": "batch",
            "endpoint": asked["endpoint"],
            "status": "validating",
            "input_file_id": asked["input_file_id"],
            "output_file_id": None,
            "error_file_id": "",
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "metadata": asked.get("metadata") if self.keeps_metadata else None,
        }
        self.batches[batch["id"]] = batch | {"looks": 0}
        return web.json_response(batch)

    async def listed(self, request: web.Request) -> web.Response:
        newest = list(self.batches.values())[::-1]
        after = request.query.get("after")
        start = [batch["id"] for batch in newest].index(after) + 1 if after else 0
        page = newest[start : start + self.page]
        return web.json_response({"object": "list", "data": page, "has_more": start + self.page < len(newest)})

    async def look(self, request: web.Request) -> web.Response:
        batch = self.batches[request.match_info["id"]]
        if not self.is_held:
            self._move(batch)
        return web.json_response(batch)

    async def cancel(self, request: web.Request) -> web.Response:
        self.cancelled.append(request.match_info["id"])
        return web.json_response(self.batches[request.match_info["id"]] | {"status": "cancelling"})

    def _move(self, batch: Json) -> None:
        if batch["looks"] < len(STATES):
            batch["status"] = STATES[batch["looks"]]
        elif batch["status"] in STATES:
            batch["status"] = self.end(batch)
            self._finish(batch)
        batch["looks"] += 1

    def _finish(self, batch: Json) -> None:
        if batch["status"] == "failed":
            batch["errors"] = {"object": "list", "data": self.errors}
            return
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        results = [result for result in map(self._answer, lines) if result is not None]
        good = [each for each in results if (each.get("response") or {}).get("status_code") == 200]
        bad = [each for each in results if each not in good]
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}
        if good:
            batch["output_file_id"] = self._store_lines(self.order(good))
        if bad:
            batch["error_file_id"] = self._store_lines(bad)

    def _answer(self, line: Json) -> Json | None:
        question = line["body"]["messages"][-1]["content"]
        number = self.asked[question]
        self.asked[question] += 1
        if self.is_silent(question):
            return None
        special = self.result(line, question, number)
        return special or answered(line["custom_id"], answer(question, number), 10 + number)

    def _store_lines(self, lines: Sequence[Json]) -> str:
        return self._store("".join(json.dumps(line) + "\n" for line in lines).encode())

    def _store(self, content: bytes) -> str:
        file_id = f"file-{len(self.files)}"
        self.files[file_id] = content
        return file_id


def answered(custom_id: str, text: str, num_tokens: int = 12) -> Json:
    """A line of an output file."""
    response = {"status_code": 200, "request_id": "q", "body": reply(text, num_tokens=num_tokens)}
    return {"id": "r", "custom_id": custom_id, "response": response, "error": None}
