"""Where the first rows of a source have their references: tests, options, answers ─▶ the preset that reads them."""

import shlex
from collections.abc import Sequence

from distill.errors import InputError
from distill.prompts.final_answer import is_answer as is_bare_answer
from distill.prompts.final_answer import read_answer
from distill.prompts.sources import names
from distill.prompts.sources.evidence import are_options, is_given, is_same, is_text, offered
from distill.prompts.sources.first_rows import FirstRows, words
from distill.prompts.sources.preset import Preset, RowShape
from distill.prompts.sources.shapes import reader_of


def with_tests(rows: FirstRows, preset: Preset) -> Preset:
    """Tests as they stand in a column of that name, or in verl's `ground_truth`, by the reader for their shape."""
    named = [source for source in (preset.columns.get("tests"),) if isinstance(source, str)]
    named += [source for source in (preset.columns.get("answer"),) if source == "reward_model.ground_truth"]
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
        return changed(preset, columns=left, tests=RowShape(reader=reader, columns=values))
    return preset


def with_options(rows: FirstRows, preset: Preset, name: str) -> Preset:
    """Options in one column, or in a column each."""
    if "choices" in preset.columns or preset.tests is not None:
        return preset
    found = rows.named(lambda found: "".join(found) in names.OPTIONS, are_options)
    if len(found) > 1:
        raise InputError(f"{name} has its options in {either(found)}; say which: --map {option('choices', found[0])}")
    if found:
        return changed(preset, columns={**preset.columns, "choices": found[0]})
    lettered = {label: column for column in rows.columns if (label := names.option_label(words(column)))}
    labels = "".join(sorted(lettered))
    if len(labels) > 1 and labels in (
        "ABCDEFGHIJ"[: len(labels)],
        "0123456789"[: len(labels)],
        "123456789"[: len(labels)],
    ):
        return changed(preset, columns={**preset.columns, "choices": tuple(lettered[label] for label in labels)})
    wrong = [column for column in rows.columns if names.is_wrong_option(words(column))]
    right = rows.named(lambda found: found == ("correct", "answer"), is_text)
    if wrong and len(right) == 1 and "answer" not in preset.columns:
        return changed(preset, choices=(right[0], *wrong))
    return preset


def with_answer(rows: FirstRows, preset: Preset, name: str) -> Preset:
    """The column of final answers; else of solutions or replies, of which only what they mark as an answer counts."""
    if "answer" in preset.columns or preset.choices or preset.tests is not None or _is_refereed(preset):
        return preset
    used = set(preset.columns.values())
    named = [column for column in rows.named(names.is_answer, is_given) if column not in used]
    found = [column for column in named
             if "".join(words(column)) not in names.LABELS or _names_options(rows, preset, column)]  # fmt: skip
    if found:
        return changed(preset, columns={**preset.columns, "answer": _agreed(rows, preset, found, name)})
    solutions = rows.named(names.is_solution, is_given)
    replies = rows.named(lambda found: "".join(found) in names.REPLIES, is_text)
    for column in (*solutions, *replies):
        texts = [value for value in rows.values(column) if value is not None]
        num_short = sum(map(is_bare_answer, texts))
        if num_short:
            is_reply = column in replies or 2 * num_short < len(texts)
            return changed(preset, columns={**preset.columns, "answer": column}, is_reply=is_reply)
    return preset


def _agreed(rows: FirstRows, preset: Preset, found: list[str], name: str) -> str:
    """The column of several that holds most answers. Raises InputError where two of them contradict each other."""
    values = {column: rows.values(column) for column in found}
    for number, row in enumerate(rows.rows):
        given = [(column, answers[number]) for column, answers in values.items() if is_given(answers[number])]
        options = offered(preset.value(row, "choices"), preset.value(row, "prompt"))
        for column, answer in given[1:]:
            if not is_same(given[0][1], answer, options):
                raise InputError(
                    f"{name} has its answers in {either([given[0][0], column])}, which differ ({given[0][1]!r:.30} and "
                    f"{answer!r:.30} in row {number + 1}); say which: --map {option('answer', column)}"
                )
    return max(found, key=lambda column: sum(map(is_given, values[column])))


def _is_refereed(preset: Preset) -> bool:
    return not preset.columns.keys().isdisjoint(("answer", "tests", "constraints", "scorer"))


def _names_options(rows: FirstRows, preset: Preset, column: str) -> bool:
    """Whether most values of a column name one of the options that their rows offer."""
    num_named = num_given = 0
    for row, value in zip(rows.rows, rows.values(column), strict=True):
        options = offered(preset.value(row, "choices"), preset.value(row, "prompt"))
        if is_given(value):
            num_given += 1
            num_named += options is not None and options.place(read_answer(value)) is not None
    return 2 * num_named > num_given


def either(columns: Sequence[str]) -> str:
    """Columns for a message: `a` or `b`."""
    return " or ".join(f"`{column}`" for column in columns)


def option(column: str, source: str) -> str:
    """`answer='Short Answer'`, as a shell reads it."""
    return f"{column}={shlex.quote(source)}"


def changed(preset: Preset, **fields: object) -> Preset:
    """A preset with other values."""
    return preset.model_copy(update=fields)
