"""What kind of value stands in a column: a text, an answer, options. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from distill.errors import InputError
from distill.prompts.final_answer import read_answer
from distill.prompts.options import Options, inline_options, read_options


def is_text(value: object) -> bool:
    """A text that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_asked(value: object) -> bool:
    """A text, messages, or turns as texts."""
    return is_text(value) or (
        isinstance(value, list | tuple) and bool(value) and (all(map(is_text, value)) or are_turns(value))
    )


def are_turns(value: object) -> bool:
    """Messages of a conversation, as any form of it has them."""
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(turn, Mapping) and turn.keys() & {"role", "from"} for turn in value)
    )


def is_passage(value: object) -> bool:
    """A text, or the lines of one."""
    return is_text(value) or (isinstance(value, list | tuple) and bool(value) and all(map(is_text, value)))


def is_given(value: object) -> bool:
    """Whether this can be an answer: text, a number, or a list of them, that is not a word for none."""
    if isinstance(value, list | tuple):
        return bool(value) and all(map(is_given, value))
    return isinstance(value, str | int | float | Decimal) and read_answer(value) is not None


def are_options(value: object) -> bool:
    """Whether these are options in a form that can be read."""
    try:
        read_options(value)
    except InputError:
        return False
    return True


def offered(options: object, question: object) -> Options | None:
    """The options of a row: those in their column, else those that the question shows."""
    if are_options(options):
        return read_options(options)
    return inline_options(question) if isinstance(question, str) else None


def is_same(first: object, second: object, options: Options | None) -> bool:
    """Whether two columns give one answer: the same text, or the same option; a missing one contradicts nothing."""
    if not is_given(first) or not is_given(second):
        return True
    ours, theirs = read_answer(first), read_answer(second)
    if ours == theirs:
        return True
    places = (options.place(ours), options.place(theirs)) if options is not None else (None, None)
    return places[0] is not None and places[0] == places[1]
