"""Which form rows have that no preset was named for, found from the first of them ─▶ the preset that reads it.

prompt rows · verl rows · messages · conversations (sharegpt) · instructions (alpaca) · questions with answers, options or
tests under the names that people use. What cannot be told is refused with the `--map` that tells it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from distill.errors import InputError
from distill.prompts.final_answer import is_answer as is_bare_answer
from distill.prompts.options import inline_options
from distill.prompts.sources import names
from distill.prompts.sources.evidence import are_options, is_asked, is_given, is_passage, is_same, is_text, offered
from distill.prompts.sources.first_rows import FirstRows, words
from distill.prompts.sources.preset import Preset, RowShape, reach
from distill.prompts.sources.shapes import reader_of
from distill.references import Domain
from distill.rows.parse import PROMPT_COLUMNS

ABILITIES: dict[str, Domain] = {
    "math": "math", "code": "code", "coding": "code", "logic": "logic", "puzzle": "logic", "stem": "stem",
    "science": "stem", "general": "general",
}  # fmt: skip
"""What the values of verl's column `ability` mean."""
MAX_NAME_CHARS = 40
"""A longer name of a column is a text."""
SAID = ("prompt", "domain", "answer", "choices", "tests", "constraints", "scorer")
"""Of what it is said which columns they are."""
Columns = dict[str, str | tuple[str, ...]]


class Form(NamedTuple):
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
        is_new = self.name == "prompts"
        pairs = [
            f"{column} ← {source if isinstance(source, str) else ' + '.join(source)}"
            for column, source in columns.items()
            if column in SAID and not (is_new and column == source != "prompt")
        ]
        return f"{self.name}: {', '.join(pairs)}"


def form_of(rows: FirstRows, mapped: Mapping[str, str], name: str) -> Form:
    """The form of a source's first rows; `mapped` is what `--map` says of them, `name` what errors call them.

    Raises InputError where no column can be the problem, where several can, and where answers contradict each other.
    """
    prompt = mapped["prompt"] if "prompt" in mapped else _prompt(rows, name)
    columns: Columns = {"prompt": prompt, **mapped}
    kind = _kind(rows, prompt)
    if kind == "verl rows":
        columns = {"prompt": prompt, **_verl_columns(rows), **mapped}
    elif prompt == "prompt":
        held = {column: column for column in PROMPT_COLUMNS if any(value is not None for value in rows.values(column))}
        columns = {**held, **mapped}
    preset = _with_tests(rows, Preset(columns=columns, needs_reference=False))
    preset = _with_options(rows, preset, name)
    preset = _with_answer(rows, _without_structs(rows, preset, mapped, name), name)
    if "prompt" not in mapped and kind not in ("verl rows", "messages", "conversations"):
        preset = _with_what_it_is_about(rows, preset)
    if kind == "prompt rows":  # whose further rows may have what the first ones lack
        own = {column: column for column in PROMPT_COLUMNS if column != "tests" or preset.tests is None}
        preset = _changed(preset, columns={**own, **preset.columns})
    return Form(_named(kind, preset), preset, tuple(_notes(rows, columns, preset, kind)))


def _prompt(rows: FirstRows, name: str) -> str:
    """The column that holds the problem. Raises InputError where none can, or several can that differ."""
    tiers = (
        rows.named(lambda found: found == ("prompt",), is_asked),
        rows.named(names.is_problem, is_text),
        rows.named(names.is_kind_of_problem, is_text),
        rows.named(lambda found: found[-1:] != () and "".join(found) in names.CONVERSATIONS, is_asked),
        rows.named(lambda found: found == ("instruction",), is_text),
        rows.named(lambda found: "".join(found) in names.TEXTS, is_text),
    )
    found = next(filter(None, tiers), [])
    if not found:
        raise InputError(_no_prompt(rows, name))
    if len(found) > 1 and any(rows.values(other) != rows.values(found[0]) for other in found[1:]):
        raise InputError(
            f"{name} has its problems in {_either(found)}, which differ; say which: --map prompt={_quoted(found[0])}"
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


def _verl_columns(rows: FirstRows) -> Columns:
    found = {"answer": "reward_model.ground_truth", "source": "data_source", "domain": "ability"}
    found |= {column: column for column in ("id", "license", "language")}
    return {column: source for column, source in found.items() if rows.has(source)}


def _with_tests(rows: FirstRows, preset: Preset) -> Preset:
    """Tests as they stand in a column of that name, or in verl's `ground_truth`, by the reader for their shape."""
    named = [source for column in ("tests", "answer") if isinstance(source := preset.columns.get(column), str)]
    for column in named or rows.named(lambda found: "".join(found) in names.TESTS, lambda value: value is not None):
        reader = next(filter(None, map(reader_of, rows.values(column))), None)
        if reader is None:
            continue
        left = {known: source for known, source in preset.columns.items() if source != column}
        values = {"cases": column}
        if reader == "asserts" and rows.has("entry_point"):
            reader, values = "check", {"code": column, "entry_point": "entry_point"}
        elif reader == "asserts" and rows.has("test_setup_code"):
            values["setup"] = "test_setup_code"
        return _changed(preset, columns=left, tests=RowShape(reader=reader, columns=values))
    return preset


def _with_options(rows: FirstRows, preset: Preset, name: str) -> Preset:
    """Options in one column, or in a column each."""
    if "choices" in preset.columns or preset.tests is not None:
        return preset
    found = rows.named(lambda found: "".join(found) in names.OPTIONS, are_options)
    if len(found) > 1:
        raise InputError(f"{name} has its options in {_either(found)}; say which: --map choices={_quoted(found[0])}")
    if found:
        return _changed(preset, columns={**preset.columns, "choices": found[0]})
    lettered = {label: column for column in rows.columns if (label := names.option_label(words(column)))}
    labels = "".join(sorted(lettered))
    if len(labels) > 1 and labels in (
        "ABCDEFGHIJ"[: len(labels)],
        "0123456789"[: len(labels)],
        "123456789"[: len(labels)],
    ):
        return _changed(preset, columns={**preset.columns, "choices": tuple(lettered[label] for label in labels)})
    wrong = [column for column in rows.columns if names.is_wrong_option(words(column))]
    right = rows.named(lambda found: found == ("correct", "answer"), is_text)
    if wrong and len(right) == 1 and "answer" not in preset.columns:
        return _changed(preset, choices=(right[0], *wrong))
    return preset


def _with_answer(rows: FirstRows, preset: Preset, name: str) -> Preset:
    """The column of final answers; else of solutions or replies, of which only what they mark as an answer counts."""
    if "answer" in preset.columns or preset.choices or preset.tests is not None or _is_refereed(preset):
        return preset
    used = set(preset.columns.values())
    is_offered = "choices" in preset.columns or _are_inline(rows, preset)
    found = [column for column in rows.named(names.is_answer, is_given)
             if column not in used and (is_offered or "".join(words(column)) not in names.LABELS)]  # fmt: skip
    if found:
        return _changed(preset, columns={**preset.columns, "answer": _agreed(rows, preset, found, name)})
    solutions = rows.named(names.is_solution, is_given)
    replies = rows.named(lambda found: "".join(found) in names.REPLIES, is_text)
    for column in (*solutions, *replies):
        texts = [value for value in rows.values(column) if value is not None]
        num_short = sum(not isinstance(text, str) or is_bare_answer(text) for text in texts)
        if num_short:
            is_reply = column in replies or 2 * num_short < len(texts)
            return _changed(preset, columns={**preset.columns, "answer": column}, is_reply=is_reply)
    return preset


def _agreed(rows: FirstRows, preset: Preset, found: list[str], name: str) -> str:
    """The column of several that holds most answers. Raises InputError where two of them contradict each other."""
    values = {column: rows.values(column) for column in found}
    for number, row in enumerate(rows.rows):
        given = [(column, answers[number]) for column, answers in values.items() if is_given(answers[number])]
        options = offered(reach(row, str(preset.columns.get("choices"))), reach(row, str(preset.columns["prompt"])))
        for column, answer in given[1:]:
            if not is_same(given[0][1], answer, options):
                raise InputError(
                    f"{name} has its answers in {_either([given[0][0], column])}, which differ ({given[0][1]!r:.30} and "
                    f"{answer!r:.30} in row {number + 1}); say which: --map answer={_quoted(column)}"
                )
    return max(found, key=lambda column: sum(map(is_given, values[column])))


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
    return _changed(preset, columns=columns)


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
    return _changed(preset, columns={known: source for known, source in preset.columns.items() if known != "answer"})


def _struct(rows: FirstRows, column: object) -> Mapping[str, object] | None:
    """The first object in a column that holds nothing else."""
    values = [value for value in rows.values(column) if value is not None] if isinstance(column, str) else []
    return values[0] if values and all(isinstance(value, Mapping) for value in values) else None  # type: ignore[return-value]


def _struct_note(column: str, found: Mapping[str, object]) -> str:
    return (
        f"`{column}` holds objects ({', '.join(map(str, found))}), which no verifier compares; name the value that is the "
        f"answer, as --map answer={column}.{next(iter(found))}"
    )


def _notes(rows: FirstRows, columns: Columns, preset: Preset, kind: str) -> Iterator[str]:
    """What the user should know beside which columns were taken."""
    answer = columns.get("answer")
    found = _struct(rows, answer)
    if found is not None and preset.tests is None:
        yield f"{_struct_note(str(answer), found)}."
    if preset.is_reply:
        yield f"`{preset.columns['answer']}` holds replies or solutions: those that are, or mark, a final answer are references."
    if kind in ("messages", "conversations") and "answer" not in preset.columns and not preset.tests:
        yield "replies in it are no verified references."


def _is_refereed(preset: Preset) -> bool:
    return not preset.columns.keys().isdisjoint(("answer", "tests", "constraints", "scorer"))


def _are_inline(rows: FirstRows, preset: Preset) -> bool:
    """Whether most questions show options."""
    texts = [text for text in rows.values(str(preset.columns["prompt"])) if isinstance(text, str)]
    return 2 * sum(inline_options(text) is not None for text in texts) > len(texts)


def _no_prompt(rows: FirstRows, name: str) -> str:
    if any(len(column) > MAX_NAME_CHARS for column in rows.columns):
        return f"{name} seems to have a row where the names of its columns belong: {rows.listed():.200}. Put them above it."
    texts = [column for column in rows.columns if any(map(is_asked, rows.values(column)))]
    longest = max(texts, key=lambda column: sum(len(str(value)) for value in rows.values(column)), default="COLUMN")
    return (
        f"{name} has no column that is a problem by its name; its columns are {rows.listed()}. Say which is, and which is "
        f"the answer: --map prompt={_quoted(longest)} --map answer=COLUMN"
    )


def _either(columns: Sequence[str]) -> str:
    return " or ".join(f"`{column}`" for column in columns)


def _quoted(column: str) -> str:
    return f"'{column}'" if " " in column else column


def _changed(preset: Preset, **fields: object) -> Preset:
    return preset.model_copy(update=fields)
