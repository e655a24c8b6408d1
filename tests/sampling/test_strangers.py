"""Faults of endpoints that were found in public threads of 2025 and 2026 after the code had been written.

Each right end was written down before the code was run.
"""

from pathlib import Path

import pytest
from aiohttp import web

from tests.endpoint import answer
from tests.stand_ins.drawing import NUM_PROMPTS, draw
from tests.stand_ins.teacher import DONE, Body, Fault, StandIn, asked_of, delta, event, refusal, sent_first, stream

pytestmark = pytest.mark.usefixtures("hasty")
TEXT = "The answer is \\boxed{1}."
USAGE = event({}, completion_tokens=12, prompt_tokens=5)


def events(*pieces: bytes) -> Fault:
    """A stream of these, whatever is asked."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return await stream(request, pieces)

    return meet


def lost(native: str) -> Fault:
    """OpenRouter, whose provider failed: nothing, a good word for how it ended, and the true one beside it."""
    last = delta("stop", content="") | {"native_finish_reason": native}
    return events(event(last), event({}, completion_tokens=0, prompt_tokens=5), DONE)


REDRAWN = {
    "OpenRouter's native reason is network_error (hax#15)": lost("network_error"),
    "a stop without a word or a token (OmniRoute#10404, pi#8462)": events(
        event(delta("stop", content=None)), event({}, completion_tokens=0, prompt_tokens=5), DONE
    ),
    "an error as a bare text (maple-proxy#47)": events(
        event(delta(content="The ans")), b'data: {"error": "Stream error: connection reset"}\n\n', DONE
    ),
    "an event named error (litellm-rs#185)": events(
        event(delta(content="The ans")),
        b'event: error\ndata: {"message": "upstream closed", "type": "server_error"}\n\n',
    ),
    "an error with a null code as the first event (litellm#22793)": events(
        b'data: {"error": {"message": "queue is full", "type": "server_error", "code": null}}\n\n', DONE
    ),
    "empty choices and an error, then the end (OmniRoute#8210)": events(
        b'data: {"id": "x", "choices": [], "error": {"code": 502, "message": "Worker local total request limit '
        b'reached (33/32)", "metadata": {"error_type": "provider_unavailable"}}}\n\n',
        DONE,
    ),
    "an interim finish reason of no letters, and then nothing (sglang#3912)": events(
        event(delta("", content="The ans")), event(delta("", content="wer"))
    ),
}


@pytest.mark.parametrize("fault", REDRAWN.values(), ids=list(REDRAWN))
def test_an_answer_that_was_none_is_drawn_again(tmp_path: Path, fault: Fault) -> None:
    with StandIn(sent_first(fault)).running() as endpoint:
        attempt = draw(tmp_path, endpoint)
        assert set(endpoint.asked.values()) == {2}
    assert attempt.ends == {"stop": NUM_PROMPTS}
    assert [row["answer"] for row in attempt.rows] == [
        answer(f"What is {i} + 1?", 0).rpartition("\n\n")[2] for i in range(NUM_PROMPTS)
    ]


READ = {
    "never a finish reason, but counts at the end (opencode#43882)": events(
        event(delta(content=TEXT[:9])), event(delta(content=TEXT[9:])), USAGE
    ),
    "two endings (sglang#8417)": events(event(delta("stop", content=TEXT)), event(delta("stop")), USAGE, DONE),
    "the same reasoning in both fields (vLLM's rename)": events(
        event(delta(reasoning="so", reasoning_content="so")), event(delta("stop", content=TEXT)), USAGE, DONE
    ),
    "reasoning in details alone (aiXplain#1012)": events(
        event(delta(reasoning_details=[{"type": "reasoning.text", "text": "so"}])),
        event(delta("stop", content=TEXT)), USAGE, DONE,
    ),
    "choices that are null between others (pydantic-ai#5170)": events(
        b'data: {"choices": null}\n\n', event(delta(content=TEXT)), b'data: {"choices": null}\n\n',
        event(delta("stop")), USAGE, DONE,
    ),
    "Azure's filter results before all (agentUniverse#772)": events(
        b'data: {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}\n\n',
        event(delta(content=TEXT)), event(delta("stop") | {"content_filter_results": {}}), USAGE, DONE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", READ.values(), ids=list(READ))
def test_an_odd_answer_is_read_and_paid_for_once(tmp_path: Path, fault: Fault) -> None:
    with StandIn(fault).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
        assert endpoint.num_requests == 1
    row = attempt.row
    assert (row["finish_reason"], row["answer"]) == ("stop", TEXT)
    assert row["reasoning"] in (None, "so")


async def no_stream_options(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
    """Azure AI (cherry-studio#9214), Databricks (opencode#4698)."""
    if "stream_options" not in body:
        return None
    detail = (
        "Extra parameters ['stream_options'] are not allowed when extra-parameters is not set or set to be 'error'."
    )
    return web.json_response({"detail": detail}, status=400)


def test_stream_options_that_are_refused_are_left_out(tmp_path: Path) -> None:
    with StandIn(no_stream_options).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=24)
        assert endpoint.num_requests <= 24 + 8
        assert endpoint.bodies[-1].get("stream"), "streams are taken"
    assert attempt.ends == {"stop": 24}


async def counts_the_limit(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
    """Groq's free plan counts the limit of the answer against the tokens of a minute (koassistant#106)."""
    limit = body.get("max_tokens") or body.get("max_completion_tokens")
    assert isinstance(limit, int)
    if limit <= 7000:
        return None
    message = (
        f"Request too large for model `toy` in organization `org_1` service tier `on_demand` on tokens per minute "
        f"(TPM): Limit 8000, Requested {limit + 211}, please reduce your message size and try again."
    )
    return refusal(413, message, type="tokens", code="rate_limit_exceeded")


def test_a_limit_above_the_tokens_of_a_minute_stops_the_run_with_the_option_or_is_lowered(tmp_path: Path) -> None:
    with StandIn(counts_the_limit).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=40)
        assert endpoint.num_requests <= 40 + 2 * 8
    if attempt.error is None:
        assert attempt.ends == {"stop": 40}
    else:
        assert "max-tokens" in attempt.error
        assert attempt.ends == {}
        assert not attempt.is_done


async def gemini_unknown(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
    """Gemini's errors come in a list, and name the field (PromptFuzz#42)."""
    if "seed" not in body:
        return None
    message = 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'
    return web.json_response([{"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}], status=400)


def test_a_field_that_gemini_does_not_know_is_left_out(tmp_path: Path) -> None:
    with StandIn(gemini_unknown).running() as endpoint:
        attempt = draw(tmp_path, endpoint, sampling={"seed": 7})
    assert attempt.ends == {"stop": NUM_PROMPTS}


def test_a_provider_that_always_gives_an_empty_answer_to_one_prompt_ends_with_a_reason(tmp_path: Path) -> None:
    """litellm#24462, opencode#37735."""

    async def empty(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        if "What is 2 " not in asked_of(body):
            return None
        return await stream(request, [event(delta("stop", content="")), event({}, completion_tokens=0), DONE])

    with StandIn(empty).running() as endpoint:
        attempt = draw(tmp_path, endpoint, patience_s=2.0)
    assert attempt.error is None
    assert attempt.ends["stop"] == NUM_PROMPTS - 1
    assert attempt.rows[2]["finish_reason"] in ("refused", "filtered")
