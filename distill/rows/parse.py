"""Rows that users bring, as plain dictionaries ─▶ records. Pure: files are read by `distill.rows.read`."""

import json
import math
import re
from collections.abc import Container, Mapping, Sequence
from typing import TypeVar, get_args

from pydantic import ValidationError

from distill.errors import InputError
from distill.records import Message, Prompt, content_id
from distill.references import (
    Answer,
    AssertTests,
    CallCase,
    Choice,
    Constraints,
    Domain,
    FunctionTests,
    Record,
    Reference,
    Scorer,
    StdinCase,
    StdinTests,
    UnitTests,
    domain_for,
)
from distill.rows.language_names import language_code
from distill.rows.license_names import license_id

Row = Mapping[str, object]
_LETTER_OR_PLACE = re.compile(r"\(?([A-Za-z])\)?\.?|(\d{1,3})")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Of the options of a question, in their order."""
R = TypeVar("R", bound=Record)

PROMPT_COLUMNS = (
    "id", "prompt", "domain", "answer", "choices", "tests", "constraints", "scorer", "source", "license", "language",
    "pass_rate", "num_pilot_samples",
)  # fmt: skip
REFERENCE_COLUMNS = ("answer", "choices", "tests", "constraints", "scorer")
DOMAINS: tuple[Domain, ...] = get_args(Domain)


def parse_prompt(row: Row) -> Prompt:
    """Make a prompt of a row; columns that it does not know are left alone.

    Raises InputError, which names the column and what stood there.
    """
    if row.get("prompt") is None:
        raise InputError(f"it has no `prompt` column; its columns are {', '.join(map(str, row)) or 'none'}")
    return _prompt(row, _messages(row["prompt"]))


def parse_completion(row: Row) -> tuple[Prompt, str]:
    """Make a prompt and the text to verify of a completion row. Here the prompt's own text may be missing.

    Raises InputError, which names the column and what stood there.
    """
    completion = row.get("completion")
    if not isinstance(completion, str):
        raise InputError(f"`completion` should be text, but is {_shown(completion)}")
    prompt = row.get("prompt")
    messages = (Message(role="user", content=""),) if prompt is None else _messages(prompt)
    return _prompt(row, messages), completion


def parse_reference(row: Row) -> Reference | None:
    """Make the reference that a row carries: tests, a scorer, choices, constraints or an answer; None without any."""
    answer, choices, scorer = row.get("answer"), row.get("choices"), _decoded(row, "scorer")
    tests, constraints = _decoded(row, "tests"), _decoded(row, "constraints")
    if tests is not None:
        if not isinstance(tests, Mapping):
            raise InputError(f"`tests` should be an object, but is {_shown(tests)}")
        return _tests({"dialect": row.get("dialect"), **_given(tests)})
    if scorer is not None:
        return _validated(Scorer, scorer, "scorer")
    if choices is not None:
        if answer is None:
            raise InputError("it has `choices` but no `answer` that says which of them is right")
        return _validated(Choice, {"answer": _short(answer), "choices": choices}, "choices")
    if constraints is not None:
        rules = [_given(rule) if isinstance(rule, Mapping) else rule for rule in _list(constraints)]
        return _validated(Constraints, {"rules": rules}, "constraints")
    return None if answer is None else Answer(value=_short(answer))


def reference_columns(reference: Reference | None) -> dict[str, object]:
    """The columns that carry a reference, of which `parse_reference` makes it again."""
    match reference:
        case None:
            return {}
        case Answer(value=value):
            return {"answer": value}
        case Choice(answer=answer, choices=choices):
            return {"answer": answer, "choices": list(choices)}
        case Constraints(rules=rules):
            return {"constraints": list(rules)}
        case Scorer():
            return {"scorer": reference.model_dump(mode="json")}
        case tests:
            return {"tests": _given(tests.model_dump(mode="json"))}


def _list(constraints: object) -> list[object]:
    if isinstance(constraints, list | tuple):
        return list(constraints)
    raise InputError(f"`constraints` should be a list, but is {_shown(constraints)}")


def _tests(tests: Mapping[str, object]) -> UnitTests:
    """The tests of a row. In Parquet every row has every field, empty where it is not meant: those are left out."""
    given = _given(tests)
    if "code" in given:
        return _validated(AssertTests, given, "tests")
    if "function" in given:
        return _validated(FunctionTests, given | _cases(given, CallCase), "tests")
    return _validated(StdinTests, given | _cases(given, StdinCase), "tests")


def _cases(tests: Mapping[str, object], kind: type[StdinCase | CallCase]) -> dict[str, object]:
    """The cases without empty fields of the other kind; an empty `expected` of a call is a value."""
    cases = tests.get("cases")
    if not isinstance(cases, list | tuple):
        return {}
    return {"cases": [_given(case, kind.model_fields) if isinstance(case, Mapping) else case for case in cases]}


def _given(fields: Mapping[str, object], kept: Container[str] = ()) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None or name in kept}


def _prompt(row: Row, messages: tuple[Message, ...]) -> Prompt:
    reference = parse_reference(row)
    domain = row.get("domain") or domain_for(reference)
    if domain not in DOMAINS:
        raise InputError(f"`domain` should be one of {', '.join(DOMAINS)}, but is {_shown(domain)}")
    return Prompt(
        id=_text(row, "id") or content_id(messages, reference),
        messages=messages,
        domain=domain,
        reference=reference,
        source=_text(row, "source"),
        license=_license(row),
        language=_language(row),
        pass_rate=pass_rate(row),
        num_pilot_samples=_count(row.get("num_pilot_samples")),
    )


def pass_rate(row: Row) -> float | None:
    """The share of 0 to 1 that a row states of its prompt, as a number or its text; None for anything else.

    Other data sets have other things under this name, which make no row a bad one.
    """
    try:
        share = float(str(stated_rate(row)))
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def stated_rate(row: Row) -> object:
    """Whatever a row has as the pass rate of its prompt.

    A row of a dataset has two, and `pass_rate` is biased where the policy stopped early: that of the probes goes first.
    """
    probed = row.get("probe_pass_rate")
    return row.get("pass_rate") if probed is None else probed


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _messages(prompt: object) -> tuple[Message, ...]:
    if isinstance(prompt, str):
        return (Message(role="user", content=prompt),)
    if not isinstance(prompt, list | tuple) or not prompt:
        raise InputError(f"`prompt` should be text or a list of {{role, content}}, but is {_shown(prompt)}")
    return tuple(_validated(Message, message, "prompt") for message in prompt)


def _short(answer: object) -> str:
    """A short answer as text; numbers may be written bare in JSON."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, float) and not math.isfinite(answer):
        raise InputError(f"`answer` should be text or a number, but is {answer}")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return str(answer)
    raise InputError(f"`answer` should be text or a number, but is {_shown(answer)}")


def _text(row: Row, column: str) -> str | None:
    value = row.get(column)
    if value is None or isinstance(value, str):
        return value or None
    if column == "id" and isinstance(value, int):
        return str(value)
    raise InputError(f"`{column}` should be text, but is {_shown(value)}")


def _license(row: Row) -> str | None:
    """The licence that a row states; several, as files of a repository may have, stand side by side."""
    return ", ".join(dict.fromkeys(filter(None, map(license_id, _texts(row, "license"))))) or None


def _language(row: Row) -> str | None:
    """The language that a row states; None where it states several, or one of programming."""
    found = set(filter(None, map(language_code, _texts(row, "language"))))
    return found.pop() if len(found) == 1 else None


def _texts(row: Row, column: str) -> list[str]:
    value = row.get(column)
    values = list(value) if isinstance(value, list | tuple) else [value]
    texts = [each for each in values if isinstance(each, str)]
    if len(texts) < sum(each is not None for each in values):
        raise InputError(f"`{column}` should be text, but is {_shown(value)}")
    return texts


def _decoded(row: Row, column: str) -> object:
    """A column that holds an object, or, in Parquet, JSON text of one."""
    value = row.get(column)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise InputError(f"`{column}` should be an object or JSON text, but is {_shown(value)}") from None


def _validated(kind: type[R], value: object, column: str) -> R:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in (column, *first["loc"]))
        raise InputError(f"`{place}`: {first['msg']}, but found {_shown(first['input'])}") from None


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def right_option(answer: object, options: Sequence[str]) -> int | None:
    """The zero-based place of the option that an answer names: by its text, else its letter, else its place.

    None where it names no option, as the label -1 of hidden answers does, or where several options have its text.

    >>> right_option("(b)", ["red", "blue"]), right_option("blue", ["red", "blue"]), right_option(-1, ["red", "blue"])
    (1, 1, None)
    """
    place = int(answer) if isinstance(answer, int) else None
    if isinstance(answer, str):
        text = answer.strip()
        same = [number for number, option in enumerate(options) if option.strip() == text]
        if same:
            return same[0] if len(same) == 1 else None
        if named := _LETTER_OR_PLACE.fullmatch(text):
            place = LETTERS.index(named[1].upper()) if named[1] else int(named[2])
    return place if place is not None and 0 <= place < len(options) else None


def option_name(place: int) -> str:
    """The letter of the option at a zero-based place; behind Z the place itself, which a reference may name as well."""
    return LETTERS[place] if place < len(LETTERS) else str(place)
