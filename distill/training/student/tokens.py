"""The tokenizer of a student: reserved ids get new names, and nothing else of the base's moves."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from distill.errors import RecipeError
from distill.training.student.base import Json


def new_tokens(tokenizer: Json, tokens: Mapping[int, str]) -> tuple[int, ...]:
    """The ids that `tokens` gives another name than the base's tokenizer.json does."""
    names = {number: entry["content"] for number, entry in _added(tokenizer).items()}
    return tuple(number for number, name in tokens.items() if names.get(number) != name)


def rename_tokens(tokenizer: Json, tokens: Mapping[int, str], special: frozenset[str]) -> Json:
    """Give reserved ids of a tokenizer.json new names: no id moves, and the embedding keeps its size.

    Renamed tokens are special, that is left out where special tokens are skipped in decoding, only where they stand in
    `special`. In the tokenizers of DeepSeek's students these are begin and end alone: tags and roles stay visible.
    """
    added = _added(tokenizer)
    text = json.dumps(tokenizer.get("post_processor"))
    for number, name in tokens.items():
        if number not in added:
            raise RecipeError(f"distill.tokens names id {number}, which is no added token of the base's tokenizer.")
        text = text.replace(json.dumps(added[number]["content"]), json.dumps(name))
        added[number] |= {"content": name, "special": name in special}
    entries: list[JsonValue] = [added[number] for number in sorted(added)]
    return tokenizer | {"added_tokens": entries, "post_processor": json.loads(text)}


def with_bos(tokenizer: Json, bos: str) -> Json:
    """Put BOS before every text that is tokenised as it is, as the tokenizers of DeepSeek's students do.

    Chat templates write BOS themselves, and engines and trainers therefore tokenise what they rendered without special
    tokens. Left alone where the tokenizer puts a first token before every text already, as Llama's does.
    """
    given = tokenizer.get("post_processor")
    if "TemplateProcessing" in json.dumps(given):
        return tokenizer
    first: Json = {"SpecialToken": {"id": bos, "type_id": 0}}
    texts: list[Json] = [{"Sequence": {"id": name, "type_id": 0}} for name in ("A", "B")]
    number = token_id(tokenizer, bos)
    template: Json = {
        "type": "TemplateProcessing",
        "single": [first, texts[0]],
        "pair": [first, *texts],
        "special_tokens": {bos: {"id": bos, "ids": [number], "tokens": [bos]}},
    }
    processors: list[JsonValue] = [given, template] if given else [template]
    return tokenizer | {"post_processor": {"type": "Sequence", "processors": processors}}


def token_id(tokenizer: Json, token: str) -> int:
    """The id of an added token. Raises RecipeError where there is none of that name."""
    for number, entry in _added(tokenizer).items():
        if entry["content"] == token:
            return number
    raise RecipeError(
        f"{token} is no added token of the base's tokenizer. Correct distill.eos, distill.bos or distill.tokens."
    )


def _added(tokenizer: Json) -> dict[int, Json]:
    added = tokenizer["added_tokens"]
    assert isinstance(added, list)
    return {int(str(entry["id"])): dict(entry) for entry in added if isinstance(entry, dict)}
