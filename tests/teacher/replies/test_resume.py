import json
from pathlib import Path

import pytest
from aiohttp import web

from tests.endpoint import Endpoint
from tests.teacher.test_faults import draw, settings

TEXT = "one " * 100 + "two " * 100
"""A token a word."""


class Fragile(Endpoint):
    """A llama.cpp that breaks off in the middle of a first answer, and continues what it is given."""

    def __init__(self, opening: str, reasoning: bool, mark: str = "<think>\n") -> None:
        super().__init__()
        self.opening, self.reasoning = opening, reasoning
        self.mark = mark
        """What its template writes before the reasoning of an answer."""
        self.key = "reasoning_content" if reasoning else "content"
        self.words = TEXT.split(" ")[:100]
        self.continued: list[str] = []

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes([web.post("/apply-template", self.template), web.post("/v1/completions", self.completions)])
        return app

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": self.model, "owned_by": "llamacpp"}]})

    async def template(self, request: web.Request) -> web.Response:
        question, *answers = (await request.json())["messages"]
        written = "".join(self.mark + answer["reasoning_content"] + answer["content"] for answer in answers)
        return web.json_response({"prompt": f"<user>{question['content']}<assistant>{written or self.opening}"})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self.num_requests += 1
        response = await stream(request)
        for word in self.words:
            await response.write(event({"delta": {self.key: word + " "}}))
        if self.num_requests > 1:
            await response.write(event({"delta": {"content": "three"}, "finish_reason": "stop"}))
        return response

    async def completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.continued.append(body["prompt"])
        assert body["max_tokens"] == 400
        response = await stream(request)
        end = "</think>three" if self.reasoning else "three"
        for word in [*(word + " " for word in TEXT.split(" ")[100:200]), end]:
            await response.write(event({"text": word}))
        await response.write(event({"text": "", "finish_reason": "stop", "usage": {"completion_tokens": 101}}))
        return response


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    return response


def event(choice: dict[str, object]) -> bytes:
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


@pytest.mark.parametrize(
    ("opening", "reasoning", "prefix", "parts"),
    [
        ("", False, "", (None, TEXT + "three")),
        ("<think>\n", True, "", (TEXT.strip(), "three")),
        ("", True, "<think>", (TEXT.strip(), "three")),
    ],
    ids=["plain", "the template opens the tag", "the model opens the tag"],
)
def test_what_broke_off_is_continued_from_its_prefix(
    tmp_path: Path, opening: str, reasoning: bool, prefix: str, parts: tuple[str | None, str]
) -> None:
    endpoint = Fragile(opening, reasoning)
    with endpoint.running():
        sampling = {"max_tokens": 500}
        run = draw(tmp_path, (endpoint.url,), settings("shortest_of(1)", sampling=sampling), num_prompts=1)
    assert endpoint.num_requests == 1
    assert endpoint.continued == [f"<user>What is 0 + 1?<assistant>{opening}{prefix}{'one ' * 100}"]
    (row,) = run.samples.rows()
    assert (row["reasoning"], row["answer"]) == parts
    assert (row["num_tokens"], row["resumed_at"]) == (201, 100)


@pytest.mark.parametrize(
    ("opening", "mark"),
    [
        ("", "<|channel|>analysis<|message|>"),
        ("", "[THINK]"),
        ("<seed:think>", "<seed:think>"),
        ("<think>\n\n</think>\n\n", "<think>\n"),  # it was asked not to think
    ],
)
def test_reasoning_that_lost_its_marks_is_not_continued_in_ours(
    tmp_path: Path, opening: str, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = Fragile(opening, True, mark)
    with endpoint.running():
        run = draw(tmp_path, (endpoint.url,), settings("shortest_of(1)"), num_prompts=1)
    assert (endpoint.num_requests, endpoint.continued) == (2, [])
    (row,) = run.samples.rows()
    assert (row["reasoning"], row["answer"], row["finish_reason"]) == (("one " * 100).strip(), "three", "stop")
    assert row["resumed_at"] is None
    assert "Beside these, 100 tokens came of answers that broke off" in capsys.readouterr().err


def test_marks_that_the_model_wrote_itself_are_known(tmp_path: Path) -> None:
    endpoint = Fragile("", False, mark="")
    endpoint.words = ["<think>", *["to"] * 99]
    with endpoint.running():
        run = draw(tmp_path, (endpoint.url,), settings("shortest_of(1)", sampling={"max_tokens": 500}), num_prompts=1)
    assert endpoint.continued == [f"<user>What is 0 + 1?<assistant><think> {'to ' * 99}"]
    assert endpoint.num_requests == 1
    assert [row["resumed_at"] for row in run.samples.rows()] == [100]


def test_a_text_without_its_special_tokens_is_not_continued(tmp_path: Path) -> None:
    endpoint = Fragile("", False)
    endpoint.words = ["analysisWe", *["one"] * 99]
    with endpoint.running():
        run = draw(tmp_path, (endpoint.url,), settings("shortest_of(1)"), num_prompts=1)
    assert (endpoint.num_requests, endpoint.continued) == (2, [])
    assert [row["resumed_at"] for row in run.samples.rows()] == [None]
