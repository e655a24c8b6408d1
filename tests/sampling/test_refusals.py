"""Refusals: a form that is known is learnt without losing a request; what refuses all of them stops the run, in the
endpoint's own words, with nothing marked done; what refuses one prompt concerns that prompt."""

from pathlib import Path

import pytest
from aiohttp import web

from tests.stand_ins.drawing import NUM_PROMPTS, draw, generate_line, shell, write_prompts
from tests.stand_ins.teacher import Body, Fault, StandIn, asked_of, refusal, sent_to

pytestmark = pytest.mark.usefixtures("hasty")
NUM_MANY = 24


def refuses(field: str, message: str) -> Fault:
    """A 400 for every request that has a field."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        return refusal(400, message, param=field, code="unsupported_parameter") if field in body else None

    return meet


async def takes_no_sampling(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
    """As OpenAI's reasoning models, one complaint at a time."""
    if "max_tokens" in body:
        return refusal(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    for field, known in (("temperature", 1), ("top_p", 1)):
        if body.get(field, known) != known:
            return refusal(
                400,
                f"Unsupported value: '{field}' does not support {body[field]} with this model. Only the default (1) "
                "value is supported.",
                param=field,
                code="unsupported_value",
            )
    return None


LEARNT = {
    "max_completion_tokens": refuses(
        "max_tokens", "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    ),
    "no temperature": refuses("temperature", "Unsupported parameter: 'temperature' is not supported with this model."),
    "no top_p": refuses("top_p", "`temperature` and `top_p` cannot both be specified for this model."),
    "no sampling at all": takes_no_sampling,
    "no stream_options": refuses("stream_options", "Extra inputs are not permitted: stream_options"),
}


@pytest.mark.parametrize("fault", LEARNT.values(), ids=list(LEARNT))
def test_a_form_that_the_endpoint_refuses_is_learnt_once_and_costs_no_sample(tmp_path: Path, fault: Fault) -> None:
    with StandIn(fault).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=NUM_MANY)
        assert endpoint.num_requests <= NUM_MANY + 3 * 8, "what all of the first places learn, nobody learns again"
    assert attempt.error is None
    assert attempt.ends == {"stop": NUM_MANY}


def test_how_a_sample_was_really_drawn_is_stored(tmp_path: Path) -> None:
    with StandIn(LEARNT["no temperature"]).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=1)
    sampling = attempt.row["sampling"]
    assert isinstance(sampling, dict)
    assert sampling["temperature"] is None
    assert sampling["top_p"] == 0.95


CONTEXTS = {
    "vLLM": "This model's maximum context length is 1024 tokens. However, you requested 32768 output tokens and your "
    "prompt contains 12 input tokens, for a total of 32780 tokens.",
    "OpenAI": "max_tokens is too large: 32768. This model supports at most 1024 completion tokens, whereas you "
    "provided 32768.",
    "DeepSeek": "Invalid max_tokens value, the valid range of max_tokens is [1, 1024]",
}


class Small(StandIn):
    """A model with room for 1,024 tokens, which `/models` may tell."""

    def __init__(self, message: str, *, tells: bool) -> None:
        super().__init__(self.refuse_long)
        self.message, self.tells = message, tells

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"data": [{"id": self.model, "owned_by": "vllm"} | ({"max_model_len": 1024} if self.tells else {})]}
        )

    async def refuse_long(self, request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        limit = body["max_tokens"]
        assert isinstance(limit, int)
        return refusal(400, self.message) if limit > 1024 - 12 * ("context" in self.message) else None


@pytest.mark.parametrize("message", CONTEXTS.values(), ids=list(CONTEXTS))
@pytest.mark.parametrize("tells", [True, False], ids=["told by /models", "told by the error"])
def test_a_limit_above_the_context_is_clamped_with_a_sentence(tmp_path: Path, message: str, *, tells: bool) -> None:
    with Small(message, tells=tells).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=NUM_MANY)
        assert endpoint.num_requests <= NUM_MANY + 2 * 8
    assert attempt.error is None
    assert attempt.ends == {"stop": NUM_MANY}
    assert "1,024" in attempt.said
    assert "--max-tokens" in attempt.said


FOR_ALL = {
    "an unknown parameter": (400, "Unknown parameter: 'top_kk'."),
    "validation": (422, "Extra inputs are not permitted: frobnicate"),
    "no credit": (402, "Insufficient Balance"),
    "no such model": (404, "The model `toy` does not exist or you do not have access to it."),
    "a key without rights": (403, "Your account is not active, please check your billing details."),
    "a wrong key": (401, "Incorrect API key provided: sk-…"),
}


@pytest.mark.parametrize(("status", "words"), FOR_ALL.values(), ids=list(FOR_ALL))
def test_what_refuses_all_requests_stops_the_run_in_its_own_words_with_nothing_done(
    tmp_path: Path, status: int, words: str
) -> None:
    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return refusal(status, words)

    with StandIn(meet).running() as endpoint:
        attempt = draw(tmp_path, endpoint, num_prompts=100)
        assert endpoint.num_requests < 40
    assert attempt.error is not None
    assert words in attempt.error
    assert str(status) in attempt.error
    assert attempt.rows == []
    assert not attempt.is_done
    with StandIn().running() as mended:
        again = draw(tmp_path, mended, num_prompts=100)
    assert again.ends == {"stop": 100}


MODERATIONS = {
    "OpenRouter": (403, "Input was flagged by moderation"),
    "no provider": (404, "No endpoints found that can handle this request"),
    "Azure": (400, "The response was filtered due to the prompt triggering the content management policy."),
    "DeepSeek": (400, "Content Exists Risk"),
    "too long": (400, "This model's maximum context length is 1024 tokens, your prompt contains 5000"),
}


@pytest.mark.parametrize(("status", "words"), MODERATIONS.values(), ids=list(MODERATIONS))
@pytest.mark.parametrize("concurrency", [1, 8])
def test_what_refuses_one_prompt_concerns_that_prompt_alone(
    tmp_path: Path, status: int, words: str, concurrency: int
) -> None:
    async def refuse(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        return refusal(status, words)

    with StandIn(sent_to("What is 0 ", refuse)).running() as endpoint:
        attempt = draw(tmp_path, endpoint, concurrency=concurrency)
    assert attempt.error is None
    assert attempt.is_done
    assert attempt.ends == {"stop": NUM_PROMPTS - 1, "refused": 1}
    assert words in str(attempt.rows[0]["error"])
    assert "refused" in attempt.said


def test_a_run_tells_how_many_were_refused_and_why_and_draws_only_these_again(tmp_path: Path) -> None:
    """By the command: exit codes, its closing lines, `status`, `select`, and `--redraw refused`."""
    write_prompts(tmp_path)
    is_moderated = True

    async def moderate(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        return refusal(403, "Input was flagged") if is_moderated and "What is 2 " in asked_of(body) else None

    with StandIn(moderate).running() as endpoint:
        first = shell(generate_line(tmp_path, endpoint))
        status = shell([*first.args[:3], "status", str(tmp_path / "run")])
        num_first = endpoint.num_requests
        again = shell(generate_line(tmp_path, endpoint))
        assert endpoint.num_requests == num_first
        is_moderated = False
        redrawn = shell(generate_line(tmp_path, endpoint, "--redraw", "refused"))
        assert endpoint.num_requests == num_first + 1
        last = draw(tmp_path, endpoint)
    assert [each.returncode for each in (first, status, again, redrawn)] == [0] * 4, first.stderr + redrawn.stderr
    assert "refused 1" in first.stderr or "1 refused" in first.stderr
    assert "Input was flagged" in first.stderr
    assert "--redraw refused" in first.stderr
    assert "--redraw refused" in again.stderr, "no longer: all are there already"
    assert "refused" in status.stdout
    assert last.ends == {"stop": NUM_PROMPTS}
