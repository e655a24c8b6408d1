"""Puts what is asked into the form of an endpoint: the body of a request, and how it really draws. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from distill.records import Sampling
from distill.teacher.asking.ask import Ask
from distill.teacher.asking.form import LIMITS, EndpointForm, asked

STREAM_INTERVAL = 128
"""Tokens an event where the endpoint lets us choose: an event costs 16 µs here, whatever it holds."""
BYTES_A_TOKEN = 3
"""Of a prompt, at least: what is guessed to be longer than it is leaves a little less room, and no refusal."""
TEMPLATE_TOKENS = 64
"""Of a chat template, about."""

_UNSENT = (("temperature", None), ("top_p", None), ("seed", None), ("stop", ()))
"""How a sampling says that a field was not sent."""


class Fitted(NamedTuple):
    """A token limit, made to fit the endpoint."""

    limit: int
    is_less: bool
    """Than was asked for."""


def fitted(ask: Ask, form: EndpointForm, room: int | None) -> Fitted:
    """The answer's token limit: what was asked, or what the endpoint has room for.

    `room` is what a refusal has said to be left. Before one has, the prompt's bytes tell; where they seem to fill the
    room, a quarter of it is asked for, so that the endpoint's own count decides.
    """
    limits = [ask.limit, form.most_tokens or ask.limit]
    if room is not None:
        limits.append(room)
    elif form.context is not None:
        limits.append(max(form.context - _guess(ask), form.context // 4, 1))
    return Fitted(min(limits), min(limits) < ask.limit)


def _guess(ask: Ask) -> int:
    """The tokens of a prompt."""
    return (
        sum(len(message.content.encode(errors="replace")) for message in ask.messages) // BYTES_A_TOKEN
        + TEMPLATE_TOKENS
    )


def chat_body(ask: Ask, model: str, form: EndpointForm, limit: int, engine: str | None) -> dict[str, object]:
    """The body of a request to `/chat/completions`."""
    sampling = ask.sampling
    wanted: dict[str, object] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": None if sampling.seed is None else sampling.seed + ask.index,
        "stop": list(sampling.stop) or None,
        "response_format": ask.response_format,
    }
    body: dict[str, object] = {
        "model": model,
        "messages": [vars(message) for message in ask.messages],
        form.max_tokens_field: limit,
    }
    body |= {name: value for name, value in wanted.items() if value is not None and form.takes(name)}
    return body | _stream(form, engine) | sampling.extra_body


def _stream(form: EndpointForm, engine: str | None) -> dict[str, object]:
    """Streams are asked for wherever they are there: gateways cut a connection that is silent for a minute or two."""
    if not form.takes("stream"):
        return {}
    fields: dict[str, object] = {"stream": True}
    options = {"include_usage": True}
    if engine == "vllm":
        fields |= {"stream_interval": STREAM_INTERVAL} if form.takes("stream_interval") else {}
        options |= {"continuous_usage_stats": True} if form.takes("continuous_usage_stats") else {}
    return fields | ({"stream_options": options} if form.takes("stream_options") else {})


def continued_body(body: Mapping[str, object], prompt: str, num_written: int) -> dict[str, object]:
    """The body of a request to `/completions` that goes on behind `num_written` tokens of an answer."""
    limit = asked(body)
    fields = {key: value for key, value in body.items() if key not in ("messages", *LIMITS)}
    fewest = fields.get("min_tokens")
    if isinstance(fewest, int):  # vLLM refuses more than the limit
        fields["min_tokens"] = max(0, fewest - num_written)
    return fields | {
        "prompt": prompt,
        "add_special_tokens": False,
        "max_tokens": max(1, limit - num_written),
        "stream": True,
        "stream_options": body.get("stream_options", {"include_usage": True}),
    }


def drawn(sampling: Sampling, form: EndpointForm, fit: Fitted) -> Sampling | None:
    """How it is really drawn, where that is not what was asked for."""
    left_out = {name: blank for name, blank in _UNSENT if not form.takes(name) and getattr(sampling, name) != blank}
    changes = {**left_out, **({"max_tokens": fit.limit} if fit.is_less else {})}
    return sampling.model_copy(update=changes) if changes else None
