"""Every kind of trouble an endpoint can make: all samples arrive, each once, and the message says what happened."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import aiohttp
import pytest
from aiohttp import web

from distill.recipe.sections import GenerateSection, TeacherSection
from distill.records import Sampling
from distill.sampling import generate as stage
from distill.sampling import sampler
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.teacher.asking.client import Ask, Client
from distill.teacher.pool import breaker
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble import kinds as trouble
from distill.teacher.trouble.kinds import Stumble
from distill.teacher.trouble.waits import seconds
from tests.endpoint import Endpoint, answer, reply

NUM_PROMPTS, NUM_SAMPLES = 12, 2
Fault = Callable[[web.Request, dict[str, object]], Awaitable[web.StreamResponse]]


class Faulty(Endpoint):
    """An endpoint on which every third request meets a fault."""

    def __init__(self, fault: Fault, every: int = 3) -> None:
        super().__init__()
        self._fault = fault
        self._every = every
        self._num_seen = 0

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self._num_seen += 1
        if self._num_seen % self._every == 0:
            self.num_requests += 1
            return await self._fault(request, await request.json())
        return await super().chat(request)


def write_prompts(folder: Path, num_prompts: int = NUM_PROMPTS) -> Path:
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(num_prompts)]
    file = folder / "prompts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def draw(folder: Path, urls: tuple[str, ...], settings: GenerateSection, num_prompts: int = NUM_PROMPTS) -> RunFolder:
    """Generate without verdicts."""
    file = write_prompts(folder, num_prompts)
    teacher = TeacherSection(model="toy", endpoints=urls)
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, file)
        stage.generate(run, teacher, settings, None)
    return run


def settings(policy: str = f"fixed({NUM_SAMPLES})", **changes: object) -> GenerateSection:
    return GenerateSection.model_validate({"policy": policy, "concurrency": 8, "idle_timeout_s": 30.0} | changes)


def keys(run: RunFolder) -> list[tuple[object, object]]:
    return sorted((row["prompt_id"], row["index"]) for row in run.samples.rows())


EXPECTED = sorted((f"q{i}", k) for i in range(NUM_PROMPTS) for k in range(NUM_SAMPLES))


async def too_many(request: web.Request, body: dict[str, object]) -> web.Response:
    return web.Response(status=429)


async def too_many_until(request: web.Request, body: dict[str, object]) -> web.Response:
    return web.Response(status=429, headers={"Retry-After": "0.1"})


async def broken(request: web.Request, body: dict[str, object]) -> web.Response:
    return web.Response(status=500, text="CUDA error")


async def full(request: web.Request, body: dict[str, object]) -> web.Response:
    return web.Response(status=503, text="queue full")


async def reset(request: web.Request, body: dict[str, object]) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def reset_inside(request: web.Request, body: dict[str, object]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"mess')
    assert request.transport is not None
    request.transport.abort()
    return response


async def half(request: web.Request, body: dict[str, object]) -> web.Response:
    return web.Response(text='{"choices": [{"message"', content_type="application/json")


async def other(request: web.Request, body: dict[str, object]) -> web.Response:
    return web.json_response({"result": "ok"})


async def empty(request: web.Request, body: dict[str, object]) -> web.Response:
    return web.json_response({"choices": []})


async def silent(request: web.Request, body: dict[str, object]) -> web.Response:
    await asyncio.sleep(4)
    return web.Response()


async def cut_stream(request: web.Request, body: dict[str, object]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b'data: {"choices": [{"delta": {"content": "The ans"}}]}\n\n')
    return response


async def error_in_stream(request: web.Request, body: dict[str, object]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b'data: {"error": {"message": "engine died"}}\n\ndata: [DONE]\n\n')
    return response


FAULTS = [
    too_many, too_many_until, broken, full, reset, reset_inside, half, other, empty, silent, cut_stream,
    error_in_stream,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_sample_arrives_once(tmp_path: Path, fault: Fault) -> None:
    with Faulty(fault).running() as endpoint:
        run = draw(tmp_path, (endpoint.url,), settings(idle_timeout_s=1.0 if fault is silent else 30.0))
        assert endpoint.asked.total() == len(EXPECTED), "what was answered was asked again"
    assert keys(run) == EXPECTED
    assert {row["finish_reason"] for row in run.samples.rows()} == {"stop"}


@pytest.mark.parametrize(
    ("said", "seconds_s"),
    [("3", 3.0), ("1e9", 1e9), (None, 0.0), ("", 0.0), ("-1", 0.0), ("soon", 0.0), ("nan", 0.0), ("inf", 0.0)],
)
def test_retry_after_is_a_finite_number_of_seconds(said: str | None, seconds_s: float) -> None:
    assert seconds(said) == seconds_s


def test_an_endpoint_that_asks_for_more_patience_than_we_have_is_left_to_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def next_year(request: web.Request, body: dict[str, object]) -> web.Response:
        return web.Response(status=429, text="quota", headers={"Retry-After": "31536000"})

    with Endpoint().running() as good, Faulty(next_year, every=1).running() as bad:
        run = draw(tmp_path, (good.url, bad.url), settings())
        assert bad.num_requests <= 8
    assert keys(run) == EXPECTED
    said = capsys.readouterr().err
    assert f"{bad.url} refuses (HTTP 429: quota; it asks to wait 31,536,000 s); going on without it." in said


class Resetting(aiohttp.BaseConnector):
    """Its connections are all reset before a request is written."""

    async def connect(self, *arguments: object, **options: object) -> NoReturn:
        raise ConnectionResetError("reset by peer")


async def test_a_connection_that_is_reset_twice_is_worth_another_try() -> None:
    ask = Ask(group="q", messages=(), sampling=Sampling())
    client = Client("http://toy/v1", "toy", idle_timeout_s=1.0)
    async with aiohttp.ClientSession(connector=Resetting()) as client.connection._session:
        with pytest.raises(Stumble, match="reset by peer"):
            await client.complete(ask, Completion(), lambda so_far: None)


class Hasty(Endpoint):
    """Closes each connection, unannounced, when its second request comes, as servers do with idle ones."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[object] = set()

    async def chat(self, request: web.Request) -> web.StreamResponse:
        if request.transport in self._seen:
            return await reset(request, {})
        self._seen.add(request.transport)
        return await super().chat(request)


def test_a_connection_that_the_server_had_given_up_is_no_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Hasty().running() as endpoint:
        run = draw(tmp_path, (endpoint.url,), settings(concurrency=1))
        assert endpoint.asked.total() == len(EXPECTED)
    assert keys(run) == EXPECTED
    said = capsys.readouterr().err
    assert "has trouble" not in said
    assert "does not answer" not in said


async def drip(request: web.Request, body: dict[str, object]) -> web.StreamResponse:
    """Blank lines keep the connection alive; the answer comes in pieces."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(8):
        await response.write(b"\n")
        await asyncio.sleep(0.3)
    text = json.dumps(reply(answer(str(body["messages"][-1]["content"]), 0)))  # type: ignore[index]
    for start in range(0, len(text), 40):
        await response.write(text[start : start + 40].encode())
        await asyncio.sleep(0.01)
    return response


def test_a_slow_answer_is_not_silence(tmp_path: Path) -> None:
    with Faulty(drip).running() as endpoint:
        run = draw(tmp_path, (endpoint.url,), settings(idle_timeout_s=1.5))
        assert endpoint.num_requests == len(EXPECTED)
    assert keys(run) == EXPECTED


def test_a_very_long_answer_is_stored_whole(tmp_path: Path) -> None:
    thoughts = "so 1 + 1 = 2, and\n" * 100_000 + "done."
    text = f"<think>\n{thoughts}\n</think>\n\n2"

    async def long(request: web.Request, body: dict[str, object]) -> web.Response:
        return web.json_response(reply(text, num_tokens=600_000))

    with Faulty(long, every=1).running() as endpoint:
        run = draw(tmp_path, (endpoint.url,), settings("fixed(1)"), num_prompts=3)
    rows = list(run.samples.rows())
    assert [row["reasoning"] == thoughts for row in rows] == [True] * 3
    assert {row["num_tokens"] for row in rows} == {600_000}


def test_a_request_that_always_fails_is_set_aside_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trouble, "LAST_DELAY_S", 0.1)
    monkeypatch.setattr(breaker, "LAST_PAUSE_S", 0.1)
    monkeypatch.setattr(breaker, "FIRST_PAUSE_S", 0.1)

    class Poisoned(Endpoint):
        async def chat(self, request: web.Request) -> web.StreamResponse:
            if "What is 3 " in (await request.json())["messages"][-1]["content"]:
                return web.Response(status=500, text="illegal memory access")
            return await super().chat(request)

    with Poisoned().running() as endpoint:
        run = draw(tmp_path, (endpoint.url,), settings("fixed(1)", concurrency=1), num_prompts=5)
    rows = {row["prompt_id"]: row for row in run.samples.rows()}
    assert [rows[f"q{i}"]["finish_reason"] for i in range(5)] == ["stop", "stop", "stop", "refused", "stop"]
    assert rows["q3"]["error"] == "8 tries failed, the last with: HTTP 500: illegal memory access"


def test_an_endpoint_that_refuses_us_is_left_to_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def poor(request: web.Request, body: dict[str, object]) -> web.Response:
        return web.Response(status=402, text="Insufficient Balance")

    with Endpoint().running() as good, Faulty(poor, every=1).running() as bad:
        run = draw(tmp_path, (good.url, bad.url), settings())
        assert bad.num_requests <= 16
    assert keys(run) == EXPECTED
    assert f"{bad.url} refuses every request alike (HTTP 402: Insufficient Balance)" in capsys.readouterr().err


def test_an_endpoint_that_serves_another_model_is_left_to_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def unknown(request: web.Request, body: dict[str, object]) -> web.Response:
        return web.json_response({"error": {"message": "The model `toy` does not exist."}}, status=404)

    with Endpoint().running() as good, Faulty(unknown, every=1).running() as bad:
        bad.model = "other"
        run = draw(tmp_path, (good.url, bad.url), settings())
        assert bad.num_requests <= 16
    assert keys(run) == EXPECTED
    said = capsys.readouterr().err
    assert f"{bad.url} does not list the model 'toy', but other; asking for it anyway." in said
    assert f"{bad.url} refuses every request alike (HTTP 404" in said


def test_an_endpoint_that_dies_and_returns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Mortal(Endpoint):
        dead_until = 0.0

        async def chat(self, request: web.Request) -> web.StreamResponse:
            now = asyncio.get_running_loop().time()
            if self.num_requests == 10 and not self.dead_until:
                self.dead_until = now + 1.5
            return await (reset(request, {}) if now < self.dead_until else super().chat(request))

    with Mortal(delay_s=0.01).running() as endpoint:
        run = draw(tmp_path, (endpoint.url,), settings())
        assert endpoint.asked.total() == len(EXPECTED)
    assert keys(run) == EXPECTED
    said = capsys.readouterr().err
    assert f"{endpoint.url} does not answer" in said
    assert f"{endpoint.url} answers again." in said


def test_a_slow_endpoint_does_not_hold_up_the_others(tmp_path: Path) -> None:
    with (
        Endpoint(delay_s=0.02).running() as a,
        Endpoint(delay_s=0.02).running() as b,
        Endpoint(delay_s=0.02).running() as c,
        Endpoint(delay_s=0.4).running() as slow,
    ):
        run = draw(tmp_path, tuple(e.url for e in (a, b, c, slow)), settings(concurrency=16), num_prompts=100)
        counts = [e.asked.total() for e in (a, b, c, slow)]
    assert run.samples.count() == sum(counts) == 200
    assert counts[3] < 200 / 8


def test_the_answers_of_a_group_come_from_one_endpoint(tmp_path: Path) -> None:
    with Endpoint(delay_s=0.01).running() as a, Endpoint(delay_s=0.01).running() as b:
        draw(tmp_path, (a.url, b.url), settings("fixed(4)", concurrency=64), num_prompts=8)
        assert not set(a.asked) & set(b.asked)
        assert len(a.asked) == len(b.asked) == 4


def test_as_many_are_under_way_as_are_allowed(tmp_path: Path) -> None:
    class Counting(Endpoint):
        num_now = peak = 0
        is_full = asyncio.Event()

        async def chat(self, request: web.Request) -> web.StreamResponse:
            self.num_now += 1
            self.peak = max(self.peak, self.num_now)
            if self.peak == 20:
                self.is_full.set()
            await self.is_full.wait()
            try:
                return await super().chat(request)
            finally:
                self.num_now -= 1

    endpoint = Counting(delay_s=0.1)
    with endpoint.running():
        draw(tmp_path, (endpoint.url,), settings("fixed(4)", concurrency=20), num_prompts=20)
        assert endpoint.peak == 20


def test_the_window_is_not_a_dead_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "WINDOW", 0)
    with Endpoint().running() as endpoint:
        assert keys(draw(tmp_path, (endpoint.url,), settings())) == EXPECTED
