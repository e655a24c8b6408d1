"""The client against servers that take other forms, move, list other models, and refuse."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from distill.errors import TeacherError
from distill.records import Message, RefusalKind, Sampling
from distill.teacher.asking.client import Ask, Client
from distill.teacher.asking.connection import probed_socket
from distill.teacher.asking.form import EndpointForm
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import EndpointRefused, RequestRefused, Stumble
from tests.endpoint import Endpoint, reply

ASK = Ask("q", (Message(role="user", content="What is 1 + 1?"),), Sampling(max_tokens=1000, seed=1))


class Particular(Endpoint):
    """Refuses what `objects` says of a body, and keeps what was sent."""

    def __init__(self, objects: Callable[[dict[str, Any]], str | None] = lambda body: None) -> None:
        super().__init__()
        self.objects = objects
        self.card: dict[str, object] = {}
        self.bodies: list[dict[str, Any]] = []
        self.requests: list[web.Request] = []
        self.together = asyncio.Barrier(1)
        """How many requests the first refusal waits for."""

    async def models(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        return web.json_response({"data": [{"id": self.model, **self.card}]})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.requests.append(request)
        objection = self.objects(body)
        if objection is None:
            return web.json_response(reply("2", num_tokens=1))
        if len(self.bodies) <= self.together.parties:
            await self.together.wait()
        return web.json_response({"error": {"message": objection}}, status=400)


@asynccontextmanager
async def opened(endpoint: Endpoint, **options: Any) -> AsyncIterator[tuple[Client, list[str]]]:
    said: list[str] = []
    with endpoint.running():
        async with Client(endpoint.url, "toy", 5.0, say=said.append, **options) as client:
            await client.check()
            yield client, said


async def ask(client: Client, what: Ask = ASK) -> Completion:
    return await client.complete(what, Completion(), lambda so_far: None)


def reasoning_model(body: dict[str, Any]) -> str | None:
    """Refuses one thing after another, as models that reason do."""
    if "max_tokens" in body:
        return "Unsupported parameter: 'max_tokens' is not for this toy. Use 'max_completion_tokens' instead."
    for name in ("temperature", "top_p"):
        if name in body:
            return f"Unsupported value: '{name}' does not support {body[name]}. Only the default (1) is there."
    return "This toy does not support streaming." if "stream" in body else None


async def test_a_form_is_learnt_once_whoever_learns_it_at_the_same_moment() -> None:
    endpoint = Particular(reasoning_model)
    endpoint.together = asyncio.Barrier(64)
    async with opened(endpoint) as (client, said):
        done = await asyncio.gather(*(ask(client) for _ in range(64)))
        assert [each.parts().answer for each in done] == ["2"] * 64
        assert all(each.sent is not None and each.sent.temperature is each.sent.top_p is None for each in done)
        assert len(said) == len(set(said)) == 4, said
        num_before = len(endpoint.bodies)
        await ask(client)
        assert len(endpoint.bodies) == num_before + 1, "what is known is asked for at once"
    assert set(endpoint.bodies[-1]) == {"model", "messages", "max_completion_tokens", "seed"}


async def test_an_endpoint_that_refuses_both_names_of_the_limit_refuses_the_request() -> None:
    def objects(body: dict[str, Any]) -> str:
        return f"Unknown field: {'max_tokens' if 'max_tokens' in body else 'max_completion_tokens'}"

    async with opened(Particular(objects)) as (client, _):
        with pytest.raises(RequestRefused, match="HTTP 400: Unknown field: max_completion_tokens") as caught:
            await ask(client)
    assert caught.value.kind is RefusalKind.SETTING
    assert "--max-tokens-field" in caught.value.advice


async def test_what_the_user_asked_for_beside_the_usual_is_not_taken_back() -> None:
    endpoint = Particular(lambda body: "unsupported parameter: top_p" if "top_p" in body else None)
    asked = replace(ASK, sampling=Sampling(top_p=None, extra_body={"top_p": 0.5}))
    async with opened(endpoint) as (client, _):
        with pytest.raises(RequestRefused, match="unsupported parameter: top_p"):
            await ask(client, asked)
    assert len(endpoint.bodies) == 1


def with_room(context: int, prompt: int, *, counts: bool = True) -> Callable[[dict[str, Any]], str | None]:
    def objects(body: dict[str, Any]) -> str | None:
        limit = body["max_tokens"]
        if prompt + limit <= context:
            return None
        told = f"{prompt} in the messages" if counts else f"at least {context - limit + 1} in all"
        return (
            f"maximum context length is {context} tokens. However, you asked for ({told}, {limit} in the completion)."
        )

    return objects


async def test_a_limit_above_the_room_is_lowered_to_what_the_refusal_leaves() -> None:
    endpoint = Particular(with_room(900, 40))
    async with opened(endpoint) as (client, said):
        done = await ask(client)
        await ask(client)
    assert [body["max_tokens"] for body in endpoint.bodies] == [1000, 860, 900 - 64 - 4]
    assert done.sent is not None
    assert done.sent.max_tokens == 860
    assert said == [f"{endpoint.url} has room for 900 tokens, prompt and answer together; asking for no more than the "
                    "prompt leaves (--max-tokens)."]  # fmt: skip


async def test_a_room_that_is_not_counted_out_is_found() -> None:
    endpoint = Particular(with_room(900, 880, counts=False))
    async with opened(endpoint) as (client, _):
        await ask(client)
    assert [body["max_tokens"] for body in endpoint.bodies] == [1000, 832, 208, 52, 13]


@pytest.mark.parametrize("counts", [True, False])
async def test_a_prompt_that_is_too_long_alone_is_refused(counts: bool) -> None:
    async with opened(Particular(with_room(900, 5000, counts=counts))) as (client, _):
        with pytest.raises(RequestRefused) as caught:
            await ask(client)
    assert caught.value.kind is RefusalKind.CONTEXT


@pytest.mark.parametrize(
    ("card", "limit"),
    [
        ({"max_model_len": 500}, 500 - 64 - 4),
        ({"meta": {"n_ctx": 500}}, 500 - 64 - 4),
        ({"top_provider": {"max_completion_tokens": 300}, "context_length": 9000}, 300),
        ({"context_window": 500, "max_completion_tokens": 200}, 200),
        ({"max_context_length": None}, 1000),
    ],
)
async def test_what_the_list_of_models_says_of_the_room_is_heeded(card: dict[str, object], limit: int) -> None:
    endpoint = Particular()
    endpoint.card = card
    async with opened(endpoint) as (client, said):
        await ask(client)
    assert endpoint.bodies[0]["max_tokens"] == limit
    assert len(said) == (limit < 1000)


async def test_every_request_asks_for_a_stream() -> None:
    endpoint = Particular()
    async with opened(endpoint) as (client, _):
        await ask(client)
    assert endpoint.bodies[0]["stream"] is True


class Listing(Endpoint):
    """Answers `/models` as it is told to."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__()
        self.status, self.body = status, body

    async def models(self, request: web.Request) -> web.Response:
        return web.Response(status=self.status, text=json.dumps(self.body), content_type="application/json")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, {"data": [{"id": "models/toy"}]}, "does not list the model 'toy', but 'models/toy'"),
        (200, {"data": [{"id": "toy:latest"}]}, "but 'toy:latest'"),
        (200, {"data": [{"id": "TOY"}]}, "but 'TOY'"),
        (200, {"data": [{"id": f"other{i}"} for i in range(9)]}, "other4 and 4 more; asking for it anyway."),
        (200, {"data": []}, "lists no models in a form that is known here"),
        (200, {"strange": 1}, "lists no models in a form that is known here"),
        (401, {}, "DISTILL_API_KEY and OPENAI_API_KEY"),
        (403, {"error": "may not list"}, "(HTTP 403: may not list); going on all the same."),
        (404, {}, "does not list its models (HTTP 404"),
        (503, {}, None),
    ],
)
async def test_the_list_of_models_is_a_hint(status: int, body: object, words: str | None) -> None:
    async with opened(Listing(status, body)) as (client, said):
        await client.check()
        assert (await ask(client)).parts().answer.endswith("\\boxed{2}.")
    assert len(said) == (words is not None)
    assert (words or "") in "".join(said)


async def test_the_one_engine_of_a_list_is_that_of_any_name() -> None:
    async with opened(Listing(200, {"data": [{"id": "a.gguf", "owned_by": "llamacpp"}]})) as (client, _):
        assert client.kind == "llamacpp"


async def test_where_nothing_answers_there_is_no_endpoint() -> None:
    async with Client("http://127.0.0.1:9/v1", "toy", 5.0) as client:
        with pytest.raises(TeacherError, match="Nothing answers at"):
            await client.check()


async def test_an_endpoint_that_is_loading_is_asked_again_what_it_is() -> None:
    class Loading(Listing):
        async def chat(self, request: web.Request) -> web.StreamResponse:
            self.status = 200
            return await super().chat(request)

    async with opened(Loading(503, {"data": [{"id": "toy", "owned_by": "llamacpp"}]})) as (client, said):
        await ask(client)
        assert client.kind is None
        await ask(client)
        assert client.kind == "llamacpp"
        assert said == []


class Moved(Endpoint):
    """Answers at another place than it is asked at."""

    def __init__(self, status: int, to: str = "") -> None:
        super().__init__()
        self.status, self.to = status, to
        self.seen: list[tuple[str, str]] = []

    async def redirect(self, request: web.Request) -> web.Response:
        self.seen.append((request.method, request.path))
        to = f"{self.to}/v1/{request.match_info['tail']}"
        return web.Response(status=self.status, headers={"Location": to})

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes([web.route("*", "/old/{tail:.*}", self.redirect)])
        return app


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_on_the_same_host_is_followed_as_it_is_and_remembered(status: int) -> None:
    endpoint = Moved(status)
    with endpoint.running():
        async with Client(endpoint.url.replace("/v1", "/old"), "toy", 5.0) as client:
            await client.check()
            for _ in range(2):
                assert (await ask(client)).parts().answer
    assert endpoint.seen == [("GET", "/old/models"), ("POST", "/old/chat/completions")]


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    endpoint = Moved(307, "http://elsewhere.example:1")
    with endpoint.running():
        async with Client(endpoint.url.replace("/v1", "/old"), "toy", 5.0) as client:
            with pytest.raises(EndpointRefused, match=r"it sends us on to http://elsewhere\.example:1/v1/chat"):
                await ask(client)


async def test_a_query_stays_at_the_end_of_each_request() -> None:
    endpoint = Particular()
    with endpoint.running():
        async with Client(endpoint.url + "/?api-version=7", "toy", 5.0) as client:
            await client.check()
            await ask(client)
    assert [str(request.rel_url) for request in endpoint.requests] == [
        "/v1/models?api-version=7",
        "/v1/chat/completions?api-version=7",
    ]


async def test_a_path_without_its_version_is_told() -> None:
    endpoint = Endpoint()
    said: list[str] = []
    with endpoint.running():
        root = endpoint.url.removesuffix("/v1")
        async with Client(root, "toy", 5.0, say=said.append) as client:
            await client.check()
            with pytest.raises(RequestRefused) as caught:
                await ask(client)
    assert caught.value.advice == f"Did you mean --endpoint {root}/v1?"
    assert caught.value.advice in said[0]


@pytest.mark.parametrize(("said", "problem"), [("no such path", Stumble), ("model_not_found", RequestRefused)])
async def test_a_path_that_was_there_before_is_being_replaced(said: str, problem: type[Exception]) -> None:
    endpoint = Endpoint()
    endpoint.trouble = lambda request, body, number: None if number == 1 else web.Response(status=404, text=said)
    async with opened(endpoint) as (client, _):
        await ask(client)
        with pytest.raises(problem, match=f"HTTP 404: {said}"):
            await ask(client)


async def test_a_path_that_is_too_long_is_told() -> None:
    endpoint = Endpoint()
    with endpoint.running():
        async with Client(f"{endpoint.url}/chat/completions", "toy", 5.0) as client:
            with pytest.raises(RequestRefused) as caught:
                await ask(client)
    assert caught.value.advice == f"Did you mean --endpoint {endpoint.url}?"


async def test_a_redirect_of_the_list_to_another_host_is_told() -> None:
    with Moved(302, "http://login.example").running() as endpoint:
        async with Client(endpoint.url.replace("/v1", "/old"), "toy", 5.0) as client:
            with pytest.raises(TeacherError, match="cannot be used: HTTP 302: it sends us on to"):
                await client.check()


async def test_moderation_of_a_prompt_is_no_lesson() -> None:
    endpoint = Particular(lambda body: "Flagged by moderation: unsupported parameter top_p")
    async with opened(endpoint) as (client, _):
        with pytest.raises(RequestRefused) as caught:
            await ask(client)
        assert client.form == EndpointForm()
    assert caught.value.kind is RefusalKind.CONTENT


async def test_an_overload_says_when_to_come_back() -> None:
    endpoint = Endpoint()
    endpoint.trouble = lambda request, body, number: web.Response(
        status=429, headers={"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}
    )
    async with opened(endpoint) as (client, _):
        with pytest.raises(Stumble) as caught:
            await ask(client)
    assert (caught.value.is_overload, caught.value.retry_after_s) == (True, 360)


def test_silent_connections_are_probed() -> None:
    made = probed_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 9)))
    with made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


class Continuing(Particular):
    """A llama.cpp that is asked to go on behind what is written."""

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes([web.post("/apply-template", self.template), web.post("/v1/completions", self.chat)])
        return app

    async def template(self, request: web.Request) -> web.Response:
        return web.json_response({"prompt": "<user>?<assistant>"})


async def test_a_continuation_heeds_the_room_as_well() -> None:
    endpoint = Continuing(with_room(900, 240))
    endpoint.card = {"owned_by": "llamacpp"}
    async with opened(endpoint) as (client, _):
        so_far = Completion(content="so " * 200, num_tokens=200, resumed_at=200)
        done = await client.complete(ASK, so_far, lambda so_far: None)
    assert [body["max_tokens"] for body in endpoint.bodies] == [800, 660]
    assert all("prompt" in body and "messages" not in body for body in endpoint.bodies)
    assert done.sent is not None
    assert done.sent.max_tokens == 860, "what was written before and what may follow"
