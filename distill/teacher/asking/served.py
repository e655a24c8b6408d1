"""What an endpoint says of the models it serves; a hint, since many list other names than they answer to."""

import difflib
from collections.abc import Sequence
from typing import NamedTuple

import orjson

NUM_SHOWN = 5
_CONTEXT = ("max_model_len", "n_ctx", "loaded_context_length", "context_length", "max_context_length", "context_window")
"""Keys for the room of prompt and answer together, the surest first."""
_MOST = ("max_completion_tokens", "max_output_tokens", "max_output_length")
_INSIDE = ("top_provider", "meta", "limits", "model_spec")


class ServedModel(NamedTuple):
    """A model of a list."""

    id: str
    owned_by: str | None = None
    """The engine, where it is one that says so: `vllm`, `sglang`, `llamacpp`."""
    context: int | None = None
    """Tokens it has room for, prompt and answer together."""
    most_tokens: int | None = None
    """Tokens of its longest answer."""


def served_models(body: bytes) -> tuple[ServedModel, ...]:
    """The models of a list; none where it is not in OpenAI's form, or a bare list of the same."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ()
    cards = data.get("data") or data.get("models") if isinstance(data, dict) else data
    return tuple(_model(card) for card in cards if _is_card(card)) if isinstance(cards, list) else ()


def _is_card(card: object) -> bool:
    return isinstance(card, dict) and isinstance(card.get("id") or card.get("name"), str)


def _model(card: dict[str, object]) -> ServedModel:
    owner = card.get("owned_by")
    inner = [part for name in _INSIDE if isinstance(part := card.get(name), dict)]
    return ServedModel(
        id=str(card.get("id") or card.get("name")),
        owned_by=owner if isinstance(owner, str) else None,
        context=_number(_CONTEXT, [*inner, card]),
        most_tokens=_number(_MOST, [*inner, card]),
    )


def _number(names: Sequence[str], parts: Sequence[dict[str, object]]) -> int | None:
    values = (part.get(name) for name in names for part in parts)
    return next((value for value in values if isinstance(value, int) and value > 0), None)


def find_model(models: Sequence[ServedModel], name: str) -> ServedModel | None:
    """The one of this name; where it is not listed, what all of them have in common."""
    for model in models:
        if model.id == name:
            return model
    owners = {model.owned_by for model in models}
    return ServedModel(name, owners.pop()) if len(owners) == 1 else None


def unlisted(models: Sequence[ServedModel], name: str) -> str:
    """A sentence about a name that is not listed, with what may have been meant."""
    names = [model.id for model in models]
    plain = {_plain(each): each for each in reversed(names)}
    close = plain.get(_plain(name)) or next(iter(difflib.get_close_matches(name, names, 1, 0.8)), None)
    if close is not None:
        return f"does not list the model {name!r}, but {close!r}; asking for {name!r} anyway."
    more = f" and {len(names) - NUM_SHOWN:,} more" if len(names) > NUM_SHOWN else ""
    return f"does not list the model {name!r}, but {', '.join(names[:NUM_SHOWN])}{more}; asking for it anyway."


def _plain(name: str) -> str:
    """`models/X` is Gemini's way, `X:latest` that of Ollama."""
    return name.removeprefix("models/").removesuffix(":latest").casefold()
