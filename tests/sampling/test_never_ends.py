"""What once ended a run for ever, or never let it begin: it goes on, or stops soon with a sentence."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from distill.store import RunFolder
from tests.stand_ins.drawing import NUM_PROMPTS, draw, generate_line, shell, write_prompts
from tests.stand_ins.teacher import DONE, Body, StandIn, delta, event, refusal, sent_first, sent_to, stream

pytestmark = pytest.mark.usefixtures("hasty")
RETRANSMITTING, KEEPING_ALIVE = "01", "02"
"""Timers in `/proc/net/tcp`."""


def test_a_run_killed_before_its_first_manifest_was_renamed_begins(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json.tmp").write_text('{"stages"')
    with StandIn().running() as endpoint:
        assert draw(tmp_path, endpoint).ends == {"stop": NUM_PROMPTS}


def test_a_manifest_that_was_lost_is_made_anew_from_whole_tables(tmp_path: Path) -> None:
    with StandIn().running() as endpoint:
        draw(tmp_path, endpoint)
        (tmp_path / "run" / "manifest.json").unlink()
        again = draw(tmp_path, endpoint)
        assert endpoint.num_requests == NUM_PROMPTS
    assert again.ends == {"stop": NUM_PROMPTS}


@pytest.mark.parametrize("policy", ["fixed(1)", "shortest_of(1)", "at_least(1, 1)"])
def test_a_gateway_that_cuts_silent_connections_is_asked_for_streams(tmp_path: Path, policy: str) -> None:
    async def cut(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        return None if body.get("stream") else web.Response(status=524, text="A timeout occurred")

    with StandIn(cut).running() as endpoint:
        attempt = draw(tmp_path, endpoint, policy=policy)
        assert endpoint.num_requests == NUM_PROMPTS
    assert attempt.ends == {"stop": NUM_PROMPTS}


def test_a_gateway_that_buffers_streams_until_it_cuts_them_is_left_in_the_end(tmp_path: Path) -> None:
    async def cut(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return web.Response(status=524, text="A timeout occurred")

    with StandIn(cut).running() as endpoint:
        attempt = draw(tmp_path, endpoint, patience_s=2.0)
    assert attempt.error is not None
    assert "A timeout occurred" in attempt.error
    assert not attempt.is_done


def timer_of(ours: int, theirs: int) -> str:
    """The kind of the timer on the client's side of a connection, as the kernel tells it."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if [int(place.split(":")[1], 16) for place in fields[1:3]] == [ours, theirs]:
            return fields[5].split(":")[0]
    raise AssertionError(f"no connection from {ours}")


def test_a_silent_connection_is_kept_alive_by_tcp(tmp_path: Path) -> None:
    timers: list[str] = []

    async def look(request: web.Request, body: Body, number: int) -> None:
        assert request.transport is not None
        ports = [request.transport.get_extra_info(end)[1] for end in ("peername", "sockname")]
        while (timer := timer_of(*ports)) == RETRANSMITTING:  # noqa: ASYNC110 - the kernel's own
            await asyncio.sleep(0.01)
        timers.append(timer)

    with StandIn(look).running() as endpoint:
        draw(tmp_path, endpoint)
    assert set(timers) == {KEEPING_ALIVE}


class Listing(StandIn):
    """Its `/models` is not what it serves."""

    def __init__(self, *, status: int = 200, ids: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.status, self.ids = status, ids

    async def models(self, request: web.Request) -> web.Response:
        cards = [{"id": name, "object": "model", "owned_by": "x"} for name in self.ids]
        listed = {"object": "list", "data": cards}
        return web.json_response(listed if self.status == 200 else {"error": "no"}, status=self.status)


LISTS = {
    "Gemini": ("models/toy", "models/gemini-3"),
    "Ollama": ("toy:latest",),
    "Azure": ("gpt-5", "gpt-5-mini"),
    "OpenRouter": tuple(f"vendor/model-{i}" for i in range(401)),
    "llama.cpp": ("/weights/a.gguf",),
}


@pytest.mark.parametrize("ids", LISTS.values(), ids=list(LISTS))
def test_a_name_that_is_not_listed_is_asked_for_anyway_with_a_warning(tmp_path: Path, ids: tuple[str, ...]) -> None:
    with Listing(ids=ids).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
        assert {body["model"] for body in endpoint.bodies} == {"toy"}
    assert attempt.ends == {"stop": NUM_PROMPTS}
    assert "toy" in attempt.said
    assert len(attempt.said) < 2000, "not a list of all its models"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 500, 501, 503])
def test_models_that_may_not_be_listed_are_asked_anyway(tmp_path: Path, status: int) -> None:
    with Listing(status=status).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
    assert attempt.ends == {"stop": NUM_PROMPTS}


async def tomorrow(request: web.Request, body: Body, number: int) -> web.StreamResponse:
    return web.Response(status=429, text="daily quota", headers={"Retry-After": "84738"})


async def no_quota(request: web.Request, body: Body, number: int) -> web.StreamResponse:
    return refusal(429, "You exceeded your current quota, please check your plan.", code="insufficient_quota")


@pytest.mark.parametrize(("fault", "words"), [(tomorrow, "84,738 s"), (no_quota, "exceeded your current quota")])
def test_an_endpoint_that_will_not_answer_today_stops_the_run(tmp_path: Path, fault: object, words: str) -> None:
    assert callable(fault)
    with StandIn(fault).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=40)
        assert endpoint.num_requests <= 40
    assert attempt.error is not None
    assert words in attempt.error
    assert attempt.ends == {}
    assert not attempt.is_done


def test_a_wait_that_the_body_asks_for_is_kept(tmp_path: Path) -> None:
    """As Gemini asks for it, whose errors come in a list."""
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "84738s"}]

    async def wait(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        error = {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": details}
        return web.json_response([{"error": error}], status=429)

    with StandIn(wait).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
    assert attempt.error is not None
    assert "84,738 s" in attempt.error
    assert "Quota exceeded" in attempt.error


def test_a_key_with_a_newline_behind_it_is_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_API_KEY", "sk-toy\n")
    with StandIn().running() as endpoint:
        attempt = draw(tmp_path, endpoint)
        assert {each.get("Authorization") for each in endpoint.headers} == {"Bearer sk-toy"}
    assert attempt.ends == {"stop": NUM_PROMPTS}


@pytest.mark.parametrize("row", [{"id": "a", "prompt": "\ud800 + 1?"}, {"id": "\ud800", "prompt": "1 + 1?"}])
def test_half_of_a_surrogate_pair_in_a_prompt_is_sent_and_stored_as_a_question_mark(
    tmp_path: Path, row: dict[str, str]
) -> None:
    (tmp_path / "prompts.jsonl").write_text(json.dumps(row | {"answer": "2"}) + "\n")
    with StandIn().running() as endpoint:
        first, again = (shell(generate_line(tmp_path, endpoint)) for _ in range(2))
        assert list(endpoint.asked.items()) == [(row["prompt"].replace("\ud800", "?"), 1)]
    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    (sample,) = RunFolder.at(tmp_path / "run").samples.rows()
    assert sample["prompt_id"] == row["id"].replace("\ud800", "?")


def test_a_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn().running() as endpoint:
        monkeypatch.setenv("http_proxy", endpoint.url.removesuffix("/v1"))
        attempt = draw(tmp_path, "http://teacher.invalid/v1")
        assert {each["Host"] for each in endpoint.headers} == {"teacher.invalid"}
    assert attempt.ends == {"stop": NUM_PROMPTS}


class Moved(StandIn):
    """Its old address says where the new one is."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes([web.route("*", "/old/{rest:.*}", self.elsewhere)])
        return app

    async def elsewhere(self, request: web.Request) -> web.Response:
        return web.Response(status=self.status, headers={"Location": f"/v1/{request.match_info['rest']}"})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_request_that_is_sent_elsewhere_on_its_host_stays_a_request(tmp_path: Path, status: int) -> None:
    with Moved(status).running() as endpoint:
        attempt = draw(tmp_path, endpoint.url.replace("/v1", "/old"), num_prompts=20)
    if status in (307, 308):  # these keep the method by their definition
        assert attempt.ends == {"stop": 20}
    else:
        assert attempt.ends == {"stop": 20} or "/v1" in str(attempt.error), "where it is now"
    assert "405" not in attempt.said + str(attempt.error)


class Loading(StandIn):
    """A llama.cpp that loads when it is first looked at, and later breaks off in an answer."""

    def __init__(self) -> None:
        super().__init__(sent_first(sent_to("What is 1 ", self.break_off)))
        self.num_looks = 0
        self.continued: list[str] = []

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes([web.post("/apply-template", self.template), web.post("/v1/completions", self.complete)])
        return app

    async def models(self, request: web.Request) -> web.Response:
        self.num_looks += 1
        if self.num_looks == 1:
            return web.json_response({"error": {"message": "Loading model", "code": 503}}, status=503)
        return web.json_response({"data": [{"id": self.model, "owned_by": "llamacpp"}]})

    async def break_off(self, request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return await stream(request, [event(delta(content="one ")) for _ in range(100)])

    async def template(self, request: web.Request) -> web.Response:
        return web.json_response({"prompt": "<user>?<assistant>"})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        self.continued.append((await request.json())["prompt"])
        return await stream(request, [event({"text": "two"}), event({"text": "", "finish_reason": "stop"}), DONE])


def test_an_engine_that_was_loading_at_the_start_is_known_later(tmp_path: Path) -> None:
    with Loading().running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=2, concurrency=1)
        assert endpoint.continued == ["<user>?<assistant>" + "one " * 100]
    assert attempt.rows[1]["answer"] == "one " * 100 + "two"
    assert attempt.rows[1]["resumed_at"] == 100


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A disk that has no room for the file of live numbers alone; the writes that failed."""
    failed: list[str] = []
    replace = os.replace

    def refuse(source: str | Path, target: str | Path) -> None:
        if str(target).endswith("progress.json"):
            failed.append(str(target))
            raise OSError(28, "No space left on device", str(source))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    yield failed


def test_live_numbers_that_cannot_be_written_cost_no_answer(tmp_path: Path, full_disk: list[str]) -> None:
    with StandIn().running() as endpoint:
        attempt = draw(tmp_path, endpoint)
    assert attempt.error is None
    assert attempt.ends == {"stop": NUM_PROMPTS}


def test_the_advised_command_never_holds_a_restart(tmp_path: Path) -> None:
    write_prompts(tmp_path)

    async def wrong_key(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return refusal(401, "bad key")

    with StandIn().running() as endpoint:
        shell(generate_line(tmp_path, endpoint))
    with StandIn(wrong_key).running() as endpoint:
        done = shell(generate_line(tmp_path, endpoint, "--restart", "generate"))
    assert done.returncode == 2
    assert "--restart generate" not in done.stderr
