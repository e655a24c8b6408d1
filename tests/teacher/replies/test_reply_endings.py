"""How answers end at many endpoints, and what their errors mean."""

import json

import pytest

from distill.records import FinishReason
from distill.teacher.replies.endings import ErrorInBody
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import Stumble
from tests.teacher.replies.read import piece, read_body, read_stream, read_whole, stream_of

USAGE = {"prompt_tokens": 5, "completion_tokens": 70}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("stop", "stop"), ("STOP", "stop"), ("eos", "stop"), ("eos_token", "stop"), ("end_turn", "stop"),
        ("stop_sequence", "stop"), ("COMPLETE", "stop"), ("REASON_STOP", "stop"),
        ({"type": "stop"}, "stop"), ({"reason": "stop", "raw": "end_turn"}, "stop"),
        ("length", "length"), ("max_tokens", "length"), ("MAX_TOKENS", "length"), ("model_length", "length"),
        ("max_output_tokens", "length"), ("model_context_window_exceeded", "length"),
        ({"type": "max_tokens"}, "length"),
        ("content_filter", "filtered"), ("repetition", "filtered"), ("SAFETY", "filtered"), ("tool_calls", "filtered"),
        ("refusal", "filtered"), ("sensitive", "filtered"), ("guardrail_intervened", "filtered"),
        ("whatever", "filtered"), (7, "filtered"),
    ],
)  # fmt: skip
def test_an_ending_is_one_of_ours(word: object, expected: str) -> None:
    assert read_whole({"content": "4"}, word).finish_reason is FinishReason(expected)
    assert read_stream(piece({"content": "4"}), piece({}, word), "[DONE]").finish_reason is FinishReason(expected)
    assert read_stream(piece({"content": "4"}, word)).finish_reason is FinishReason(expected)


@pytest.mark.parametrize("word", [None, "", "null", {}])
def test_a_whole_answer_without_a_word_was_ended_by_the_model(word: object) -> None:
    assert read_whole({"content": "4"}, word).finish_reason is FinishReason.STOP


@pytest.mark.parametrize(
    "word",
    [
        "abort",
        "error",
        "ERROR",
        "insufficient_system_resource",
        "network_error",
        "cancelled",
        "time_limit",
        {"type": "abort"},
    ],
)
@pytest.mark.parametrize("is_whole", [False, True])
def test_an_answer_that_was_given_up_can_go_on_from_what_came(word: object, is_whole: bool) -> None:
    so_far = Completion()
    message = {"reasoning": "2 + 2", "content": "Fo"}
    whole = json.dumps({"choices": [{"message": message, "finish_reason": word}], "usage": USAGE}).encode()
    with pytest.raises(Stumble, match="broke off with finish_reason"):
        read_body(whole if is_whole else stream_of(piece(message), piece({}, word), {"usage": USAGE}, "[DONE]"), so_far)
    assert (so_far.finish_reason, so_far.num_tokens) == (None, 70)
    assert so_far.resume().content == "<think>2 + 2</think>Fo"


def test_a_stream_that_says_it_is_over_is_whole() -> None:
    done = read_stream(piece({"content": "4"}), "[DONE]")
    assert done.finish_reason is FinishReason.STOP
    done = read_stream(piece({"role": "assistant"}), {"choices": [], "usage": USAGE}, "[DONE]")
    assert (done.finish_reason, done.parts().answer) == (FinishReason.STOP, "")


def test_calls_of_tools_end_with_the_stream() -> None:
    assert read_stream(piece({"tool_calls": [{"id": "x"}]}), "[DONE]").finish_reason is FinishReason.FILTERED


def test_the_last_word_on_an_ending_counts() -> None:
    assert read_stream(piece({"reasoning": "so"}, "stop"), piece({"content": "4"}, "length")).finish_reason == "length"
    assert read_stream(piece({"content": "4"}, finishReason="length"), "[DONE]").finish_reason == "length"


def test_what_follows_the_end_of_a_stream_is_not_waited_for() -> None:
    done = read_body([*(stream_of(event) for event in (piece({"content": "4"}, "stop"), "[DONE]")), b"data: {"])
    assert done.parts().answer == "4"


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "refusal": "I cannot."},
        {"content": "", "refusal": "I cannot.", "reasoning": None},
        {"content": [{"type": "refusal", "refusal": "I cannot."}]},
    ],
)
def test_a_refusal_is_kept_as_a_text_that_is_never_selected(message: dict[str, object]) -> None:
    for done in (read_whole(message), read_stream(piece(message), piece({}, "stop"))):
        assert (done.finish_reason, done.parts().answer) == (FinishReason.FILTERED, "I cannot.")


def test_pieces_of_a_refusal_are_joined() -> None:
    done = read_stream(piece({"refusal": "I "}), piece({"refusal": "cannot."}), piece({}, "stop"))
    assert done.parts().answer == "I cannot."


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": None, "tool_calls": [{"id": "x"}]}, "filtered"),
        ({"content": None, "reasoning": "so", "tool_calls": [{"id": "x"}]}, "filtered"),
        ({"content": None, "function_call": {"name": "x"}}, "filtered"),
        ({"content": "4", "tool_calls": []}, "stop"),
        ({"content": "4", "tool_calls": [{"id": "x"}]}, "stop"),
    ],
)
def test_nothing_but_calls_of_tools_is_no_answer(message: dict[str, object], expected: str) -> None:
    assert read_whole(message).finish_reason is FinishReason(expected)
    assert read_stream(piece(message), piece({}, "stop")).finish_reason is FinishReason(expected)


ERRORS = [
    ({"error": {"code": 429, "message": "slow down"}}, 429),
    ({"error": {"code": "429"}}, 429),
    ({"error": {"code": "rate_limit_exceeded", "type": "tokens"}}, 429),
    ({"error": {"code": None, "type": "insufficient_quota", "message": "x"}}, 402),
    ({"error": {"type": "server_error", "param": None}}, 500),
    ({"error": {"type": "overloaded_error", "message": "Overloaded"}}, 503),
    ({"error": {"type": "invalid_request_error", "code": "context_length_exceeded"}}, 400),
    ({"error": {"type": "BadRequestError", "code": 400}}, 400),
    ({"error": {"code": "content_filter", "message": "x"}}, 400),
    ({"error": {"code": 503, "status": "UNAVAILABLE"}}, 503),
    ({"error": {"status": "RESOURCE_EXHAUSTED"}}, 429),
    ({"error": {"type": "ThrottlingException"}}, 429),
    ({"error": {"code": "model_not_found", "type": "invalid_request_error"}}, 404),
    ({"error": {"type": "authentication_error"}}, 401),
    ({"error": {"code": 502, "message": "Provider returned error", "metadata": {}}}, 502),
    ({"error": {"code": 1302, "message": "of nobody's numbers"}}, 500),
    ({"error": "overloaded"}, 503),
    ({"error": "something"}, 500),
    ({"error": "something", "code": 429}, 429),
    ({"error": True}, 500),
    ({"object": "error", "message": "x", "code": 400}, 400),
    ({"object": "error", "message": "x", "type": "NotFoundError", "code": None}, 404),
    ({"type": "error", "error": {"type": "api_error", "message": "x"}}, 500),
    ([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}], 429),
    ({"choices": [{"error": {"code": 502}, "finish_reason": "error"}]}, 502),
    ({"choices": [{"delta": {"content": ""}, "error": {"code": 429}, "finish_reason": "error"}]}, 429),
]


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_an_error_in_an_answer_is_like_one_in_its_status(error: object, status: int) -> None:
    body = json.dumps(error).encode()
    for sent in (body, stream_of(error), stream_of(piece({"content": "4"}), error, "[DONE]")):
        with pytest.raises(ErrorInBody) as caught:
            read_body(sent)
        assert caught.value.status == status
        assert json.loads(caught.value.body)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"detail": "Not authenticated"}', 500),
        (b'{"message": "busy", "code": 503}', 503),
        (b'{"code": "1305", "msg": "busy"}', 500),
        (b'event: error\ndata: {"type": "rate_limit_error", "message": "x"}\n\n', 429),
        (b"event: error\ndata: overloaded\n\n", 503),
        (b'{"error": {"code": 429, "message": "half a character: \\ud83d"}}', 429),
        (b'error: {"code": 500, "message": "x"}\n\n', 500),
    ],
)
def test_errors_are_known_in_other_forms(body: bytes, status: int) -> None:
    with pytest.raises(ErrorInBody) as caught:
        read_body(body)
    assert caught.value.status == status


def test_what_came_before_an_error_is_kept() -> None:
    so_far = Completion()
    failed = {"message": {"content": "Fo"}, "finish_reason": "error", "error": {"code": 502}}
    with pytest.raises(ErrorInBody):
        read_body(json.dumps({"choices": [failed], "usage": USAGE}).encode(), so_far)
    assert (so_far.resume().content, so_far.num_tokens) == ("Fo", 70)
