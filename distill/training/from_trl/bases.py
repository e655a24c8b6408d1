"""Shape and license of a base, from its own files or from its name.

A shape found by name is proved when the base is prepared: its config.json has the last word
(`student.prepare`), so that a model with a misleading name is refused there, not trained.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from distill.training.recipe import ModelShape

_COLUMNS = ("layers", "hidden", "intermediate", "heads", "kv_heads", "vocab")
_CONFIG = ("num_hidden_layers hidden_size intermediate_size num_attention_heads num_key_value_heads vocab_size").split()

# Dimensions from the models' config.json; test_bases.py compares them with the Hub's counts of parameters.
_KNOWN: tuple[tuple[str, tuple[int, ...], str, str], ...] = (
    ("DeepSeek-R1-Distill-Qwen-1.5B", (28, 1536, 8960, 12, 2, 151936), "bias", "mit"),
    ("DeepSeek-R1-Distill-Qwen-7B", (28, 3584, 18944, 28, 4, 152064), "bias", "mit"),
    ("DeepSeek-R1-Distill-Qwen-14B", (48, 5120, 13824, 40, 8, 152064), "bias", "mit"),
    ("DeepSeek-R1-Distill-Qwen-32B", (64, 5120, 27648, 40, 8, 152064), "bias", "mit"),
    ("DeepSeek-R1-Distill-Llama-8B", (32, 4096, 14336, 32, 8, 128256), "", "mit"),
    ("DeepSeek-R1-Distill-Llama-70B", (80, 8192, 28672, 64, 8, 128256), "", "mit"),
    ("Qwen2-0.5B Qwen2.5-0.5B Qwen2.5-Coder-0.5B", (24, 896, 4864, 14, 2, 151936), "bias tied", "apache-2.0"),
    (
        "Qwen2-1.5B Qwen2.5-1.5B Qwen2.5-Coder-1.5B Qwen2.5-Math-1.5B",
        (28, 1536, 8960, 12, 2, 151936),
        "bias tied",
        "apache-2.0",
    ),
    ("Qwen2.5-3B Qwen2.5-Coder-3B", (36, 2048, 11008, 16, 2, 151936), "bias tied", "qwen-research"),
    (
        "Qwen2-7B Qwen2.5-7B Qwen2.5-Coder-7B Qwen2.5-Math-7B",
        (28, 3584, 18944, 28, 4, 152064),
        "bias",
        "apache-2.0",
    ),
    ("Qwen2.5-14B Qwen2.5-Coder-14B", (48, 5120, 13824, 40, 8, 152064), "bias", "apache-2.0"),
    ("Qwen2.5-32B Qwen2.5-Coder-32B", (64, 5120, 27648, 40, 8, 152064), "bias", "apache-2.0"),
    ("Qwen2.5-72B Qwen2.5-Math-72B", (80, 8192, 29568, 64, 8, 152064), "bias", "qwen"),
    ("Qwen3-0.6B", (28, 1024, 3072, 16, 8, 151936), "tied", "apache-2.0"),
    ("Qwen3-1.7B", (28, 2048, 6144, 16, 8, 151936), "tied", "apache-2.0"),
    ("Qwen3-4B", (36, 2560, 9728, 32, 8, 151936), "tied", "apache-2.0"),
    ("Qwen3-8B", (36, 4096, 12288, 32, 8, 151936), "", "apache-2.0"),
    ("Qwen3-14B", (40, 5120, 17408, 40, 8, 151936), "", "apache-2.0"),
    ("Qwen3-32B", (64, 5120, 25600, 64, 8, 151936), "", "apache-2.0"),
    ("Llama-3.2-1B", (16, 2048, 8192, 32, 8, 128256), "tied", "llama3.2"),
    ("Llama-3.2-3B", (28, 3072, 8192, 24, 8, 128256), "tied", "llama3.2"),
    ("Llama-3.1-8B", (32, 4096, 14336, 32, 8, 128256), "", "llama3.1"),
    ("Llama-3-8B", (32, 4096, 14336, 32, 8, 128256), "", "llama3"),
    ("Llama-3.1-70B", (80, 8192, 28672, 64, 8, 128256), "", "llama3.1"),
    ("Llama-3.3-70B", (80, 8192, 28672, 64, 8, 128256), "", "llama3.3"),
    ("Llama-3-70B", (80, 8192, 28672, 64, 8, 128256), "", "llama3"),
    ("Llama-2-7b", (32, 4096, 11008, 32, 32, 32000), "", "llama2"),
    ("Llama-2-13b", (40, 5120, 13824, 40, 40, 32000), "", "llama2"),
    ("TinyLlama-1.1B", (22, 2048, 5632, 32, 4, 32000), "", "apache-2.0"),
    ("Mistral-7B-v0.1 Mistral-7B-Instruct-v0.1", (32, 4096, 14336, 32, 8, 32000), "", "apache-2.0"),
    ("Mistral-7B-v0.2 Mistral-7B-Instruct-v0.2", (32, 4096, 14336, 32, 8, 32000), "", "apache-2.0"),
    ("Mistral-7B-v0.3 Mistral-7B-Instruct-v0.3", (32, 4096, 14336, 32, 8, 32768), "", "apache-2.0"),
    ("Mistral-Small-24B", (40, 5120, 32768, 32, 8, 131072), "", "apache-2.0"),
    ("phi-4", (40, 5120, 17920, 40, 10, 100352), "", "mit"),
    ("gemma-2b", (18, 2048, 16384, 8, 1, 256000), "tied", "gemma"),
    ("gemma-7b", (28, 3072, 24576, 16, 16, 256000), "tied", "gemma"),
    ("SmolLM-135M SmolLM2-135M", (30, 576, 1536, 9, 3, 49152), "tied", "apache-2.0"),
    ("SmolLM-360M SmolLM2-360M", (32, 960, 2560, 15, 5, 49152), "tied", "apache-2.0"),
    ("SmolLM-1.7B SmolLM2-1.7B", (24, 2048, 8192, 32, 32, 49152), "tied", "apache-2.0"),
    ("SmolLM3-3B", (36, 2048, 11008, 16, 4, 128256), "tied", "apache-2.0"),
    ("starcoder2-15b", (40, 6144, 24576, 48, 4, 49152), "", "bigcode-openrail-m"),
)
"""Names, dimensions, whether Q, K and V have a bias and embeddings are tied, license."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SMALL = ("config.json", "README.md", "chat_template.jinja", "tokenizer_config.json")


class Base(NamedTuple):
    """What a recipe says of its base."""

    shape: ModelShape | None
    license: str | None
    shape_origin: str = ""
    license_origin: str = ""


def find_base(base: str, revision: str | None = None) -> Base:
    """What is known of a base: from its folder, from its name, or from the Hub where that answers."""
    named = None if Path(base).is_dir() else by_name(base)
    if named:
        return named
    config, card = file_of(base, "config.json", revision), file_of(base, "README.md", revision)
    return Base(
        shape_of(json.loads(config.read_text(encoding="utf-8"))) if config else None,
        _license_of(card.read_text(encoding="utf-8")) if card else None,
        "the base's config.json",
        "the base's card",
    )


def by_name(base: str) -> Base | None:
    """A base whose name contains that of a known model, as fine-tuned and re-uploaded ones do."""
    for names, numbers, traits, license_name in _KNOWN:
        for name in names.split():
            if _holds(base.lower(), name.lower()):
                given = dict(zip(_COLUMNS, numbers, strict=True))
                shape = ModelShape(**given, tied="tied" in traits, qkv_bias="bias" in traits)
                return Base(shape, license_name, f"{name}'s; proved when prepared", f"{name}'s")
    return None


def _holds(text: str, name: str) -> bool:
    """Whether a name stands in a text as a word of its own: `Qwen3-4B` in `x/Qwen3-4B-sums`, not in `Qwen3-4B5`."""
    before, found, after = text.partition(name)
    return bool(found) and not before[-1:].isalnum() and not (after[:1].isalnum() or after[:1] == ".")


def shape_of(config: dict[str, object]) -> ModelShape | None:
    """The dimensions in a config.json; None where it has other names for them: no Llama- or Qwen2-like decoder."""
    config = {"num_key_value_heads": config.get("num_attention_heads")} | config
    found = {ours: config.get(theirs) for ours, theirs in zip(_COLUMNS, _CONFIG, strict=True)}
    if not all(isinstance(number, int) for number in found.values()):
        return None
    return ModelShape.model_validate(
        found
        | {
            "tied": bool(config.get("tie_word_embeddings")),
            "qkv_bias": config.get("model_type") == "qwen2" or bool(config.get("attention_bias")),
        }
    )


def file_of(model: str, name: str, revision: str | None = None) -> Path | None:
    """A small file of a model folder or of a Hub repository; None where there is none, or the Hub does not answer."""
    folder = Path(model) if Path(model).is_dir() else _fetched(model, revision)
    return folder / name if folder and (folder / name).is_file() else None


@cache
def _fetched(model: str, revision: str | None) -> Path | None:
    """The small files of a Hub repository."""
    if not _HUB_ID.fullmatch(model):
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=list(_SMALL)))
    except (HfHubHTTPError, LocalEntryNotFoundError):
        return None


def _license_of(card: str) -> str | None:
    """The license in the head of a model card."""
    _, _, rest = card.partition("---\n")
    head = yaml.safe_load(rest.partition("\n---")[0]) if rest else None
    name = head.get("license") if isinstance(head, dict) else None
    return name if isinstance(name, str) else None
