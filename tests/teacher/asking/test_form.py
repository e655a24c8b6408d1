"""What a refusal teaches. The refusals are toys in the forms of known endpoints."""

import json
from dataclasses import replace

import pytest

from distill.records import Message, Sampling
from distill.teacher.asking.ask import Ask
from distill.teacher.asking.body import Fitted, chat_body, drawn, fitted
from distill.teacher.asking.form import EndpointForm, learnt, room_for, told
from distill.teacher.trouble.complaint import read_complaint

SENT: dict[str, object] = {
    "model": "toy",
    "messages": [],
    "temperature": 0.6,
    "top_p": 0.95,
    "max_tokens": 1000,
    "seed": 1,
    "stop": ["."],
    "stream": True,
    "stream_interval": 128,
    "stream_options": {"include_usage": True, "continuous_usage_stats": True},
}
OTHER = {name: value for name, value in SENT.items() if name != "max_tokens"} | {"max_completion_tokens": 1000}


def openai(said: str, **fields: object) -> str:
    return json.dumps({"error": {"message": said, **fields}})


def pydantic(*loc: str) -> str:
    return json.dumps(
        {"detail": [{"type": "extra_forbidden", "loc": ["body", *loc], "msg": "Not here", "input": SENT}]}
    )


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (
            openai("'temperature' does not support 0.6. Only the default (1) is there.", param="temperature"),
            "temperature",
        ),
        (openai("invalid temperature: only 1 is allowed"), "temperature"),
        (openai("invalid top_p: only 0.95 is allowed"), "top_p"),
        (openai("`temperature` and `top_p` cannot both be given. Use one."), "top_p"),
        (openai("toy does not support parameters: ['top_p', 'seed'], for model=toy."), "top_p seed"),
        (openai("Argument not supported on this model: topP"), "top_p"),
        (openai("Unsupported parameter: 'stop' is for others."), "stop"),
        (openai('Unknown name "seed": Cannot find field.'), "seed"),
        (openai("Unrecognized request argument supplied: stream_options"), "stream_options"),
        (openai("This toy does not support streaming."), "stream"),
        (openai("You must be verified to stream this. Please unlock it.", param="stream"), "stream"),
        (openai("Additional properties are not allowed ('stream_interval' was unexpected)"), "stream_interval"),
        (pydantic("stream_interval"), "stream_interval"),
        (pydantic("stream_options", "include_usage"), "stream_options"),
        (pydantic("stream_options", "continuous_usage_stats"), "continuous_usage_stats"),
        ("the field top_p is unknown to this toy", "top_p"),
        (json.dumps({"message": pydantic("seed")}), "seed"),
    ],
)
def test_a_field_that_is_not_taken_is_left_out(said: str, names: str) -> None:
    assert learnt(EndpointForm(), SENT, read_complaint(said.encode())) == EndpointForm(
        left_out=frozenset(names.split())
    )


@pytest.mark.parametrize(
    "said",
    [
        openai("`temperature` must be at most 2"),
        openai("Please stop sending unsupported things."),
        openai("unsupported parameter: min_p"),
        openai("messages.0: extra inputs are not permitted", param="messages"),
        pydantic("messages", "0", "seed"),
        openai("Something else"),
        "",
    ],
)
def test_what_is_not_known_teaches_nothing(said: str) -> None:
    assert learnt(EndpointForm(), SENT, read_complaint(said.encode())) is None


def test_the_limit_has_two_names() -> None:
    said = read_complaint(openai("'max_tokens' is unsupported. Use 'max_completion_tokens' instead.").encode())
    form = learnt(EndpointForm(), SENT, said)
    assert form == EndpointForm("max_completion_tokens", frozenset({"max_tokens"}))
    assert learnt(EndpointForm(), SENT, said) == learnt(form, SENT, said) == form, (
        "another learnt it at the same moment"
    )
    back = read_complaint(openai("Unknown field: max_completion_tokens").encode())
    assert learnt(EndpointForm("max_completion_tokens"), OTHER, back) == EndpointForm(
        "max_tokens", frozenset({"max_completion_tokens"})
    )
    assert learnt(form, OTHER, back) is None, "it takes neither"


@pytest.mark.parametrize(
    ("said", "context", "most", "room"),
    [
        ("maximum context length is 900 tokens. However, you requested 1040 tokens (40 in the messages, 1000 in the "
         "completion).", 900, None, 860),
        ("'max_tokens' is too large: 1000. This model's maximum context length is 900 tokens and your request has 40 "
         "input tokens (1000 > 900 - 40).", 900, None, 860),
        ("maximum context length is 900 tokens. However, you requested 1000 output tokens and your prompt contains at "
         "least 1 input tokens, for a total of at least 1001 tokens.", 900, None, None),
        ("maximum context length of 1,900 tokens. You requested a total of 2040 tokens: 1040 tokens from the input "
         "messages and 1000 tokens for the completion.", 1900, None, 860),
        ("endpoint's maximum context length is 900 tokens. However, you requested about 1040 tokens (40 of text input, "
         "1000 in the output).", 900, None, 860),
        ("`inputs` tokens + `max_new_tokens` must be <= 900. Given: 40 `inputs` tokens and 1000 `max_new_tokens`",
         900, None, 860),
        ("input length and `max_tokens` exceed context limit: 40 + 1000 > 900, decrease either", 900, None, 860),
        ("Prompt contains 40 tokens and 0 draft tokens, too large for model with 900 maximum context length", 900, None,
         860),
        ("Your request exceeded model token limit: 900 (requested: 1040)", 900, None, 860),
        ("Request too large on tokens per minute (TPM): Limit 900, Requested 1040", 900, None, 860),
        ("Current length is 1040 while limit is 900", 900, None, 860),
        ("max_tokens is too large: 1000. This model supports at most 500 completion tokens, whereas you provided 1000.",
         None, 500, None),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 500]", None, 500, None),
        ("max_tokens: 1000 > 500, which is the maximum allowed number of output tokens", None, 500, None),
        ("`max_tokens` must be less than or equal to `500`, less than the `context_window` of it", None, 500, None),
        ("The maximum tokens you requested exceeds the model limit of 500.", None, 500, None),
        ("maxOutputTokens is 1000 but the supported range is from 1 (inclusive) to 501 (exclusive)", None, 500, None),
        ("Invalid 'max_tokens': integer above maximum value. Expected a value <= 500, but got 1000.", None, 500, None),
    ],
)  # fmt: skip
def test_the_numbers_of_a_refusal_are_read(said: str, context: int | None, most: int | None, room: int | None) -> None:
    complaint = read_complaint(openai(said).encode())
    assert learnt(EndpointForm(), SENT, complaint) == EndpointForm(context=context, most_tokens=most)
    assert room_for(EndpointForm(), SENT, complaint) == room


def test_a_prompt_that_is_too_long_alone_leaves_no_room() -> None:
    body = openai("too long", n_prompt_tokens=5000, n_ctx=4096)
    assert room_for(EndpointForm(), SENT, read_complaint(body.encode())) == 4096 - 5000


def test_an_endpoint_that_does_not_count_is_asked_for_a_quarter() -> None:
    said = read_complaint(b"maximum context length is 900 tokens, your prompt contains at least 1 input tokens")
    assert room_for(EndpointForm(context=900), {**SENT, "max_tokens": 600}, said) == 150
    assert room_for(EndpointForm(context=900), {**SENT, "max_tokens": 1}, said) == 0


ASK = Ask("q", (Message(role="user", content="x" * 300),), Sampling(max_tokens=1000, seed=3, stop=(".",)), index=2)


def test_the_body_has_what_is_taken() -> None:
    body = chat_body(ASK, "toy", EndpointForm(), 1000, None)
    assert {name: body[name] for name in ("temperature", "top_p", "max_tokens", "seed", "stop")} == {
        "temperature": 0.6, "top_p": 0.95, "max_tokens": 1000, "seed": 5, "stop": ["."],
    }  # fmt: skip
    assert body["stream_options"] == {"include_usage": True}
    assert "stream_interval" not in body
    bare = EndpointForm("max_completion_tokens", frozenset({"temperature", "top_p", "seed", "stop", "stream"}))
    assert chat_body(ASK, "toy", bare, 9, "vllm").keys() == {"model", "messages", "max_completion_tokens"}


def test_vllm_is_asked_for_coarse_steps() -> None:
    body = chat_body(ASK, "toy", EndpointForm(), 9, "vllm")
    assert body["stream_interval"] == 128
    assert body["stream_options"] == {"include_usage": True, "continuous_usage_stats": True}


def test_further_fields_are_sent_as_they_are() -> None:
    ask = replace(ASK, sampling=Sampling(temperature=None, extra_body={"top_k": 5, "stream": False}))
    body = chat_body(ask, "toy", EndpointForm(), 9, None)
    assert (body["top_k"], body["stream"]) == (5, False)
    assert "temperature" not in body


@pytest.mark.parametrize(
    ("form", "room", "limit"),
    [
        (EndpointForm(), None, 1000),
        (EndpointForm(context=4096), None, 1000),
        (EndpointForm(context=900), None, 900 - 164),
        (EndpointForm(context=200), None, 50),
        (EndpointForm(context=1), None, 1),
        (EndpointForm(most_tokens=500), None, 500),
        (EndpointForm(context=900), 860, 860),
    ],
)
def test_the_limit_fits(form: EndpointForm, room: int | None, limit: int) -> None:
    assert fitted(ASK, form, room) == (limit, limit < 1000)


def test_samples_state_how_they_were_drawn() -> None:
    assert drawn(ASK.sampling, EndpointForm(), fitted(ASK, EndpointForm(), None)) is None
    form = EndpointForm(left_out=frozenset({"temperature", "stop", "stream"}), most_tokens=500)
    assert drawn(ASK.sampling, form, fitted(ASK, form, None)) == Sampling(
        temperature=None, top_p=0.95, max_tokens=500, seed=3
    )


def test_a_zero_that_was_not_sent_is_not_stated() -> None:
    form = EndpointForm(left_out=frozenset({"temperature", "seed"}))
    asked = Sampling(temperature=0.0, seed=0, max_tokens=9)
    assert drawn(asked, form, Fitted(9, is_less=False)) == Sampling(temperature=None, seed=None, max_tokens=9)
    unasked = Sampling(temperature=None, seed=None, max_tokens=9)
    assert drawn(unasked, form, Fitted(9, is_less=False)) is None


def test_what_is_learnt_is_told() -> None:
    assert told(EndpointForm(), EndpointForm("max_completion_tokens", frozenset({"max_tokens", "temperature"}))) == (
        "it takes max_completion_tokens in place of max_tokens",
        "it does not take temperature, so its own temperature holds, and the samples say so",
    )
    assert told(EndpointForm(), EndpointForm()) == ()
