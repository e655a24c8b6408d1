"""What was lost once on ordinary days is not: how a sample ends, statuses that pass, streams that are refused.

The right end is read from the disk: what is stored, whether the stage counts as done, and what was asked twice.
"""

from pathlib import Path

import pytest
from aiohttp import web

from tests.endpoint import answer
from tests.stand_ins.drawing import NUM_PROMPTS, draw
from tests.stand_ins.shapes import data, whole
from tests.stand_ins.teacher import DONE, Body, Fault, StandIn, delta, event, refusal, sent_first, sent_to, stream

pytestmark = pytest.mark.usefixtures("hasty")
CUT = "<think>\n0 +"
WHOLE = "The answer is \\boxed{1}."


def ends_with(finish_reason: object, text: str = CUT, **fields: object) -> Fault:
    """An answer that ends with the endpoint's own word, in the form that was asked for."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        if not body.get("stream"):
            body_sent = whole({"content": text}, finish_reason, fields)
            return web.Response(body=body_sent, content_type="application/json")
        last = delta(finish_reason) | fields
        usage = event({}, completion_tokens=12, prompt_tokens=5)
        return await stream(request, [event(delta(content=text)), event(last), usage, DONE])

    return meet


TO_BE_DRAWN_AGAIN = {
    "vLLM stopped": ends_with("abort"),
    "SGLang stopped": ends_with({"type": "abort", "message": "Aborted"}),
    "OpenRouter's provider failed": ends_with("error", error={"code": 502, "message": "Upstream error"}),
    "DeepSeek out of resources": ends_with("insufficient_system_resource"),
    "cancelled upstream": ends_with("cancelled"),
}


@pytest.mark.parametrize("fault", TO_BE_DRAWN_AGAIN.values(), ids=list(TO_BE_DRAWN_AGAIN))
def test_a_sample_that_the_endpoint_gave_up_is_drawn_again(tmp_path: Path, fault: Fault) -> None:
    with StandIn(sent_first(fault)).running() as endpoint:
        attempt = draw(tmp_path, endpoint, policy="fixed(2)")
        assert set(endpoint.asked.values()) == {3}  # two samples, of which one was given up
    assert attempt.error is None
    assert attempt.ends == {"stop": 2 * NUM_PROMPTS}
    assert {row["reasoning"] for row in attempt.rows if row["prompt_id"] == "q0"} == {"0 + 1"}


def test_all_in_flight_given_up_at_once_are_drawn_again(tmp_path: Path) -> None:
    with StandIn(sent_first(ends_with("abort"))).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=16, concurrency=16)
    assert attempt.is_done
    assert attempt.ends == {"stop": 16}


FILTERED = ["content_filter", "repetition", "safety", "SAFETY", "recitation", "a_word_of_tomorrow"]


@pytest.mark.parametrize("word", FILTERED)
def test_what_the_endpoint_withheld_is_stored_as_filtered_and_never_whole(tmp_path: Path, word: str) -> None:
    with StandIn(sent_to("What is 2 ", ends_with(word, WHOLE))).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
        assert set(endpoint.asked.values()) == {1}
    assert attempt.ends == {"stop": NUM_PROMPTS - 1, "filtered": 1}


@pytest.mark.parametrize("word", ["length", "max_tokens", "MAX_TOKENS", "model_length", {"type": "length"}], ids=str)
def test_every_word_for_the_token_limit_is_length(tmp_path: Path, word: object) -> None:
    with StandIn(ends_with(word)).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 1
    assert (attempt.row["finish_reason"], attempt.row["answer"]) == ("length", "")


@pytest.mark.parametrize("word", ["stop", "STOP", "eos", "end_turn", "stop_sequence", {"type": "stop"}], ids=str)
def test_every_word_for_an_end_is_stop(tmp_path: Path, word: object) -> None:
    with StandIn(ends_with(word, WHOLE)).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 1
    assert (attempt.row["finish_reason"], attempt.row["answer"]) == ("stop", WHOLE)


def test_a_whole_reply_without_a_word_for_its_end_is_whole(tmp_path: Path) -> None:
    async def silent(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return web.Response(body=whole({"content": WHOLE}, None), content_type="application/json")

    with StandIn(silent).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 1
    assert (attempt.row["finish_reason"], attempt.row["answer"]) == ("stop", WHOLE)


PASSING = [521, 523, 525, 526, 527, 530, 501, 507, 509, 598, 599, 498, 499, 423, 421, 424, 202, 206]


@pytest.mark.parametrize("status", PASSING)
def test_a_status_that_passes_costs_no_sample(tmp_path: Path, status: int) -> None:
    async def ill(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return web.Response(status=status, text="<html>down for a moment</html>", content_type="text/html")

    with StandIn(sent_first(ill)).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
        assert set(endpoint.asked.values()) == {2}
    assert attempt.error is None
    assert attempt.ends == {"stop": NUM_PROMPTS}


@pytest.mark.parametrize("policy", ["fixed(2)", "shortest_of(2)"])
def test_no_request_is_lost_where_the_endpoint_turns_out_not_to_stream(tmp_path: Path, policy: str) -> None:
    async def whole_only(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        return refusal(400, "stream=true is not supported by this model") if body.get("stream") else None

    with StandIn(whole_only).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=16, policy=policy, concurrency=32)
        num_refused = sum(bool(body.get("stream")) for body in endpoint.bodies)
    assert attempt.error is None
    assert attempt.ends["refused"] == 0
    assert attempt.ends["stop"] + attempt.ends["cancelled"] == 32
    assert num_refused <= 32, "it is learnt once"


def in_body(status: int, said: str = "try later") -> Fault:
    """An error under a status of 200."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return web.json_response({"error": {"message": said, "code": status}})

    return meet


def in_event(status: int, said: str = "try later") -> Fault:
    """An error inside a stream that had begun."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        error = data({"error": {"message": said, "code": status}})
        return await stream(request, [event(delta(content=CUT)), error])

    return meet


@pytest.mark.parametrize("form", [in_body, in_event], ids=["in a body", "in an event"])
@pytest.mark.parametrize("status", [429, 503])
def test_an_overload_that_is_told_inside_a_200_uses_up_no_tries(tmp_path: Path, form: object, status: int) -> None:
    assert callable(form)
    with StandIn(sent_first(form(status), times=10)).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=2)
        assert set(endpoint.asked.values()) == {11}
    assert attempt.ends == {"stop": 2}


@pytest.mark.parametrize("form", [in_body, in_event], ids=["in a body", "in an event"])
def test_a_moderation_that_is_told_inside_a_200_concerns_that_prompt_alone(tmp_path: Path, form: object) -> None:
    assert callable(form)
    with StandIn(sent_to("What is 2 ", form(403, "flagged by moderation"))).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
        assert endpoint.asked["What is 2 + 1?"] == 1
    assert attempt.ends == {"stop": NUM_PROMPTS - 1, "refused": 1}


def test_an_outage_at_the_tail_of_a_run_loses_nothing(tmp_path: Path) -> None:
    async def bad_gateway(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return web.Response(status=502, text="Bad Gateway")

    with StandIn(sent_first(sent_to("What is 5 ", bad_gateway), times=12)).running() as endpoint:
        attempt = draw(tmp_path, endpoint, concurrency=1)
    assert attempt.ends == {"stop": NUM_PROMPTS}


class GptOss(StandIn):
    """A vLLM that serves gpt-oss: its template is harmony's, and its first answer breaks off in the reasoning."""

    def __init__(self) -> None:
        super().__init__(sent_first(self.break_off))
        self.continued: list[str] = []

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes(
            [
                web.post("/tokenize", self.tokenize),
                web.post("/detokenize", self.detokenize),
                web.post("/v1/completions", self.complete),
            ]
        )
        return app

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": self.model, "owned_by": "vllm"}]})

    async def break_off(self, request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return await stream(request, [event(delta(reasoning="step ")) for _ in range(100)])

    async def tokenize(self, request: web.Request) -> web.Response:
        return web.json_response({"tokens": [1, 2, 3]})

    async def detokenize(self, request: web.Request) -> web.Response:
        return web.json_response({"prompt": "<|start|>user<|message|>…<|end|><|start|>assistant"})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        self.continued.append((await request.json())["prompt"])
        return await stream(request, [event({"text": " done."}), event({"text": "", "finish_reason": "stop"}), DONE])


class Continuing(GptOss):
    """A vLLM whose first answer breaks off in plain text, and which continues texts under its own conditions."""

    def __init__(self, *, takes_prefixes: bool) -> None:
        super().__init__()
        self.takes_prefixes = takes_prefixes

    async def break_off(self, request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return await stream(request, [event(delta(content="step ")) for _ in range(100)])

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if not self.takes_prefixes:
            return refusal(400, "prompts of more than 8 words are not for you")
        if body["min_tokens"] > body["max_tokens"]:
            return refusal(400, f"min_tokens must be less than or equal to max_tokens={body['max_tokens']}")
        return await super().complete(request)


@pytest.mark.parametrize("takes_prefixes", [True, False], ids=["continues", "refuses to"])
def test_a_continuation_that_is_refused_costs_no_sample(tmp_path: Path, *, takes_prefixes: bool) -> None:
    sampling = {"max_tokens": 150, "extra_body": {"min_tokens": 120}}
    with Continuing(takes_prefixes=takes_prefixes).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1, sampling=sampling)
        assert endpoint.num_requests == (1 if takes_prefixes else 2)
    whole_text = "step " * 100 + " done." if takes_prefixes else answer("What is 0 + 1?", 0).rpartition("\n\n")[2]
    assert (attempt.row["finish_reason"], attempt.row["answer"]) == ("stop", whole_text)


def test_reasoning_is_never_continued_in_a_form_that_the_model_does_not_write(tmp_path: Path) -> None:
    with GptOss().running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert not any("<think>" in prompt for prompt in endpoint.continued)
    assert attempt.row["answer"] == answer("What is 0 + 1?", 0).rpartition("\n\n")[2]
