"""Prepare a base for training: tokens, template, EOS and RoPE written once, weights untouched.

A prepared student is a model folder in the cache whose weights are links to the base's. It is named by what went
into it, so preparing twice does nothing twice.
"""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.errors import RecipeError
from distill.files import cache_dir
from distill.training.recipe import Rope, StudentBlock
from distill.training.student.base import Json, check_shape, fingerprint, materialise, write_once
from distill.training.student.embeddings import untie
from distill.training.student.template import template_text
from distill.training.student.tokens import new_tokens, rename_tokens, token_id, with_bos

_FORMAT = "3"
"""Part of every cache key; raised when what `prepare` writes changes."""


class Student(NamedTuple):
    """A prepared student."""

    folder: Path
    digest: str
    new_tokens: tuple[int, ...] = ()
    """Ids whose token got another name than the base had: nobody has trained their rows of the embeddings yet."""


def prepare(block: StudentBlock) -> Student:
    """Fetch or convert the base, then write tokenizer, template, EOS, RoPE and generation config for training.

    Raises RecipeError where the base is not what the recipe describes.
    """
    base = materialise(block.base, block.revision)
    config = _read(base / "config.json")
    check_shape(block.shape, config, block.base)
    template = template_text(block.template, _own_template(base))
    settings = block.model_dump(mode="json", include={"tokens", "bos", "eos", "rope", "untied"})
    digest = _digest(_FORMAT, fingerprint(base), template, json.dumps(settings, sort_keys=True))
    folder = cache_dir() / "students" / digest
    write_once(folder, lambda temporary: _dress(base, config, block, template, temporary))
    return Student(folder, digest, new_tokens(_read(base / "tokenizer.json"), block.tokens))


def rope_keys(rope: Rope) -> Json:
    """Both spellings: transformers 5 reads only `rope_parameters`, engines built on version 4 only `rope_theta`."""
    return {
        "rope_theta": rope.theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": rope.theta},
        "rope_scaling": None,
        "max_position_embeddings": rope.max_position_embeddings,
    }


def _dress(base: Path, config: Json, block: StudentBlock, template: str, folder: Path) -> None:
    weights = [*base.glob("*.safetensors"), *base.glob("*.safetensors.index.json")]
    if not weights:
        raise RecipeError(f"The base {base} holds no .safetensors file. Save it with transformers' save_pretrained.")
    for file in weights:
        (folder / file.name).symlink_to(file.resolve())
    is_untying = block.untied and bool(config.get("tie_word_embeddings"))
    if is_untying:
        untie(folder)
    special = _special_tokens(base, block)
    tokenizer = rename_tokens(_read(base / "tokenizer.json"), block.tokens, frozenset(special.values()))
    ids = {name: token_id(tokenizer, token) for name, token in special.items()}
    _write(folder / "tokenizer.json", with_bos(tokenizer, block.bos) if block.bos else tokenizer)
    _write(folder / "tokenizer_config.json", _tokenizer_config(special, config, block))
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    rope = rope_keys(block.rope) if block.rope else {}
    tie: Json = {"tie_word_embeddings": False} if is_untying else {}
    token_ids: Json = {f"{name}_id": number for name, number in ids.items()}
    _write(folder / "config.json", config | rope | tie | token_ids)
    # Temperature and top-p: DeepSeek-R1's evaluation settings (arXiv 2501.12948 v2, D.1).
    _write(folder / "generation_config.json", token_ids | {"do_sample": True, "temperature": 0.6, "top_p": 0.95})


def _own_template(base: Path) -> str | None:
    file = base / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    own = _read(base / "tokenizer_config.json").get("chat_template")
    return own if isinstance(own, str) else None


def _special_tokens(base: Path, block: StudentBlock) -> dict[str, str]:
    given = _read(base / "tokenizer_config.json")
    eos = block.eos or _content(given.get("eos_token"))
    bos = block.bos or _content(given.get("bos_token"))
    if eos is None:
        raise RecipeError(f"The tokenizer of {block.base} has no EOS token. Set distill.eos.")
    return ({"bos_token": bos} if bos else {}) | {"eos_token": eos, "pad_token": eos}


def _content(token: JsonValue) -> str | None:
    """A token in a tokenizer_config is a string, or an object that holds one."""
    return _content(token.get("content")) if isinstance(token, dict) else token if isinstance(token, str) else None


def _tokenizer_config(special: dict[str, str], config: Json, block: StudentBlock) -> Json:
    length = block.rope.max_position_embeddings if block.rope else config.get("max_position_embeddings")
    # A name that transformers 4 and 5 both know. Version 5 chooses the class by the model type all the same, and
    # rebuilds some tokenizers from their parts (transformers #45488), which is why every row is proved lossless.
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": length,
        "response_template": _response(special["eos_token"]),
        **special,
    }


def _response(eos: str) -> Json:
    """What `transformers serve` takes for the answer: all that follows the prompt, up to EOS.

    For some kinds of model, Qwen2 among them, it has a template of its own, which leaves a renamed EOS in the text.
    """
    return {
        "defaults": {"role": "assistant"},
        "start_anchor_pattern": r"\Z",
        "fields": {"content": {"close": [eos], "content": "text"}},
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _read(path: Path) -> Json:
    if not path.is_file():
        raise RecipeError(f"The base {path.parent} has no {path.name}, so it is no model folder. Correct distill.base.")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def _write(path: Path, data: Json) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
