"""Whatever its shape, a reply is read, stored once and paid for once; one that cannot be read is said to be so."""

from pathlib import Path

import pytest
from aiohttp import web

from tests.stand_ins import shapes
from tests.stand_ins.drawing import draw
from tests.stand_ins.shapes import ANSWER, REASONING, STOP, USAGE
from tests.stand_ins.teacher import DONE, Body, StandIn, delta, event, refusal, sent_to, stream

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.mark.parametrize(("body", "reasoning"), shapes.WHOLE.values(), ids=list(shapes.WHOLE))
def test_a_whole_reply_of_any_shape_is_read(tmp_path: Path, body: bytes, reasoning: str | None) -> None:
    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    with StandIn(say).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 1
    row = attempt.row
    assert (row["finish_reason"], row["reasoning"], row["answer"]) == ("stop", reasoning, ANSWER)
    assert int(str(row["num_tokens"])) > 0


@pytest.mark.parametrize(("pieces", "content_type"), shapes.STREAMS.values(), ids=list(shapes.STREAMS))
def test_a_stream_of_any_shape_is_read(tmp_path: Path, pieces: list[bytes], content_type: str) -> None:
    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse:
        return await stream(request, pieces, content_type)

    with StandIn(say).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 1
    row = attempt.row
    assert (row["finish_reason"], row["reasoning"], row["answer"]) == ("stop", REASONING, ANSWER)


@pytest.mark.parametrize(("pieces", "text"), shapes.BYTES.values(), ids=list(shapes.BYTES))
def test_a_text_that_is_hard_to_read_costs_no_answer(tmp_path: Path, pieces: list[bytes], text: str) -> None:
    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse:
        return await stream(request, [*pieces, STOP, USAGE, DONE])

    with StandIn(say).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 1
    assert (attempt.row["finish_reason"], attempt.row["answer"]) == ("stop", text)


def test_a_stream_that_ends_without_a_word_is_not_whole(tmp_path: Path) -> None:
    async def stop_short(request: web.Request, asked: Body, number: int) -> web.StreamResponse | None:
        return await stream(request, [event(delta(content="The ans"))]) if number == 0 else None

    with StandIn(stop_short).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 2
    assert str(attempt.row["answer"]).startswith("The answer is")


UNREADABLE = {
    "another API": '{"output": [{"type": "message"}]}',
    "no choices": '{"choices": [], "usage": null}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=list(UNREADABLE))
def test_an_endpoint_that_speaks_another_language_stops_the_run_and_is_not_said_to_be_silent(
    tmp_path: Path, body: str
) -> None:
    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    with StandIn(say).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=40, patience_s=5.0)
        assert endpoint.num_requests < 120, "each is paid for"
    assert attempt.error is not None
    assert body[:20] in attempt.error
    assert attempt.ends == {}
    assert not attempt.is_done
    assert "does not answer" not in attempt.said


def test_a_page_of_a_proxy_is_waited_for_and_shown(tmp_path: Path) -> None:
    page = "<html><title>Sign in</title></html>"

    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse | None:
        return web.Response(text=page, content_type="text/html") if number < 3 else None

    with StandIn(say).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
    assert attempt.ends == {"stop": 6}
    assert page in attempt.said


def test_a_proxy_that_shows_nothing_but_its_page_stops_the_run_with_it(tmp_path: Path) -> None:
    page = "<html><title>Sign in</title></html>"

    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse:
        return web.Response(text=page, content_type="text/html")

    with StandIn(say).running() as endpoint:
        attempt = draw(tmp_path, endpoint, patience_s=2.0)
    assert attempt.error is not None
    assert page in attempt.error
    assert attempt.ends == {}
    assert not attempt.is_done


def test_one_answer_that_cannot_be_read_is_set_aside_with_what_it_was(tmp_path: Path) -> None:
    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse:
        return web.json_response({"output": "odd"})

    with StandIn(sent_to("What is 2 ", say)).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
        assert endpoint.asked["What is 2 + 1?"] <= 8
    assert attempt.ends == {"stop": 5, "refused": 1}
    assert "odd" in str(attempt.rows[2]["error"])


def test_an_error_without_a_code_inside_a_200_is_told_in_its_words(tmp_path: Path) -> None:
    async def say(request: web.Request, asked: Body, number: int) -> web.StreamResponse:
        return refusal(200, "the engine lost its mind")

    with StandIn(sent_to("What is 2 ", say)).running() as endpoint:
        attempt = draw(tmp_path, endpoint, patience_s=2.0)
    assert attempt.ends == {"stop": 5, "refused": 1}
    assert "the engine lost its mind" in str(attempt.rows[2]["error"])
