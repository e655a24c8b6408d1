"""Which columns hold the traces of a dataset, found by names and by what stands there.

Texts that mark their reasoning come first, then a reasoning and what follows it in two columns, then replies by their
name, then conversations, then a solution of which nobody says who wrote it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from distill.audit.roles import names
from distill.audit.roles.first_traces import FirstTraces
from distill.prompts.sources.first_rows import words
from distill.prompts.sources.names import is_kind_of_problem, is_problem

MIN_PROSE = 80
"""Characters; a text that is shorter on average is an answer alone."""
MIN_SOLUTION = 200


class TraceTexts(NamedTuple):
    """A column of traces, or two of which one has the reasoning."""

    text: str
    reasoning: str | None = None


def trace_texts(rows: FirstTraces) -> tuple[TraceTexts, ...]:
    """Where the traces are; several where several models wrote one each. Empty where no column can be one."""
    able = [column for column in rows.columns if may_be_trace(rows, column)]
    speaking = [column for column in able if not any(_is_part(rows, column, whole) for whole in able)]
    for found in (_tagged(rows, speaking), _pairs(rows, speaking), _named(rows, speaking)):
        if found:
            return found
    return _solutions(rows, speaking)


def is_written_by_model(rows: FirstTraces, column: str, traces: Iterable[TraceTexts]) -> bool:
    """Whether no answer may be checked against what stands in a column."""
    taken = [column for trace in traces for column in trace if column is not None]
    if column in taken or any(_is_inside(column, each) for each in taken):
        return True
    if names.is_written(column) or names.is_reasoning(column) or names.is_trace(column):
        return True
    is_long = may_be_trace(rows, column) and rows.num_chars(column) >= MIN_PROSE
    return is_long and (rows.is_tagged(column) or any(rows.repeats(column, each) for each in taken))


def _is_part(rows: FirstTraces, column: str, whole: str) -> bool:
    """Whether a column is a piece of a reply that another holds."""
    return column.startswith(f"{whole}.") and names.is_trace(whole) and not rows.is_conversation(whole)


def _is_inside(column: str, trace: str) -> bool:
    """What stands in a turn of the user is not the model's."""
    return column.startswith(f"{trace}.") and not column.startswith(f"{trace}.user.")


def may_be_trace(rows: FirstTraces, column: str) -> bool:
    """Whether a column has texts that are not by their name what is asked."""
    found = words(column)
    is_asked = is_problem(found) or is_kind_of_problem(found) or found == ("instruction",)
    is_turn = any(f".{role}." in f".{column}." for role in ("user", "system"))
    if is_turn or "prompt" in found or rows.is_unpacked(column) or (is_asked and not names.is_written(column)):
        return False
    return rows.speaks(column)


def _tagged(rows: FirstTraces, columns: list[str]) -> tuple[TraceTexts, ...]:
    """Texts that mark their reasoning: lists before single ones, the longest before what is left of it."""
    found = [column for column in columns if rows.is_tagged(column)]
    found.sort(key=lambda column: (not rows.has_several(column), column.count("."), not _is_spoken(rows, column),
                                   -rows.num_chars(column)))  # fmt: skip
    return tuple(TraceTexts(column) for column in _of_one_kind(found))


def _pairs(rows: FirstTraces, columns: list[str]) -> tuple[TraceTexts, ...]:
    """A reasoning, and beside it what follows."""
    thoughts = [column for column in columns if names.is_reasoning(column) and rows.num_chars(column) >= MIN_PROSE]
    pairs = [(column, _partner(rows, column, columns)) for column in thoughts]
    found = {thought: answer for thought, answer in pairs if answer is not None}
    return tuple(
        TraceTexts(found[thought], None if rows.repeats(thought, found[thought]) else thought)
        for thought in _of_one_kind(list(found))
    )


def _partner(rows: FirstTraces, thought: str, columns: list[str]) -> str | None:
    """What the author of a reasoning answered: a reply, else a text that is called so and is no bare answer.

    A bare answer belongs to the reasoning where that gives none of its own; else it is what the set checks it against.
    """
    wrote = names.author(words(thought))
    others = [column for column in columns if names.author(words(column)) == wrote and not names.is_reasoning(column)
              and column != thought]  # fmt: skip
    replies = [column for column in others if names.is_trace(column)]
    solved = [column for column in others if names.is_solved(column)
              and (rows.num_chars(column) >= MIN_PROSE or not rows.is_answered(thought))]  # fmt: skip
    solved.sort(key=lambda column: -rows.num_chars(column))
    return next(iter((*replies, *solved)), None)


def _named(rows: FirstTraces, columns: list[str]) -> tuple[TraceTexts, ...]:
    """Replies by their name, else conversations, else a reasoning that nothing follows."""
    replies = [column for column in columns if names.is_trace(column)]
    replies.sort(key=lambda column: (not rows.has_several(column), column.count(".")))
    if replies and rows.num_chars(replies[0]) < MIN_PROSE:
        replies.sort(key=lambda column: -rows.num_chars(column))
    spoken = [column for column in columns if rows.is_conversation(column)]
    thoughts = [column for column in columns if names.is_reasoning(column)]
    return tuple(map(TraceTexts, _of_one_kind(replies or spoken or thoughts)))


def _solutions(rows: FirstTraces, columns: list[str]) -> tuple[TraceTexts, ...]:
    found = [column for column in columns if words(column)[-1:] and words(column)[-1] in names.SOLUTIONS]
    found.sort(key=lambda column: -rows.num_chars(column))
    is_long = bool(found) and rows.num_chars(found[0]) >= MIN_SOLUTION
    return tuple(map(TraceTexts, _of_one_kind(found))) if is_long else ()


def _is_spoken(rows: FirstTraces, column: str) -> bool:
    return names.is_trace(column) or rows.is_conversation(column)


def _is_beside(column: str, first: str) -> bool:
    """Whether two columns have one name in two structs of one struct."""
    one, other = names.parent(column), names.parent(first)
    return bool(one) and words(column) == words(first) and names.parent(one) == names.parent(other)


def _of_one_kind(columns: list[str]) -> list[str]:
    """The first, and those that other models wrote under its name, or that stand under it in structs beside it."""
    if not columns:
        return []
    first, authors = columns[0], {names.author(words(columns[0]))}
    beside = [column for column in columns if _is_beside(column, first)]
    if len(beside) > 1:
        return sorted(beside)
    found = [first]
    for column in columns[1:]:
        author = names.author(words(column))
        if () not in (author, *authors) and author not in authors and names.kind(column) == names.kind(first):
            authors.add(author)
            found.append(column)
    return found
