"""The first rows of a dataset ─▶ its roles. What a model wrote is never what answers are checked against."""

import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from distill.audit.roles import names
from distill.audit.roles.first_traces import FirstTraces
from distill.audit.roles.labels import count_column, finish_column, label_column
from distill.audit.roles.roles import NOTHING, ROLES, Roles, TraceColumns
from distill.audit.roles.traces import TraceTexts, is_written_by_model, may_be_trace, trace_texts
from distill.errors import InputError, RecipeError
from distill.prompts.sources.evidence import is_given, is_text
from distill.prompts.sources.first_rows import FirstRows, words
from distill.prompts.sources.forms import form_of, prompt_columns
from distill.prompts.sources.names import ANSWER_KINDS, TESTS, is_answer
from distill.prompts.sources.preset import Preset
from distill.prompts.sources.shapes import reader_of
from distill.rows.parse import REFERENCE_COLUMNS, Row

MAX_WORD = 60
"""Characters of a domain."""
MAX_SOURCE = 200
SYNONYMS = {"answer": "reference", "completion": "trace", "licence": "license"}
"""What `distill prompts` calls it, or people do."""
_ASKED = {"prompt": "prompt", "reference": "answer", "choices": "choices", "tests": "tests"}
"""Role ─▶ column of a prompt row."""


class _Asked(NamedTuple):
    """What reads prompts and references, and what is to be said of it."""

    preset: Preset | None
    notes: tuple[str, ...] = ()


def find_roles(rows: Sequence[Row], mapped: Mapping[str, str], dataset: str) -> Roles:
    """The roles of a dataset's columns, from its first rows; `mapped` is what `--map` says of them.

    Raises InputError where no column can be a trace, where a column that `--map` names is not there, and where several
    columns can be the prompt; RecipeError for a role that there is none of.
    """
    seen, mapped = FirstTraces(rows), {SYNONYMS.get(role, role): column for role, column in mapped.items()}
    _check(seen, mapped, dataset)
    texts = _texts(seen, mapped) or trace_texts(seen)
    if not texts:
        raise InputError(_no_trace(seen, dataset))
    reference = _own_reference(seen) if "reference" not in mapped else None
    asked = _asked(seen, texts, mapped, dataset, has_own=reference is not None)
    return Roles(
        dataset=dataset,
        traces=tuple(_trace(seen, text, mapped) for text in texts),
        asked=asked.preset,
        reference=reference,
        domain=_stated(seen, "domain", names.DOMAINS, mapped, MAX_WORD),
        source=_stated(seen, "source", names.SOURCES, mapped, MAX_SOURCE),
        license=_stated(seen, "license", names.LICENSES, mapped, MAX_SOURCE),
        language=_stated(seen, "language", names.LANGUAGES, mapped, MAX_WORD),
        has_lists=any(seen.has_several(text.text) for text in texts),
        notes=asked.notes,
    )


def _check(seen: FirstTraces, mapped: Mapping[str, str], dataset: str) -> None:
    for role, column in mapped.items():
        if role not in ROLES:
            raise RecipeError(f"--map knows no role {role!r}; there are {', '.join(ROLES)}.")
        parts = column.split("+") if role == "prompt" else [column]
        if column != NOTHING and not seen.rows.has(column) and not all(map(seen.rows.has, parts)):
            raise seen.rows.missing(dataset, column, f"--map {role}={column} names")


def _texts(seen: FirstTraces, mapped: Mapping[str, str]) -> tuple[TraceTexts, ...]:
    """The trace that `--map` names."""
    apart = _given(mapped, "reasoning")
    if "trace" not in mapped:
        found = trace_texts(seen) if apart is not None else ()
        return tuple(TraceTexts(each.text, apart) for each in found[:1])
    return (TraceTexts(mapped["trace"], apart),)


def _trace(seen: FirstTraces, texts: TraceTexts, mapped: Mapping[str, str]) -> TraceColumns:
    found = {
        "label": label_column(seen, texts.text),
        "finish": finish_column(seen, texts.text),
        "num_tokens": count_column(seen, texts.text),
    }
    columns = {role: _given(mapped, role) if role in mapped else column for role, column in found.items()}
    return TraceColumns(texts.text, texts.reasoning, **columns)


def _given(mapped: Mapping[str, str], role: str) -> str | None:
    column = mapped.get(role)
    return None if column == NOTHING else column


def _stated(
    seen: FirstTraces, role: str, known: Sequence[str], mapped: Mapping[str, str], max_chars: int
) -> str | None:
    """The column in which rows say something of themselves in a few words."""
    if role in mapped:
        return _given(mapped, role)
    return next(iter(seen.named(known, lambda value: isinstance(value, str) and len(value) <= max_chars)), None)


def _own_reference(seen: FirstTraces) -> str | None:
    """The struct that datasets of ours carry."""
    values = [value for value in seen.values("reference") if isinstance(value, Mapping)]
    return "reference" if values and all(set(REFERENCE_COLUMNS) >= set(value) for value in values) else None


def _asked(
    seen: FirstTraces, texts: Sequence[TraceTexts], mapped: Mapping[str, str], dataset: str, *, has_own: bool
) -> _Asked:
    """What reads the prompt, and a reference that no model wrote."""
    written = {column for column in seen.columns if column not in mapped.values() and _is_kept_out(seen, column, texts)}
    left = [{name: value for name, value in row.items() if name not in written} for row in seen.rows.rows]
    rows = FirstRows(left)
    rows.columns = [column for column in seen.columns if column not in written]
    columns = {_ASKED[role]: column for role, column in mapped.items() if role in _ASKED and column != NOTHING}
    has_prompt = "prompt" in mapped or prompt_columns(rows) or seen.is_conversation(texts[0].text)
    if columns.keys() - {"prompt"} and (mapped.get("prompt") == NOTHING or not has_prompt):
        raise InputError(_without_prompt(mapped, rows, dataset))
    if "prompt" not in mapped and not prompt_columns(rows):
        if not seen.is_conversation(texts[0].text):
            said = f"no column is the prompt; its columns are {rows.listed()}. Say which is: --map prompt=COLUMN"
            return _Asked(None, (f"{dataset}: {said}",))
        columns["prompt"] = texts[0].text
    if mapped.get("prompt") == NOTHING:
        return _Asked(None)
    if not has_own and columns.keys() <= {"prompt"} and "reference" not in mapped:
        columns |= _beside(rows)
    try:
        form = form_of(rows, columns, dataset)
    except InputError as error:
        if columns.keys() > {"prompt"}:
            raise
        return _Asked(_prompt_alone(rows, columns, dataset), (f"No trace is checked against an answer: {error}",))
    is_reordered = bool(form.preset.choices)  # a letter in the trace is not the place of the option then
    if has_own or mapped.get("reference") == NOTHING or is_reordered:
        return _Asked(_without_reference(form.preset))
    return _Asked(_reading(rows, form.preset))


def _without_prompt(mapped: Mapping[str, str], rows: FirstRows, dataset: str) -> str:
    given = " ".join(f"--map {role}={column}" for role, column in mapped.items() if role in _ASKED and role != "prompt")
    return (
        f"{dataset}: {given} is read beside a prompt, and no column is one; its columns are {rows.listed()}. Say which "
        "is: --map prompt=COLUMN"
    )


def _is_kept_out(seen: FirstTraces, column: str, texts: Sequence[TraceTexts]) -> bool:
    """Columns that a model wrote; of a conversation, what comes before the reply is asked."""
    if seen.is_conversation(column):
        return all(column != text.text for text in texts) and any(map(seen.is_conversation, (t.text for t in texts)))
    if any(f".{role}." in f".{column}." for role in ("assistant", "system")) or words(column)[:1] == ("system",):
        return True
    return is_written_by_model(seen, column, texts)


def _beside(rows: FirstRows) -> dict[str, str]:
    """An answer or tests in a struct about the row, or under a short name, where no column is plainly one."""
    for column in rows.columns:
        is_one = is_answer(words(column)) or "".join(words(column)) in TESTS
        if is_one and "." not in column and any(value is not None for value in rows.values(column)):
            return {}
    for column in rows.columns:
        values = rows.values(column)
        if "".join(words(column)) in TESTS and any(map(reader_of, values)):
            return {"tests": column}
        if _is_sure(words(column)) and any(map(is_given, values)) and not any(isinstance(v, Mapping) for v in values):
            return {"answer": column}
    return {}


def _is_sure(found: tuple[str, ...]) -> bool:
    is_kind = is_answer(found) and (found[0] in ANSWER_KINDS or found[:2] == ("ground", "truth"))
    return is_kind or found == ("gt",)


def _prompt_alone(rows: FirstRows, columns: Mapping[str, str], dataset: str) -> Preset:
    """The form of the prompt, as if nothing stood beside it. Raises InputError where the prompt is in doubt."""
    asked = [columns["prompt"]] if "prompt" in columns else prompt_columns(rows)
    kept = {name for column in asked for name in (column, *column.split("+"), column.partition(".")[0])}
    alone = FirstRows([{name: value for name, value in row.items() if name in kept} for row in rows.rows])
    alone.columns = [column for column in rows.columns if column in kept]
    return _without_reference(form_of(alone, columns, dataset).preset)


def _reading(rows: FirstRows, preset: Preset) -> Preset:
    """Without columns that are not there, or say nothing of what is asked and what is right."""
    named = {column: source for column, source in preset.columns.items() if column in ("prompt", *REFERENCE_COLUMNS)}
    kept = {column: source for column, source in named.items() if column == "prompt" or _is_there(rows, source)}
    return preset.model_copy(update={"columns": kept})


def _is_there(rows: FirstRows, source: str | tuple[str, ...]) -> bool:
    return not isinstance(source, str) or rows.has(source)


def _without_reference(preset: Preset) -> Preset:
    asked = {"prompt": preset.columns["prompt"]}
    return preset.model_copy(update={"columns": asked, "tests": None, "constraints": None, "choices": ()})


def _no_trace(seen: FirstTraces, dataset: str) -> str:
    texts = [column for column in seen.columns if any(map(is_text, seen.values(column))) and may_be_trace(seen, column)]
    longest = max(texts, key=seen.num_chars, default="COLUMN")
    return (
        f"{dataset} has no column that is a trace, by its name or by its texts; its columns are {seen.rows.listed()}. "
        f"Say which is, and which is the prompt: --map trace={shlex.quote(longest)} --map prompt=COLUMN"
    )
