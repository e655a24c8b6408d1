"""Which form rows have that no preset was named for, found from the first of them ─▶ the preset that reads it.

prompt rows · verl rows · messages · conversations (sharegpt) · instructions (alpaca) · questions with answers, options
or tests under the names that people use. What cannot be told is refused with the `--map` that tells it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from distill.errors import InputError
from distill.prompts.sources import names
from distill.prompts.sources.evidence import are_options, are_turns, is_asked, is_given, is_passage, is_text
from distill.prompts.sources.first_rows import FirstRows, words
from distill.prompts.sources.preset import Preset
from distill.prompts.sources.reference_columns import changed, either, option, with_answer, with_options, with_tests
from distill.references import Domain
from distill.rows.parse import DOMAINS, PROMPT_COLUMNS

ABILITIES: dict[str, Domain] = {
    "math": "math", "code": "code", "coding": "code", "logic": "logic", "puzzle": "logic", "stem": "stem",
    "science": "stem", "general": "general",
}  # fmt: skip
"""What the values of verl's column `ability` mean."""
MAX_NAME_CHARS = 40
"""A longer name of a column is a text."""
SAID = ("prompt", "domain", "answer", "choices", "tests", "constraints", "scorer")
"""Of what it is said which columns they are."""
FOUND = ("answer", "choices")
"""Columns for which other names are looked at as well."""
FITS: dict[str, Callable[[object], bool]] = {
    "id": lambda value: isinstance(value, str | int) and not isinstance(value, bool),
    "domain": lambda value: value in DOMAINS,
    "answer": is_given,
    "choices": are_options,
    "tests": lambda value: isinstance(value, str | Mapping),
    "constraints": lambda value: isinstance(value, str | list | tuple),
    "scorer": lambda value: isinstance(value, str | Mapping),
    **dict.fromkeys(("source", "license", "language"), is_text),
}
"""What the columns of prompt rows hold."""
Columns = dict[str, str | tuple[str, ...]]


class FoundForm(NamedTuple):
    """How rows are written."""

    name: str
    preset: Preset
    notes: tuple[str, ...] = ()
    """What the user should know of it, a sentence each."""

    @property
    def is_own(self) -> bool:
        """Whether these are prompt rows, which need no mapping."""
        return self.name == "prompt rows"

    def said(self) -> str:
        """`verl rows: prompt ← prompt, answer ← reward_model.ground_truth`."""
        columns = dict(self.preset.columns)
        if self.preset.tests is not None:
            columns["tests"] = next(iter(self.preset.tests.columns.values()))
        if self.preset.choices:
            columns["choices"] = self.preset.choices
        pairs = [
            f"{column} ← {source if isinstance(source, str) else ' + '.join(source)}"
            for column in SAID
            if (source := columns.get(column)) and (column == "prompt" or self.name != "prompts" or column != source)
        ]
        return f"{self.name}: {', '.join(pairs)}"


def form_of(rows: FirstRows, mapped: Mapping[str, str], name: str) -> FoundForm:
    """The form of a source's first rows; `mapped` is what `--map` says of them, `name` what errors call them.

    Raises InputError where no column can be the problem, where several can, and where answers contradict each other.
    """
    prompt = mapped["prompt"] if "prompt" in mapped else _prompt(rows, name)
    joined = _parts(rows, prompt)
    columns: Columns = {**mapped, "prompt": prompt if joined is None else joined}
    kind = _kind(rows, prompt)
    columns = {**_own_columns(rows, kind), **(_verl_columns(rows) if kind == "verl rows" else {}), **columns}
    domains = ABILITIES if columns.get("domain") == "ability" else None
    preset = with_tests(rows, Preset(columns=columns, domains=domains, needs_reference=False))
    preset = with_options(rows, preset, name)
    preset = _without_structs(rows, preset, mapped, name)
    if kind != "verl rows":
        preset = with_answer(rows, preset, name)
    about = preset
    if kind in ("questions", "instructions") and joined is None:
        about = _with_what_it_is_about(rows, preset)
    preset, left_out = (preset, about.columns["prompt"]) if "prompt" in mapped else (about, None)
    if kind == "prompt rows":  # whose further rows may have what the first ones lack
        own = {column: column for column in PROMPT_COLUMNS if column != "tests" or preset.tests is None}
        preset = changed(preset, columns={**own, **preset.columns})
    return FoundForm(_named(kind, preset), preset, tuple(_notes(rows, columns, preset, kind, left_out)))


def prompt_columns(rows: FirstRows) -> list[str]:
    """The columns that can hold the problem, by the best of the names that are there; none where no name is one's."""
    tiers = (
        rows.named(lambda found: found == ("prompt",), is_asked),
        rows.named(names.is_problem, is_text),
        rows.named(names.is_kind_of_problem, is_text),
        rows.named(lambda found: found[-1:] != () and "".join(found) in names.CONVERSATIONS, is_asked),
        rows.named(lambda found: found == ("instruction",), is_text),
        rows.named(lambda found: "".join(found) in names.TEXTS, lambda value: is_text(value) or are_turns(value)),
    )
    return next(filter(None, tiers), ["prompt"] if rows.has("prompt") else [])


def _prompt(rows: FirstRows, name: str) -> str:
    """The column that holds the problem. Raises InputError where none can, or several can that differ."""
    found = prompt_columns(rows)
    if not found:
        raise InputError(_no_prompt(rows, name))
    if len(found) > 1 and any(rows.values(other) != rows.values(found[0]) for other in found[1:]):
        raise InputError(
            f"{name} has its problems in {either(found)}, which differ; say which: --map {option('prompt', found[0])}"
        )
    return found[0]


def _kind(rows: FirstRows, prompt: str) -> str:
    """What rows with such a prompt are called, as far as the prompt's column says it."""
    if prompt == "prompt":
        is_verl = any(isinstance(value, Mapping) for value in rows.values("reward_model")) or rows.has("data_source")
        return "verl rows" if is_verl else "prompt rows"
    first = next((value for value in rows.values(prompt) if value is not None), None)
    if isinstance(first, list | tuple):
        is_sharegpt = any(isinstance(turn, Mapping) and "from" in turn for turn in first)
        return "conversations" if is_sharegpt else "messages"
    return "instructions" if prompt.rpartition(".")[2].lower() == "instruction" else "questions"


def _own_columns(rows: FirstRows, kind: str) -> Columns:
    """The columns that are called as those of prompt rows, and hold what belongs there."""
    fits = {column: is_fit for column, is_fit in FITS.items() if kind == "prompt rows" or column not in FOUND}
    return {column: column for column, is_fit in fits.items() if any(map(is_fit, rows.values(column)))}


def _verl_columns(rows: FirstRows) -> Columns:
    found = {"answer": "reward_model.ground_truth", "source": "data_source", "domain": "ability"}
    return {column: source for column, source in found.items() if rows.has(source)}


def _with_what_it_is_about(rows: FirstRows, preset: Preset) -> Preset:
    """The passage above a question, the input below an instruction, the code that a program begins with; and its id."""
    prompt, used = str(preset.columns["prompt"]), set(preset.columns.values())
    above = rows.named(lambda found: "".join(found) in names.PASSAGES, is_passage)
    below: list[str] = []
    if words(prompt)[-1:] == ("instruction",):
        below = [column for column in ("input", "instances.0.input") if any(map(is_text, rows.values(column)))][:1]
    if preset.tests is not None:
        below += rows.named(lambda found: found == ("starter", "code"), is_text)
    parts = [*(column for column in above if column not in used), prompt, *below]
    columns: Columns = {**preset.columns, "prompt": tuple(parts) if len(parts) > 1 else prompt}
    ids = rows.named(lambda found: "".join(found) in names.IDS, lambda value: isinstance(value, str))
    if "id" not in columns and ids and len(set(map(str, rows.values(ids[0])))) == len(rows.rows):
        columns["id"] = ids[0]
    return changed(preset, columns=columns)


def _named(kind: str, preset: Preset) -> str:
    is_own = all(source == column for column, source in preset.columns.items()) and preset.tests is None
    if kind == "prompt rows":
        return kind if is_own and not preset.is_reply else "prompts"
    if kind == "questions":
        with_options = " with options" if "choices" in preset.columns or preset.choices else ""
        return f"questions{' with tests' if preset.tests else with_options}"
    return kind


def _without_structs(rows: FirstRows, preset: Preset, mapped: Mapping[str, str], name: str) -> Preset:
    """Objects are no answers. Raises InputError where `--map` names some."""
    column = preset.columns.get("answer")
    found = _struct(rows, column)
    if found is None:
        return preset
    if "answer" in mapped:
        raise InputError(f"{name}: {_struct_note(str(column), found)}")
    return changed(preset, columns={known: source for known, source in preset.columns.items() if known != "answer"})


def _struct(rows: FirstRows, column: object) -> Mapping[str, object] | None:
    """The first object in a column that holds nothing else."""
    values = [value for value in rows.values(column) if value is not None] if isinstance(column, str) else []
    structs = [value for value in values if isinstance(value, Mapping)]
    return structs[0] if structs and len(structs) == len(values) else None


def _struct_note(column: str, found: Mapping[str, object]) -> str:
    return (
        f"`{column}` holds objects ({', '.join(map(str, found))}), which no verifier compares; name the value that is "
        f"the answer, as --map answer={column}.{next(iter(found))}"
    )


def _parts(rows: FirstRows, mapped: str) -> tuple[str, ...] | None:
    """The columns of `--map prompt=passage+question`."""
    parts = tuple(mapped.split("+"))
    return parts if len(parts) > 1 and not rows.has(mapped) and all(map(rows.has, parts)) else None


def _notes(
    rows: FirstRows, columns: Columns, preset: Preset, kind: str, whole: str | tuple[str, ...] | None
) -> Iterator[str]:
    """What the user should know beside which columns were taken."""
    if isinstance(whole, tuple):
        both = option("prompt", "+".join(whole))
        yield f"it has {' and '.join(whole)}, of which --map takes one; both are asked with --map {both}"
    answer = columns.get("answer")
    found = _struct(rows, answer)
    if found is not None and preset.tests is None:
        yield f"{_struct_note(str(answer), found)}."
    if preset.is_reply:
        yield f"of `{preset.columns['answer']}` only what is a final answer, or marks one, is a reference."
    if kind in ("messages", "conversations") and "answer" not in preset.columns and not preset.tests:
        yield "replies in it are no verified references."


def _no_prompt(rows: FirstRows, name: str) -> str:
    if any(len(column) > MAX_NAME_CHARS for column in rows.columns):
        return f"{name} seems to have a row where the names of its columns belong: {rows.listed():.200}. Add the names."
    texts = [column for column in rows.columns if any(map(is_asked, rows.values(column)))]
    longest = max(texts, key=lambda column: sum(len(str(value)) for value in rows.values(column)), default="COLUMN")
    return (
        f"{name} has no column that is a problem by its name; its columns are {rows.listed()}. Say which is, and which "
        f"is the answer: --map {option('prompt', longest)} --map answer=COLUMN"
    )
