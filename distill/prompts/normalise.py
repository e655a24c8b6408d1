r"""Rows of any dataset ─▶ prompts, or the reason why a row is set aside. Pure.

The prompt's text gets one Unicode form and one kind of line end. The answer is taken out of `\boxed{…}` or from
behind `####`. Choices are shown in the prompt, in an order that does not give the answer away, and the answer
becomes a letter. What no verifier could decide is set aside: proofs, several parts, answers that are essays.
"""

import hashlib
from typing import NamedTuple

from distill.errors import InputError
from distill.language import other_language, sure_language
from distill.prompts.final_answer import is_answer, read_answer
from distill.prompts.options import Options, are_shown, inline_options, read_options, shown
from distill.prompts.questions import Asked, asked
from distill.prompts.sources.preset import Preset, reach
from distill.prompts.turns import asked_text, clean, read_prompt
from distill.records import Prompt
from distill.references import Answer, Reference
from distill.rows.parse import LETTERS, Row, parse_prompt, parse_reference

MAX_ANSWER_CHARS = 300
"""A longer answer is an explanation, which no comparison can decide on."""
OWN_NAMES = {"license": ("license", "licence"), "language": ("language", "lang")}
"""Columns in which any dataset may say it of a row."""
_REASONS = {Asked.PROOF: "asks for a proof", Asked.PARTS: "asks for several parts"}


class SetAside(NamedTuple):
    """A row that is not taken."""

    reason: str
    """The same words for the same reason, so that they can be counted."""
    detail: str
    """What stood there."""


def normalise(row: Row, preset: Preset, source: str) -> Prompt | SetAside:
    """The prompt that a dataset's row makes. Raises InputError where the row is not what it should be."""
    unwanted = preset.filtered(row)
    if unwanted:
        return SetAside(f"filter on {unwanted}", f"{reach(row, unwanted)!r:.80}")
    made = preset.prompt_row(row)
    made["source"] = made.get("source") or source
    made["license"] = _stated(row, made, preset, "license") or preset.license
    made["language"] = _stated(row, made, preset, "language")
    made["prompt"] = read_prompt(made["prompt"])
    if made["prompt"] is None:
        raise InputError("its prompt is empty")
    reason = _normalise_answer(made, preset)
    if reason:
        return reason
    prompt = parse_prompt({name: value for name, value in made.items() if value is not None})
    return _undecidable(prompt, preset) or _with_language(prompt, preset)


def reference_of(row: Row, preset: Preset) -> Reference | SetAside | None:
    """What answers to a dataset's row are checked against, or why nothing can be; whatever else the row holds.

    Raises InputError where the row is not what it should be.
    """
    made = preset.prompt_row(row)
    made["prompt"] = read_prompt(made["prompt"])
    aside = _normalise_answer(made, preset)
    if aside:
        return aside
    reference = parse_reference({name: value for name, value in made.items() if value is not None})
    if isinstance(reference, Answer):
        return _undecidable_answer(reference.value, asked_text(made["prompt"])) or reference
    return reference


def _stated(row: Row, made: Row, preset: Preset, column: str) -> object:
    """What a row states of itself: in the column that its preset names, else in one of the usual name."""
    if column in preset.columns:
        return made.get(column)
    named = (row.get(name) for name in OWN_NAMES[column])
    return next((value for value in named if isinstance(value, str | list)), None)


def question(prompt: Prompt) -> str:
    """What is asked: the messages without the system's, by which prompts are compared."""
    return "\n".join(message.content for message in prompt.messages if message.role != "system")


def _normalise_answer(made: dict[str, object], preset: Preset) -> SetAside | None:
    """Mend `answer` and `choices` in place."""
    given = made.get("answer")
    if made.get("choices"):
        return _choose(made, read_options(made["choices"]), is_shuffled=bool(preset.choices))
    if preset.is_reply and not is_answer(given):
        made["answer"] = None
        return None
    made["answer"] = answer = read_answer(given)
    if isinstance(answer, tuple):
        return SetAside("several final answers", f"{', '.join(answer):.80}")
    options = inline_options(_asked(made["prompt"])) if isinstance(answer, str) else None
    if options is None or options.place(answer) is None or (str(answer).isdigit() and answer not in options.texts):
        return None  # a number is the answer itself, and not the place of one
    return _choose(made, options, is_shuffled=False)


def _choose(made: dict[str, object], options: Options, *, is_shuffled: bool) -> SetAside | None:
    """The answer becomes a letter, and a prompt that is a text shows the options."""
    texts, answer = list(options.texts), _only(made.get("answer"))
    place = options.place(answer)
    if place is None and isinstance(answer, str):
        place = options.place(read_answer(answer))
    if place is None or place >= len(LETTERS):
        return SetAside("the answer is none of the choices", f"{answer!r:.80}")
    if is_shuffled:
        right = texts[place]
        texts.sort(key=lambda option: hashlib.sha256(f"{made['prompt']}\0{option}".encode()).digest())
        place = texts.index(right)
    made["choices"], made["answer"] = texts, LETTERS[place]
    if isinstance(made["prompt"], str) and not are_shown(texts, made["prompt"]):
        made["prompt"] = f"{made['prompt']}\n\n{shown(texts)}"
    return None


def _only(answer: object) -> object:
    """The answer of a list of one, with nothing around it."""
    if isinstance(answer, list | tuple) and len(answer) == 1:
        return _only(answer[0])
    return clean(answer) if isinstance(answer, str) else answer


def _asked(prompt: object) -> str:
    """The text of the last turn."""
    if isinstance(prompt, list) and prompt:
        return str(prompt[-1]["content"])
    return prompt if isinstance(prompt, str) else ""


def _undecidable(prompt: Prompt, preset: Preset) -> SetAside | None:
    """Why no verifier could decide on this prompt, if so."""
    problem = question(prompt)
    if preset.language:
        other = _other_language(prompt, problem, preset.language)
        if other:
            return SetAside(f"not in {preset.language}", other)
    if prompt.reference is None and preset.needs_reference:
        return SetAside("no reference", "")
    return _undecidable_answer(prompt.reference.value, problem) if isinstance(prompt.reference, Answer) else None


def _other_language(prompt: Prompt, problem: str, wanted: str) -> str | None:
    """The language of a prompt that is certainly not in the wanted one, as its row states or its text shows."""
    if prompt.language is not None:
        return None if prompt.language == wanted else prompt.language
    return other_language(problem, wanted)


def _with_language(prompt: Prompt, preset: Preset) -> Prompt:
    """A prompt whose row states no language has its preset's, else the one that its text is certainly in."""
    if prompt.language is not None:
        return prompt
    return prompt.model_copy(update={"language": preset.language or sure_language(question(prompt))})


def _undecidable_answer(value: str, problem: str) -> SetAside | None:
    if len(value) > MAX_ANSWER_CHARS or "\n" in value:
        return SetAside("no short final answer", value[:80])
    reason = _REASONS.get(asked(problem, value))
    return SetAside(reason, "") if reason else None
