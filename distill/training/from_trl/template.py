"""The chat template of a TRL YAML: its text, a file, another model's, or the base's own."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from distill.training.from_trl.bases import file_of
from distill.training.from_trl.line import Missing, Settings


class ChatTemplate(NamedTuple):
    """What `distill.template` says."""

    name: str
    origin: str
    text: str | None = None
    """To be written to the file `name`."""
    missing: tuple[Missing, ...] = ()


def template_of(settings: Settings, folder: Path, file: Path) -> ChatTemplate:
    """The template of a file that lies in `folder`; a text of its own goes to `file`, where it is not DeepSeek's."""
    given, other = settings.get("chat_template"), _other_model(settings)
    if isinstance(given, str) and "{" in given:
        return _of_text(given, "from chat_template", file)
    path = given or other
    if not isinstance(path, str):
        return ChatTemplate("base", "the file has no chat_template")
    for known in (folder / path, Path(path)):
        if known.is_file():
            return _of_text(known.read_text(encoding="utf-8"), f"from {path}", file)
    if (text := _text_of(path)) is not None:
        return _of_text(text, f"that of {path}", file)
    reason = f"the file takes the chat template of {path}, which is not here; save it to a file"
    return ChatTemplate("base", "", None, (Missing("distill.template=FILE.jinja", reason),))


def _other_model(settings: Settings) -> object:
    """A model or file that another key names, unless it is the base."""
    other = settings.get("chat_template_path") or settings.get("tokenizer_name_or_path")
    return None if other == settings.get("model_name_or_path") else other


def _of_text(text: str, origin: str, file: Path) -> ChatTemplate:
    if text.strip() == _deepseeks():
        return ChatTemplate("deepseek-r1", f"{origin}, which is DeepSeek's")
    return ChatTemplate(file.as_posix(), origin, text)


def _deepseeks() -> str | None:
    """DeepSeek's as TRL carries it; None where TRL is not installed."""
    spec = find_spec("trl")
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / "chat_templates" / "deepseek_r1_distill.jinja"
    return file.read_text(encoding="utf-8").strip()


def _text_of(model: str) -> str | None:
    """The chat template of a model folder or of a Hub repository."""
    if file := file_of(model, "chat_template.jinja"):
        return file.read_text(encoding="utf-8")
    if file := file_of(model, "tokenizer_config.json"):
        text = json.loads(file.read_text(encoding="utf-8")).get("chat_template")
        return text if isinstance(text, str) else None
    return None
