import json

import pytest
from pydantic import JsonValue

from distill.records import FinishReason
from distill.teacher.replies.fields import turns_thinking_off
from distill.teacher.replies.reply import Completion
from tests.teacher.replies.read import piece, read_body, read_stream, read_whole, stream_of


def event(**delta: object) -> bytes:
    return json.dumps(piece(delta)).encode()


def test_pieces_of_a_stream_become_one_text() -> None:
    completion = Completion()
    for text in ("2 + 2 ", "is ", "4."):
        completion.add(event(reasoning=text))
    completion.add(event(content="Four"))
    assert completion.num_tokens == 4
    assert completion.parts()[:2] == ("2 + 2 is 4.", "Four")
    completion.add(event(content="."))
    assert completion.parts().answer == "Four."


def test_a_broken_stream_goes_on_from_its_text_as_the_model_wrote_it() -> None:
    completion = Completion()
    completion.add(event(reasoning="2 + 2"))
    completion.add(event(content="Fo"))
    further = completion.resume()
    further.add(event(content="ur"))
    assert further.content == "<think>2 + 2</think>Fo"
    assert (further.num_tokens, further.resumed_at) == (3, 2)
    assert further.parts() == ("2 + 2", "Four", True)


def test_a_plain_reply_is_read_whole() -> None:
    message = {"role": "assistant", "reasoning_content": "2 + 2", "content": "Four"}
    assert read_whole(message, usage=None).parts() == ("2 + 2", "Four", True)


def test_a_plain_reply_continues_what_was_written_before() -> None:
    so_far = Completion(content="<think>2 + 2", num_tokens=70, resumed_at=70)
    body = {"choices": [{"text": "</think>4", "finish_reason": "stop"}], "usage": {"completion_tokens": 3}}
    done = read_body(json.dumps(body).encode(), so_far)
    assert done.parts() == ("2 + 2", "4", True)
    assert (done.num_tokens, done.resumed_at) == (73, 70)


def test_the_prompt_of_a_continued_answer_is_counted_without_its_prefix() -> None:
    so_far = Completion(content="2 + 2", num_tokens=70, resumed_at=70)
    usage = {"prompt_tokens": 75, "completion_tokens": 3, "total_tokens": 78}
    assert read_stream(piece({"content": "x"}, "stop") | {"usage": usage}, so_far=so_far).num_prompt_tokens == 5
    so_far = Completion(content="2 + 2", num_tokens=70, num_prompt_tokens=4, resumed_at=70)
    assert read_stream(piece({"content": "x"}, "stop") | {"usage": usage}, so_far=so_far).num_prompt_tokens == 4


WORDS = "one two three four five six seven eight nine ten "


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}, (5, 9)),
        ({"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 611}, (5, 606)),  # reasoning left out
        ({"prompt_tokens": "5", "completion_tokens": 9.0, "total_tokens": None}, (5, 9)),
        ({"input_tokens": 5, "output_tokens": 9}, (5, 9)),
        ({"completion_tokens": 9, "total_tokens": 611}, (0, 9)),  # nobody knows how much of it is the prompt
        ({"completion_tokens": "many", "prompt_tokens": [], "total_tokens": {}}, (0, 13)),
        ({"completion_tokens": None}, (0, 13)),
        ({"completion_tokens": -1}, (0, 13)),
        ({"completion_tokens": 10**30}, (0, 13)),
        ({"completion_tokens": "inf"}, (0, 13)),
        ({}, (0, 13)),
        (None, (0, 13)),
        ("none", (0, 13)),
    ],
)
def test_tokens_are_counted_by_the_endpoint_or_estimated(usage: object, counted: tuple[int, int]) -> None:
    for done in (
        read_whole({"content": WORDS}, usage=usage),
        read_stream(piece({"content": WORDS}, "stop"), {"choices": [], "usage": usage}, "[DONE]"),
        read_stream(piece({"content": WORDS}, "stop") | {"usage": usage}, "[DONE]"),
    ):
        assert (done.num_prompt_tokens, done.num_tokens) == counted


@pytest.mark.parametrize(
    "last",
    [
        piece({}, "stop", usage={"prompt_tokens": 5, "completion_tokens": 9}),  # Moonshot
        piece({}, "stop") | {"x_groq": {"usage": {"prompt_tokens": 5, "completion_tokens": 9}}},
        piece({}, "stop") | {"timings": {"predicted_n": 9}},  # llama.cpp
    ],
)
def test_a_count_is_found_where_some_endpoints_hide_it(last: object) -> None:
    assert read_stream(piece({"content": WORDS}), last, "[DONE]").num_tokens == 9


def test_tokens_under_way_are_never_fewer_than_pieces_and_never_fall() -> None:
    completion, seen = Completion(), []
    for text in ("a", "b", WORDS, "c", "d"):
        completion.add(event(content=text))
        seen.append(completion.num_tokens)
    assert seen == [1, 2, 13, 13, 14]
    completion.add(b'{"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 12}}')
    assert completion.num_tokens == 12  # the endpoint knows better
    completion.add(b'{"choices": []}')
    assert completion.num_tokens == 12


def test_a_count_in_every_event_is_followed() -> None:
    completion = Completion()
    for number in (128, 256, 300):
        usage = {"prompt_tokens": 5, "completion_tokens": number, "total_tokens": number + 5}
        completion.add(json.dumps(piece({"content": WORDS * 100}) | {"usage": usage}).encode())
        assert completion.num_tokens == number


@pytest.mark.parametrize(
    "extra_body",
    [
        {"chat_template_kwargs": {"enable_thinking": False}},
        {"chat_template_kwargs": {"thinking": False}},
        {"enable_thinking": False},
        {"think": False},
        {"thinking": {"type": "disabled"}},
        {"reasoning_effort": "none"},
        {"reasoning": {"enabled": False}},
        {"reasoning": {"effort": "none"}},
    ],
)
def test_requests_without_thinking_are_known(extra_body: dict[str, JsonValue]) -> None:
    assert turns_thinking_off(extra_body)
    assert not turns_thinking_off({"chat_template_kwargs": {"enable_thinking": True}, "thinking": {"type": "enabled"}})
    assert not turns_thinking_off({"top_k": 20, "reasoning_effort": "low", "reasoning": {"max_tokens": 10}})


@pytest.mark.parametrize(
    ("is_unthinking", "word", "content", "expected"),
    [
        (True, "stop", None, (None, "Four", True)),
        (False, "stop", None, ("Four", "", False)),  # a model that ends within its thoughts looks the same
        (True, "length", None, ("Four", "", False)),
        (True, "stop", "4", ("Four", "4", True)),  # it thought all the same
    ],
)
def test_all_text_as_reasoning_is_the_answer_only_where_we_asked_for_none(
    is_unthinking: bool, word: str, content: str | None, expected: tuple[str | None, str, bool]
) -> None:
    body = {"choices": [{"message": {"reasoning": "Four", "content": content}, "finish_reason": word}]}
    done = read_body(json.dumps(body).encode(), Completion(is_unthinking=is_unthinking))
    assert done.parts() == expected


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (['{"content": "a\\ud83d"}', '{"content": "\\ude00b"}'], "a😀b"),
        (['{"content": "a\\ud83d"}', '{"content": "b"}'], "a\ufffdb"),
        (['{"content": "a\\ude00b"}'], "a\ufffdb"),
        (['{"content": "a\\ud83d\\ude00b"}'], "a😀b"),
        (['{"content": "a\tb\nc"}'], "a\tb\nc"),  # control characters that stand for themselves
    ],
)
def test_halves_of_characters_are_joined(pieces: list[str], text: str) -> None:
    events = [f'{{"choices": [{{"delta": {delta}}}]}}' for delta in pieces]
    body = "".join(f"data: {data}\n\n" for data in events if "\n" not in data) + "data: [DONE]\n\n"
    if "\n" in events[0]:
        body = events[0].replace("delta", "message")
    assert read_body(body.encode()).parts().answer == text


def test_a_text_that_ends_in_half_a_character_is_continued_before_it() -> None:
    completion = Completion()
    completion.add(b'{"choices": [{"delta": {"content": "a\\ud83d"}}]}')
    assert completion.resume().content == "a"


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    body = stream_of(piece({"content": "aXb"}, "stop")).replace(b"X", b"\xff")
    assert read_body(body).parts().answer == "a\ufffdb"


def test_another_choice_is_not_mixed_in() -> None:
    def choice(index: int, text: str, word: str | None = None) -> dict[str, object]:
        return {"index": index, "delta": {"content": text}, "finish_reason": word}

    events = [[choice(0, "a"), choice(1, "x")], [choice(1, "y")], [choice(1, "z"), choice(0, "b", "stop")]]
    assert read_stream(*({"choices": choices} for choices in events)).parts().answer == "ab"
    assert read_stream(*({"choices": choices} for choices in events[1:])).parts().answer == "b"
    only = [[choice(3, "a")], [choice(3, "b", "stop")]]
    assert read_stream(*({"choices": choices} for choices in only)).parts().answer == "ab"
    message = {"choices": [{"index": n, "message": {"content": str(n)}, "finish_reason": "stop"} for n in (1, 0)]}
    assert read_body(json.dumps(message).encode()).parts().answer == "0"


def test_a_finished_answer_has_a_finish_reason_of_ours() -> None:
    assert read_whole({"content": "Four"}, "eos").finish_reason is FinishReason.STOP
