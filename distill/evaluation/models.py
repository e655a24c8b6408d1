"""The model under test by its name, and what stands behind it as far as that moves its scores."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from distill.errors import RecipeError
from distill.recipe.loading import is_recipe
from distill.recipe.sections import Engine, EvalSection, TeacherSection
from distill.references import Record
from distill.teacher.engines import catalogue

PACKAGES = {"vllm": "vllm", "llama.cpp": "xllamacpp", "transformers": "transformers"}
PROMPT_ROOM = 1024
"""Tokens of context kept for the prompt where a local engine has to be told its context."""


class Setup(Record):
    """What a score depends on besides the model and the benchmark; None where an endpoint does not tell."""

    engine: str | None
    engine_version: str | None
    weights: str | None
    dtype: str | None
    tensor_parallel: int | None
    template_sha256: str | None
    """Of the chat template, shortened."""
    engine_args: tuple[str, ...]
    concurrency: int
    """Requests in flight; how they are batched changes the last bits of every number."""


def find_model(name: str, endpoint: str | None, max_tokens: int) -> TeacherSection:
    """The model that `name` stands for.

    With an endpoint: the name it knows. Else a folder or GGUF file, `package:NAME`, a name under
    `recipes/teachers/` (in any case), or a Hub id, which a local engine loads: vLLM where it is installed, else
    transformers.
    """
    if endpoint is not None:
        return TeacherSection(model=name, endpoints=(endpoint,))
    context = max_tokens + PROMPT_ROOM
    path = Path(name)
    if name.startswith("package:") or path.suffix == ".gguf":
        short = path.stem.removeprefix("package:")
        return TeacherSection(model=short, engine="llama.cpp", weights=name, num_slots=8, context_length=context)
    if path.is_dir():
        return TeacherSection(model=path.name, engine=_engine(), weights=str(path.absolute()), context_length=context)
    if is_recipe(name.lower(), catalogue.KIND):
        return catalogue.section(name.lower(), None)
    if name.count("/") == 1:
        return TeacherSection(model=name, engine=_engine(), weights=name, context_length=context)
    raise RecipeError(
        f"There is no model {name!r}: no folder, no name under recipes/teachers, no Hub id. Where an endpoint serves "
        "it, add --endpoint URL."
    )


def served(name: str, weights: Path, settings: EvalSection) -> TeacherSection:
    """A model that a run trained, or its base, as an evaluation under `settings` serves it."""
    return TeacherSection(
        model=name,
        engine=settings.engine or _engine(),
        weights=str(weights.absolute()),
        num_slots=settings.concurrency,
        context_length=settings.context_length,
    )


def setup_of(model: TeacherSection, concurrency: int) -> Setup:
    """What is known of a model's engine without asking it."""
    weights = Path(model.weights) if model.weights and Path(model.weights).is_dir() else None
    return Setup(
        engine=model.engine,
        engine_version=_version(model.engine),
        weights=model.weights,
        dtype=_option(model.args, "--dtype") or (weights and _dtype(weights)),
        tensor_parallel=_tensor_parallel(model),
        template_sha256=weights and _template_digest(weights),
        engine_args=model.args,
        concurrency=concurrency,
    )


def _engine() -> Engine:
    return "vllm" if find_spec("vllm") else "transformers"


def _version(engine: Engine | None) -> str | None:
    try:
        return None if engine is None else version(PACKAGES[engine])
    except PackageNotFoundError:
        return None


def _tensor_parallel(model: TeacherSection) -> int | None:
    if model.engine is None:
        return None
    return int(_option(model.args, "--tensor-parallel-size") or _option(model.args, "-tp") or 1)


def _option(arguments: tuple[str, ...], name: str) -> str | None:
    """The value of `--name value` or `--name=value`."""
    for place, argument in enumerate(arguments):
        key, equals, value = argument.partition("=")
        if key == name:
            return value if equals else next(iter(arguments[place + 1 :]), None)
    return None


def _dtype(weights: Path) -> str | None:
    config = _json(weights / "config.json")
    found = config.get("dtype") or config.get("torch_dtype")
    return None if found is None else str(found)


def _template_digest(weights: Path) -> str | None:
    file = weights / "chat_template.jinja"
    template = file.read_text() if file.is_file() else _json(weights / "tokenizer_config.json").get("chat_template")
    if template is None:
        return None
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:16]


def _json(path: Path) -> dict[str, object]:
    found = json.loads(path.read_bytes()) if path.is_file() else {}
    assert isinstance(found, dict)
    return found
