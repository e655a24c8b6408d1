"""A row of a dataset whose roles are known ─▶ its traces. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from distill import reasoning
from distill.audit.roles.labels import read_count, read_finish, read_label
from distill.audit.roles.roles import Roles, TraceColumns
from distill.audit.roles.said import Spoken, said
from distill.audit.trace_row import TraceRow, UnreadRow
from distill.errors import InputError
from distill.prompts.normalise import SetAside, reference_of
from distill.prompts.sources.preset import Preset, reach
from distill.prompts.turns import last_turn, read_prompt, speaker
from distill.references import Reference
from distill.rows.language_names import language_code
from distill.rows.parse import Row, parse_reference


class _About(NamedTuple):
    """What all traces of a row share."""

    prompt: str
    reference: Reference | None
    domain: str | None
    source: str | None
    license: str | None
    language: str | None


def traces_of(row: Row, where: str, roles: Roles) -> Iterator[TraceRow | UnreadRow]:
    """All traces of a row; one UnreadRow where it has no prompt, or no trace, in the columns of these."""
    try:
        about = _about(row, roles)
    except InputError as error:
        yield UnreadRow(where, str(error))
        return
    found = [trace for columns in roles.traces for trace in _traces(row, columns, about)]
    if not found:
        looked = ", ".join(column.text for column in roles.traces)
        yield UnreadRow(where, f"it has no trace in {looked}")
    for number, trace in enumerate(found, start=1):
        yield trace._replace(where=f"{where}, trace {number}" if len(found) > 1 else where)


def _about(row: Row, roles: Roles) -> _About:
    prompt, reference = "", None
    if roles.asked is not None:
        prompt = _prompt(row, roles.asked)
        reference = _reference(row, roles.asked)
    if roles.reference is not None:
        own = reach(row, roles.reference)
        reference = parse_reference(own) if isinstance(own, Mapping) else None
    language = _stated(row, roles.language)
    return _About(
        prompt,
        reference,
        _stated(row, roles.domain),
        _stated(row, roles.source),
        _stated(row, roles.license),
        language_code(language) if language else None,
    )


def _prompt(row: Row, preset: Preset) -> str:
    """What was asked: a text, or the last turn of the user before the last reply."""
    value = preset.value(row, "prompt")
    found = last_turn(_before_the_reply(value), "user") if isinstance(value, list | tuple) else None
    text = read_prompt([found]) if found is not None else read_prompt(value)
    if isinstance(text, list) and text:
        text = text[-1].get("content")
    if not isinstance(text, str) or not text:
        raise InputError(f"it has no prompt in {preset.columns['prompt']}")
    return text


def _before_the_reply(turns: list[object] | tuple[object, ...]) -> list[object]:
    places = [place for place, turn in enumerate(turns) if speaker(turn) == "assistant"]
    return list(turns[: places[-1]]) if places else list(turns)


def _reference(row: Row, preset: Preset) -> Reference | None:
    """None as well where it cannot be checked against: a trace whose reference is unreadable is a trace still."""
    try:
        found = reference_of(row, preset)
    except InputError:
        return None
    return None if isinstance(found, SetAside) else found


def _traces(row: Row, columns: TraceColumns, about: _About) -> Iterator[TraceRow]:
    texts = said(reach(row, columns.text))
    thoughts = said(reach(row, columns.reasoning)) if columns.reasoning is not None else []
    if columns.reasoning is not None and len(thoughts) == len(texts):
        texts = [Spoken(text.text, thought.text) for text, thought in zip(texts, thoughts, strict=True)]
    elif columns.reasoning is not None and not texts:
        texts = [Spoken("", thought.text) for thought in thoughts]
    for place, text in enumerate(texts):
        stated = [None if column is None else _element(reach(row, column), place, len(texts))
                  for column in (columns.label, columns.finish, columns.num_tokens)]  # fmt: skip
        completion, parts = _parts(text)
        yield TraceRow(
            where="",
            prompt=about.prompt,
            completion=completion,
            reasoning=parts.reasoning,
            answer=parts.answer,
            reference=about.reference,
            label=read_label(stated[0]),
            finish=read_finish(columns.finish or "", stated[1]),
            num_tokens=read_count(stated[2]),
            **{field: getattr(about, field) for field in ("domain", "source", "license", "language")},
        )


def _parts(text: Spoken) -> tuple[str, reasoning.Parts]:
    """The whole text and what it is made of; a reasoning that stands apart is written before the answer in our tags."""
    if text.reasoning is None or not text.reasoning.strip():
        return text.text, reasoning.split(text.text)
    parts = reasoning.merged(text.reasoning, text.text)
    return reasoning.begun(parts.reasoning, parts.answer), parts


def _element(value: object, place: int, num: int) -> object:
    """What a row states of one of its traces; what it states of all of several is said of none."""
    if isinstance(value, list | tuple):
        return value[place] if len(value) == num else None
    return value if num == 1 else None


def _stated(row: Row, column: str | None) -> str | None:
    value = None if column is None else reach(row, column)
    return value.strip() or None if isinstance(value, str) else None
