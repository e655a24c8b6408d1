"""The model that a student begins from, as a local folder of safetensors: given, converted, or fetched from the Hub."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

from pydantic import JsonValue

from distill.errors import RecipeError
from distill.files import cache_dir, sha256
from distill.teacher.engines.weights import PREFIX, gguf_in_package
from distill.training.recipe import ModelShape

Json = dict[str, JsonValue]


def materialise(base: str, revision: str | None = None) -> Path:
    """A local folder with the base's safetensors: converted from a package's GGUF, given, or from the Hub."""
    if base.startswith(PREFIX):
        gguf = gguf_in_package(base.removeprefix(PREFIX))
        folder = cache_dir() / "bases" / sha256(gguf)[:16]
        write_once(folder, lambda temporary: _convert(gguf, temporary))
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
    is_tied = config.get("tie_word_embeddings", shape.tied)
    if is_tied != shape.tied:
        raise RecipeError(
            f"The base {base} has tie_word_embeddings {is_tied}, but the recipe says distill.shape.tied: {shape.tied}. "
            "Correct it; distill.untied=true gives a tied base two matrices."
        )


def fingerprint(folder: Path) -> str:
    """Names a model folder's content; weights by name, size and time, since hashing 140 GB takes minutes."""
    small = [sha256(file) for file in sorted(folder.glob("*.json"))]
    weights = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(folder.glob("*.safetensors"))]
    return f"{folder.name}{small}{weights}"


def write_once(folder: Path, write: Callable[[Path], None]) -> None:
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
