"""Each HTTP status has a class; words of moderation, billing and room refine it. The bodies are toys of known forms."""

import json

import pytest

from distill.records import RefusalKind
from distill.teacher.trouble.kinds import RequestRefused, Stumble
from distill.teacher.trouble.statuses import trouble

PASSING = {*range(202, 300), 408, 409, 421, 423, 424, 425, 429, 498, 499, *range(500, 600)} - {203}
OVERLOADED = {429, 498, 503, 529}
ACCESS = {401, 402, 403, 404, 405, 407, 410, 451, *range(300, 400)}


@pytest.mark.parametrize("status", sorted({*range(202, 600)} - {203}))
def test_every_status_has_a_class(status: int) -> None:
    problem = trouble(status, {}, b"")
    if status in PASSING:
        assert isinstance(problem, Stumble)
        assert problem.is_overload == (status in OVERLOADED)
        assert problem.is_unreachable == (status in {502, 521, 523, 530})
        assert problem.is_fault == (status == 500)
        return
    assert isinstance(problem, RequestRefused)
    wanted = RefusalKind.ACCESS if status in ACCESS else RefusalKind.CONTEXT if status == 413 else RefusalKind.OTHER
    assert problem.kind is wanted


def refused(status: int, said: str | dict[str, object]) -> RequestRefused:
    problem = trouble(status, {}, json.dumps({"error": {"message": said}}).encode())
    assert isinstance(problem, RequestRefused), problem
    return problem


@pytest.mark.parametrize(
    ("status", "said", "kind", "option"),
    [
        (403, "Your toy was flagged by moderation.", RefusalKind.CONTENT, "model"),
        (403, "Upstream: this toy was flagged (permission_error)", RefusalKind.CONTENT, "model"),
        (400, "Blocked by the content_filter of this toy.", RefusalKind.CONTENT, "model"),
        (451, "This violates our usage policies.", RefusalKind.CONTENT, "model"),
        (422, "Refused for a violation of the Terms of Service.", RefusalKind.CONTENT, "model"),
        (404, "No endpoints found that match your data policy.", RefusalKind.ACCESS, "--model"),
        (403, "This key has no permission for toy-1.", RefusalKind.ACCESS, "--key-env"),
        (401, "Who are you?", RefusalKind.ACCESS, "--key-env"),
        (402, "Not a penny left.", RefusalKind.ACCESS, "--max-tokens"),
        (404, "The model `toy` does not exist.", RefusalKind.ACCESS, "--model"),
        (400, "API key not valid.", RefusalKind.ACCESS, "--key-env"),
        (400, "Your credit balance is too low.", RefusalKind.ACCESS, "account"),
        (400, "toy is not a valid model ID", RefusalKind.ACCESS, "--model"),
        (429, "You exceeded your current quota, check your billing details.", RefusalKind.ACCESS, "account"),
        (400, "max_tokens: unsupported parameter", RefusalKind.SETTING, "--max-tokens-field max_completion_tokens"),
        (400, "max_completion_tokens: unknown field", RefusalKind.SETTING, "--max-tokens-field max_tokens"),
        (400, "`temperature` must be at most 1", RefusalKind.SETTING, "--temperature none"),
        (400, "top_p should be above 0", RefusalKind.SETTING, "--top-p none"),
        (400, "unsupported parameter: min_p", RefusalKind.SETTING, "--extra-body"),
        (400, "The role 'system' is unsupported.", RefusalKind.SETTING, "--wording"),
        (400, "maximum context length is 10 tokens", RefusalKind.CONTEXT, "--max-tokens"),
        (500, "the prompt is too long for the context size", RefusalKind.CONTEXT, "--max-tokens"),
        (429, "Request too large: Limit 10, Requested 20", RefusalKind.CONTEXT, "--max-tokens"),
        (500, "400 Bad Request: invalid parameter toy", RefusalKind.SETTING, "--extra-body"),
        (418, "I am a teapot.", RefusalKind.OTHER, ""),
    ],
)
def test_words_tell_why(status: int, said: str, kind: RefusalKind, option: str) -> None:
    problem = refused(status, said)
    assert problem.kind is kind
    assert option in problem.advice
    assert str(problem) == f"HTTP {status}: {said}"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "Rate limit reached for toy"),
        (403, "too many requests"),
        (400, "the model is loading"),
        (500, "overloaded"),
    ],
)
def test_a_busy_endpoint_is_known_by_its_words(status: int, said: str) -> None:
    problem = trouble(status, {}, said.encode())
    assert isinstance(problem, Stumble)
    assert problem.is_overload


def test_a_quota_of_a_minute_passes() -> None:
    said = "You exceeded your current quota, check your billing details. Please retry in 7.5s."
    problem = trouble(429, {}, said.encode())
    assert isinstance(problem, Stumble)
    assert problem.retry_after_s == 7.5


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"plain\n words ", "plain words"),
        (b"<html><head><title>502 Toy</title></head><body><h1>Toy &amp; Co</h1></body></html>", "502 Toy. Toy & Co"),
        (b'{"detail": [{"loc": ["body", "toy"], "msg": "extra", "input": "our own words"}]}', "toy: extra"),
        (b'{"error": {"message": "outer", "metadata": {"raw": "{\\"error\\": \\"inner\\"}"}}}', "outer; inner"),
        (b'[{"error": {"message": "in a list"}}]', "in a list"),
        (b'event: error\ndata: {"message": "in an event"}', "in an event"),
        (b'{"strange": 1}', '{"strange": 1}'),
        (b"\xff\xfe" + b"x" * 1000, "\ufffd\ufffd" + "x" * 297 + "…"),
    ],
)
def test_the_words_of_a_refusal_are_shown_on_one_line(body: bytes, shown: str) -> None:
    assert str(trouble(418, {}, body)) == f"HTTP 418: {shown}"
