"""Examples for a teacher, as users keep them: a JSON array or JSON lines, of messages or of pairs."""

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from distill.errors import InputError
from distill.records import Message
from distill.references import Record


class Example(Record):
    """A question and how it should be answered."""

    prompt: str
    completion: str

    @property
    def messages(self) -> tuple[Message, Message]:
        """The two turns."""
        return Message(role="user", content=self.prompt), Message(role="assistant", content=self.completion)


_PARTS = TypeAdapter(Message | Example)


def read_few_shot(path: Path) -> tuple[Message, ...]:
    """The messages of a file of examples. Raises InputError with the example that is none."""
    if not path.is_file():
        raise InputError(f"There is no file {path}; --few-shot takes a file of examples.")
    found: list[Message] = []
    for number, value in enumerate(_values(path), start=1):
        try:
            part = _PARTS.validate_python(value)
        except ValidationError:
            raise InputError(
                f'{path}, example {number} should read {{"role": "user", "content": "…"}} or '
                f'{{"prompt": "…", "completion": "…"}}, but is {json.dumps(value, ensure_ascii=False)[:100]}.'
            ) from None
        found += part.messages if isinstance(part, Example) else (part,)
    if not found:
        raise InputError(f"{path} holds no examples; leave --few-shot out, or fill it.")
    return tuple(found)


def _values(path: Path) -> list[object]:
    """The values of an array, or one a line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("["):
            values = json.loads(text)
            assert isinstance(values, list)
            return values
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise InputError(f"{path} should hold a JSON array, or a JSON object a line: {error}.") from None
