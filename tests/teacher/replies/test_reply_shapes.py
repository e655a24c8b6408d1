"""What messages and events look like at many endpoints."""

import json
import random
from contextlib import suppress

import pytest

from distill.records import FinishReason
from distill.teacher.replies.endings import ErrorInBody
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import Stumble
from tests.teacher.replies.read import piece, read_body, read_stream, read_whole, stream_of

BOTH, PLAIN = ("so", "4", True), (None, "4", True)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "4"}, PLAIN),
        ({"content": "4", "reasoning": None, "tool_calls": [], "refusal": None}, PLAIN),
        ({"content": "4", "reasoning": "so"}, BOTH),
        ({"content": "4", "reasoning_content": "so"}, BOTH),
        ({"content": "4", "reasoning_content": "so", "reasoning": "so"}, BOTH),
        ({"content": "4", "reasoning_content": "", "reasoning": "so"}, BOTH),
        ({"content": "4", "thinking": "so"}, BOTH),
        ({"content": "4", "thinking": True}, PLAIN),
        ({"content": "4", "reasoning": {"content": "so"}}, BOTH),
        ({"content": "4", "reasoning": {"text": "so", "signature": "x"}}, BOTH),
        ({"content": "4", "reasoning": {"summary": [{"type": "summary_text", "text": "so"}]}}, BOTH),
        ({"content": "4", "reasoning": {"effort": "low"}}, PLAIN),
        ({"content": "4", "reasoning": ["s", "o"]}, BOTH),
        ({"content": "4", "reasoning_details": [{"type": "reasoning.text", "text": "so", "index": 0}]}, BOTH),
        ({"content": "4", "reasoning_details": [{"type": "reasoning.summary", "summary": "so"}]}, BOTH),
        ({"content": "4", "reasoning_details": [{"type": "reasoning.encrypted", "data": "AbC"}]}, PLAIN),
        ({"content": "4", "thinking_blocks": [{"type": "thinking", "thinking": "so", "signature": "x"}]}, BOTH),
        ({"content": [{"type": "text", "text": "4"}]}, PLAIN),
        ({"content": ["4"]}, PLAIN),
        ({"content": [{"type": "output_text", "text": "4", "annotations": []}]}, PLAIN),
        ({"content": [{"type": "text", "text": {"value": "4"}}]}, PLAIN),
        ({"content": {"type": "text", "text": "4"}}, PLAIN),
        ({"content": [{"type": "thinking", "thinking": "so"}, {"type": "text", "text": "4"}]}, BOTH),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]},
                    {"type": "text", "text": "4"},
                ]
            },
            BOTH,
        ),
        (
            {"content": [{"type": "reasoning", "text": "so"}, {"type": "image_url", "image_url": {}}, {"text": "4"}]},
            BOTH,
        ),
        ({"content": [{"type": "redacted_thinking", "data": "AbC"}, {"type": "text", "text": "4"}]}, PLAIN),
        ({"content": [{"type": "text", "text": "4"}, {"type": "reference", "reference_ids": [1]}]}, PLAIN),
        ({"text": "4"}, PLAIN),
        ({"content": None, "text": "4"}, PLAIN),
        ({"content": "<think>so</think>4"}, BOTH),
        ({"content": "<think>so</think>4", "reasoning": "so"}, BOTH),
        ({"content": "[THINK]so[/THINK]4"}, BOTH),
    ],
)
def test_a_message_is_read_in_every_form(message: dict[str, object], expected: tuple[str | None, str, bool]) -> None:
    assert read_whole(message).parts() == expected
    assert read_stream(piece(message), piece({}, "stop"), "[DONE]").parts() == expected
    assert read_stream(piece(message, "stop")).parts() == expected


@pytest.mark.parametrize("content", ["", None])
def test_an_answer_of_nothing_is_none_unless_its_tokens_are_counted(content: str | None) -> None:
    """Providers that failed say `stop`; a model that ended at once was paid for its token."""
    with pytest.raises(Stumble, match="an empty answer"):
        read_whole({"content": content}, usage={"completion_tokens": 0})
    with pytest.raises(Stumble, match="an empty answer"):
        read_stream(piece({"content": content}, "stop"), "[DONE]")
    assert read_whole({"content": content}, usage={"completion_tokens": 1}).parts() == (None, "", True)


def test_a_stream_that_ends_with_its_count_is_whole() -> None:
    counted = {"choices": [], "usage": {"completion_tokens": 1}}
    assert read_stream(piece({"content": "4"}), counted).finish_reason is FinishReason.STOP
    with pytest.raises(Stumble, match="broke off"):
        read_stream(counted, piece({"content": "4"}))


@pytest.mark.parametrize(
    "events",
    [
        [piece({"role": "assistant"}), piece({"content": "4"}), piece({}, "stop")],
        [
            piece({"role": "assistant", "content": ""}),
            piece({"role": "assistant", "content": "4"}),
            piece(None, "stop"),
        ],
        [piece({"role": "assistant", "content": None}), piece({"content": "4"}), piece({"content": ""}, "stop")],
        [{"choices": []}, piece({"content": "4"}), piece({}, "stop"), {"choices": [], "usage": None}],
        [{"choices": [], "prompt_filter_results": [{}]}, piece({"content": "4"}, ""), piece({}, "stop")],
        [{"type": "ping"}, piece({"content": "4"}), piece({}, "stop")],
        [piece({"content": "4"}, "null"), piece({"content": None, "tool_calls": None}, "stop")],
        [piece({"content": "4"}) | {"error": None}, piece({}, "stop") | {"error": {}}],
        [piece({"content": "4"}, error=None), piece({}, "stop")],
        [{"choices": [{"text": "4"}]}, {"choices": [{"text": "", "finish_reason": "stop"}]}],
        [
            {"choices": [{"delta": {"content": "4"}, "text": "4"}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        ],
        [piece({"content": "4"}), {"choices": [{"message": {"content": "4"}, "finish_reason": "stop"}]}],
        [piece({"content": "4"}), {"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}],
        [{"choices": [{"message": {"content": "4"}, "finish_reason": "stop"}]}],
        [piece({"content": "4"}, message={"content": "4"}), piece({"content": ""}, "stop", message={"content": "4"})],
        [{"choices": [{"delta": {"content": "4"}}]}, {"choices": [{"finish_reason": "stop"}]}],
        [piece({"content": "4"}), piece({}, {"type": "stop"})],
    ],
)
def test_a_stream_is_read_in_every_form(events: list[object]) -> None:
    assert read_stream(*events, "[DONE]").parts() == PLAIN


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"output": "4"}',
        b'{"choices": {"message": {"content": "4"}}}',
        b'{"choices": ["4"]}',
        b'{"choices": [{"message": {"content": 4}}]}',
        b'{"choices": [{"message": {"content": {"answer": 4}}}]}',
        b'{"choices": [{"message": {"content": "4", "reasoning": 4}}]}',
        b"[]",
        b"[1]",
        b'data: {"choices": [{"delta": {"content": 4}}]}\n\n',
        b'data: {"output": "4"}\n\ndata: [DONE]\n\n',
        b"data: {'choices': []}\n\ndata: [DONE]\n\n",
        b'data: "4"\n\ndata: [DONE]\n\n',
        b"data: [DONE]\n\n",
    ],
)
def test_what_is_in_no_known_form_is_not_asked_for_again_and_again(body: bytes) -> None:
    with pytest.raises(Stumble) as stumble:
        read_body(body)
    assert stumble.value.is_unreadable


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b": keep-alive\n\n",
        b"<html><body>Bad gateway</body></html>",
        b'{"choices": [{"message": {"conte',
        b'data: {"choices": [{"delta": {"content": "4"}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": "4"}}]}\n\ndata: {"choices": [{"del',
        b'data: {"choices": [{"delta": {"content": "4"}}]}\n\ndata: {"choices": [{"delta": {}',
        b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\ndata: [DONE]\n\n',
    ],
)
def test_what_broke_off_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(Stumble) as stumble:
        read_body(body)
    assert not stumble.value.is_unreadable


NAMES = (
    "choices delta message content reasoning thinking text type usage completion_tokens prompt_tokens total_tokens "
    "finish_reason index error code object tool_calls refusal reasoning_details x_groq timings detail"
).split()
VALUES = [None, True, 0, 1, -1, 3.5, 1e400, 10**30, "", "stop", "abort", "4", "thinking", "error", "\ud83d", "</think>"]


def anything(rng: random.Random, depth: int = 0) -> object:
    kind = rng.random()
    if depth > 5 or kind < 0.4:
        return rng.choice(VALUES)
    if kind < 0.6:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(3))]
    return {rng.choice(NAMES): anything(rng, depth + 1) for _ in range(rng.randrange(5))}


def event_of_anything(rng: random.Random) -> object:
    choice = {"index": rng.choice([0, 0, 1, None]), rng.choice(["delta", "message"]): anything(rng, 2)}
    return {"choices": [choice | {"finish_reason": anything(rng, 4)}], "usage": anything(rng, 3)}


def test_whatever_comes_is_read_or_refused_and_what_is_kept_is_text() -> None:
    rng = random.Random(0)
    for _ in range(3000):
        events = [event_of_anything(rng) if rng.random() < 0.7 else anything(rng) for _ in range(rng.randrange(1, 4))]
        for body in (json.dumps(events[0]).encode(), stream_of(*map(json.dumps, events), "[DONE]")):
            so_far = Completion()
            with suppress(Stumble, ErrorInBody):
                read_body(body, so_far)
            parts = so_far.parts()
            assert f"{parts.reasoning}{parts.answer}{so_far.resume().content}".encode()
            assert 0 <= so_far.num_tokens < 10**9
