"""Prepare a base for training: tokens, template, EOS and RoPE written once, weights untouched.

A prepared student is a model folder in the cache whose weights are links to the base's. It is named by what went
into it, so preparing twice does nothing twice.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.errors import MissingExtraError, RecipeError
from distill.files import sha256
from distill.reasoning import CLOSE, OPEN
from distill.teacher.engines.weights import PREFIX, gguf_in_package
from distill.training.recipe import ModelShape, Rope, StudentBlock

TRAINING_TEMPLATE = "chat_template_training.jinja"
"""Beside `chat_template.jinja`: the same template, except that it keeps the reasoning of assistant turns."""

R1_ZERO = (
    "{{ bos_token or '' }}A conversation between User and Assistant. The user asks a question, and the Assistant "
    "solves it. The assistant first thinks about the reasoning process in the mind and then provides the user with the "
    "answer. The reasoning process and answer are enclosed within <think> </think> and <answer> </answer> tags, "
    "respectively, i.e., <think> reasoning process here </think> <answer> answer here </answer>."
    "{% for message in messages %}{% if message['role'] == 'assistant' %} Assistant: {{ message['content'] }}"
    "{{ eos_token }}{% else %}{{ ' User: ' if message['role'] == 'user' else ' ' }}{{ message['content'] }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %} Assistant:{% endif %}"
)
"""R1-Zero's prompt (arXiv 2501.12948 v2, Table 1) as a chat template, so that engines and evaluations pose it too."""

_FORMAT = "2"
"""Part of every cache key; raised when what `prepare` writes changes."""

Json = dict[str, JsonValue]


class Student(NamedTuple):
    """A prepared student."""

    folder: Path
    digest: str
    new_tokens: tuple[int, ...] = ()
    """Ids whose token got another name than the base had: nobody has trained their rows of the embeddings yet."""


def cache_dir() -> Path:
    """Where converted bases and prepared students are kept: `$DISTILL_CACHE`, else `~/.cache/distill`."""
    return Path(os.environ.get("DISTILL_CACHE") or Path.home() / ".cache" / "distill")


def prepare(block: StudentBlock) -> Student:
    """Fetch or convert the base, then write tokenizer, template, EOS, RoPE and generation config for training.

    Raises RecipeError where the base is not what the recipe describes.
    """
    base = materialise(block.base, block.revision)
    config = _read(base / "config.json")
    check_shape(block.shape, config, block.base)
    settings = block.model_dump(mode="json", include={"template", "tokens", "bos", "eos", "rope"})
    digest = _digest(_FORMAT, _fingerprint(base), json.dumps(settings, sort_keys=True))
    folder = cache_dir() / "students" / digest
    _write_once(folder, lambda temporary: _dress(base, config, block, temporary))
    return Student(folder, digest, new_tokens(_read(base / "tokenizer.json"), block.tokens))


def materialise(base: str, revision: str | None = None) -> Path:
    """A local folder with the base's safetensors: converted from a package's GGUF, given, or from the Hub."""
    if base.startswith(PREFIX):
        gguf = gguf_in_package(base.removeprefix(PREFIX))
        folder = cache_dir() / "bases" / sha256(gguf)[:16]
        _write_once(folder, lambda temporary: _convert(gguf, temporary))
        return folder
    if Path(base).is_dir():
        return Path(base).resolve()
    if base.startswith((".", "/", "~")):
        raise RecipeError(f"The base {base} is not a folder. Set distill.base to a model folder or a Hub id.")
    return _download(base, revision)


def check_shape(shape: ModelShape, config: Json, base: str) -> None:
    """Refuse a base whose config.json differs from the recipe's `shape`: it is another model."""
    names = {
        "layers": "num_hidden_layers",
        "hidden": "hidden_size",
        "intermediate": "intermediate_size",
        "heads": "num_attention_heads",
        "kv_heads": "num_key_value_heads",
        "vocab": "vocab_size",
    }
    for ours, theirs in names.items():
        if getattr(shape, ours) != config.get(theirs):
            raise RecipeError(
                f"The base {base} has {theirs} {config.get(theirs)}, but the recipe says distill.shape.{ours}: "
                f"{getattr(shape, ours)}. Either the base or the shape is another model's."
            )


def rope_keys(rope: Rope) -> Json:
    """Both spellings: transformers 5 reads only `rope_parameters`, engines built on version 4 only `rope_theta`."""
    return {
        "rope_theta": rope.theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": rope.theta},
        "rope_scaling": None,
        "max_position_embeddings": rope.max_position_embeddings,
    }


def new_tokens(tokenizer: Json, tokens: dict[int, str]) -> tuple[int, ...]:
    """The ids that `tokens` gives another name than the base's tokenizer.json does."""
    added = tokenizer["added_tokens"]
    assert isinstance(added, list)
    names = {entry["id"]: entry["content"] for entry in added if isinstance(entry, dict)}
    return tuple(number for number, name in tokens.items() if names.get(number) != name)


def rename_tokens(tokenizer: Json, tokens: dict[int, str]) -> Json:
    """Give reserved ids of a tokenizer.json new names: no id moves, and the embedding keeps its size."""
    added = tokenizer["added_tokens"]
    assert isinstance(added, list)
    entries = {entry["id"]: entry for entry in added if isinstance(entry, dict)}
    text = json.dumps(tokenizer.get("post_processor"))
    for number, name in tokens.items():
        if number not in entries:
            raise RecipeError(f"distill.tokens names id {number}, which is no added token of the base's tokenizer.")
        text = text.replace(json.dumps(entries[number]["content"]), json.dumps(name))
        # `<think>` stays visible when special tokens are skipped in decoding, as in DeepSeek's own tokenizers.
        entries[number] |= {"content": name, "special": name not in {OPEN, CLOSE}}
    return tokenizer | {
        "added_tokens": sorted(entries.values(), key=lambda e: int(str(e["id"]))),
        "post_processor": json.loads(text),
    }


def _dress(base: Path, config: Json, block: StudentBlock, folder: Path) -> None:
    weights = [*base.glob("*.safetensors"), *base.glob("*.safetensors.index.json")]
    if not weights:
        raise RecipeError(f"The base {base} holds no .safetensors file. Save it with transformers' save_pretrained.")
    for file in weights:
        (folder / file.name).symlink_to(file.resolve())
    tokenizer = rename_tokens(_read(base / "tokenizer.json"), block.tokens)
    special = _special_tokens(base, block)
    ids = {name: _token_id(tokenizer, token) for name, token in special.items()}
    _write(folder / "tokenizer.json", tokenizer)
    _write(folder / "tokenizer_config.json", _tokenizer_config(special, config, block))
    inference, training = _templates(base, block)
    (folder / "chat_template.jinja").write_text(inference, encoding="utf-8")
    (folder / TRAINING_TEMPLATE).write_text(training, encoding="utf-8")
    rope = rope_keys(block.rope) if block.rope else {}
    token_ids: Json = {f"{name}_id": number for name, number in ids.items()}
    _write(folder / "config.json", config | rope | token_ids)
    # Temperature and top-p: DeepSeek-R1's evaluation settings (arXiv 2501.12948 v2, D.1).
    _write(folder / "generation_config.json", token_ids | {"do_sample": True, "temperature": 0.6, "top_p": 0.95})


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


def _token_id(tokenizer: Json, token: str) -> int:
    added = tokenizer["added_tokens"]
    assert isinstance(added, list)
    for entry in added:
        if isinstance(entry, dict) and entry["content"] == token:
            return int(str(entry["id"]))
    raise RecipeError(
        f"{token} is no added token of the base's tokenizer. Correct distill.eos, distill.bos or distill.tokens."
    )


def _templates(base: Path, block: StudentBlock) -> tuple[str, str]:
    """The templates for inference and for training."""
    if block.template == "deepseek-r1":
        spec = find_spec("trl")
        if spec is None or spec.origin is None:
            raise MissingExtraError('The template deepseek-r1 comes with TRL. Run: pip install "distill[train]"')
        folder = Path(spec.origin).parent / "chat_templates"
        return _text(folder / "deepseek_r1_distill.jinja"), _text(folder / "deepseek_r1_distill_training.jinja")
    if block.template == "r1-zero":
        return R1_ZERO, R1_ZERO
    file = base / "chat_template.jinja"
    own = _text(file) if file.is_file() else _read(base / "tokenizer_config.json").get("chat_template")
    if not isinstance(own, str):
        raise RecipeError(f"The base {block.base} has no chat template. Set distill.template=deepseek-r1.")
    return own, own


def _convert(gguf: Path, folder: Path) -> None:
    """Undo a GGUF's quantisation: float32 safetensors, tokenizer and template."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with redirect_stderr(StringIO()):  # its own progress bar knows no switch; errors are raised, not printed
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True)
        )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)


def _download(base: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    patterns = ["*.json", "*.jinja", "*.safetensors"]
    try:
        return Path(snapshot_download(base, revision=revision, allow_patterns=patterns))
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        reason = str(error).splitlines()[0]
        raise RecipeError(
            f"The base {base} could not be fetched from the Hub ({reason}) Set distill.base to a local folder, or log "
            "in with: hf auth login"
        ) from error


def _write_once(folder: Path, write: Callable[[Path], None]) -> None:
    """Fill a folder under another name, then move it into place: it is complete or absent."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        write(temporary)
        if not folder.is_dir():
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _fingerprint(folder: Path) -> str:
    """Names a model folder's content; weights by name, size and time, since hashing 140 GB takes minutes."""
    small = [sha256(file) for file in sorted(folder.glob("*.json"))]
    weights = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(folder.glob("*.safetensors"))]
    return f"{folder.name}{small}{weights}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _read(path: Path) -> Json:
    if not path.is_file():
        raise RecipeError(f"The base {path.parent} has no {path.name}, so it is no model folder. Correct distill.base.")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def _write(path: Path, data: Json) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
