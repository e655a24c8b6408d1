r"""Rows of any dataset ─▶ prompts, or the reason why a row is set aside. Pure.

The prompt's text gets one Unicode form and one kind of line end. The answer is taken out of `\boxed{…}` or from
behind `####`. Choices are shown in the prompt, in an order that does not give the answer away, and the answer
becomes a letter. What no verifier could decide is set aside: proofs, several parts, answers that are essays.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from distill.errors import InputError
from distill.language import other_language
from distill.prompts.sources.preset import Preset, reach
from distill.records import Prompt
from distill.references import Answer
from distill.rows.parse import LETTERS, Row, parse_prompt, right_option

MAX_ANSWER_CHARS = 300
"""A longer answer is an explanation, which no comparison can decide on."""
ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}

_UNSEEN = re.compile(r"[\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
_LINE_END = re.compile(r"(?<![ \t])[ \t]++(?=\n)|(?<=\n\n)\n+")
_PROOF = re.compile(
    r"(?:^|[.?!:;,]\s+|\band\s+)(?:prove|show|demonstrate|verify)\b(?!\s+(?:your|all|the steps|each))", re.IGNORECASE
)
_PROVING = ("prove", "show", "demonstrate", "verify")
"""Without one of these a text need not be searched."""
_PARTS = (
    ("b)", re.compile(r"(?:^|[\s.;:])\(?a\)\s+\S"), re.compile(r"[\s.;:]\(?b\)\s+\S")),
    ("ii)", re.compile(r"(?:^|[\s.;:])\(?i\)\s+\S"), re.compile(r"[\s.;:]\(?ii\)\s+\S")),
    ("2)", re.compile(r"(?:^|[\s.;:])\(?1\)\s+\S"), re.compile(r"[\s.;:]\(?2\)\s+\S")),
)


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
    made["prompt"] = _messages(made["prompt"])
    if made["prompt"] is None:
        raise InputError("its prompt is empty")
    reason = _normalise_answer(made, is_shuffled=bool(preset.choices))
    if reason:
        return reason
    prompt = parse_prompt({name: value for name, value in made.items() if value is not None})
    return _undecidable(prompt, preset) or prompt


def final_answer(text: str) -> str:
    r"""The answer at the end of a solution: in the last `\boxed{…}`, or behind the last `####`; else all of it.

    >>> final_answer(r"So it is \boxed{\frac{1}{2}}."), final_answer("3 * 6 = 18\n#### 18"), final_answer(" 7 ")
    ('\\frac{1}{2}', '18', '7')
    """
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start >= 0:
        inside = _braced(text, text.index("{", start))
        if inside is not None:
            return inside.strip()
    return text.rpartition("####")[2].strip()


def clean(text: str) -> str:
    """One Unicode form (NFC), plain line ends, nothing invisible, no more than one empty line in a row."""
    if text.isascii() and text.isprintable():
        return text.strip()  # one line of plain letters, as most are
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINE_END.sub("", _UNSEEN.sub("", text)).strip()


def question(prompt: Prompt) -> str:
    """What is asked: the messages without the system's, by which prompts are compared."""
    return "\n".join(message.content for message in prompt.messages if message.role != "system")


def _messages(found: object) -> object:
    """The prompt's text or messages, cleaned; of a conversation what comes before the first reply."""
    if isinstance(found, str):
        return clean(found) or None
    if not isinstance(found, list | tuple):
        return found
    messages: list[object] = []
    for turn in found:
        if not isinstance(turn, Mapping):
            raise InputError(f"a turn of `prompt` should be an object, but is {turn!r:.60}")
        role, content = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        role = ROLES.get(str(role), role)
        if role == "assistant":
            break
        messages.append({"role": role, "content": _messages(content) or ""})
    return messages or None


def _normalise_answer(made: dict[str, object], *, is_shuffled: bool) -> SetAside | None:
    """Mend `answer` and `choices` in place."""
    if made.get("choices") is not None:
        return _normalise_choices(made, is_shuffled=is_shuffled)
    if isinstance(made.get("answer"), str):
        made["answer"] = final_answer(clean(str(made["answer"]))) or None
    return None


def _normalise_choices(made: dict[str, object], *, is_shuffled: bool) -> SetAside | None:
    choices = made["choices"]
    if not isinstance(choices, list | tuple) or not all(isinstance(choice, str) for choice in choices):
        raise InputError(f"`choices` should be a list of texts, but is {choices!r:.60}")
    options = [clean(choice) for choice in choices]
    answer = made.get("answer")
    place = right_option(clean(answer) if isinstance(answer, str) else answer, options)
    if place is None or place >= len(LETTERS):
        return SetAside("the answer is none of the choices", f"{answer!r:.80}")
    if is_shuffled:
        right = options[place]
        options.sort(key=lambda option: hashlib.sha256(f"{made['prompt']}\0{option}".encode()).digest())
        place = options.index(right)
    made["choices"], made["answer"] = options, LETTERS[place]
    shown = "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False))
    if isinstance(made["prompt"], str) and not all(option in made["prompt"] for option in options):
        made["prompt"] = f"{made['prompt']}\n\n{shown}"
    return None


def _undecidable(prompt: Prompt, preset: Preset) -> SetAside | None:
    """Why no verifier could decide on this prompt, if so."""
    asked = question(prompt)
    if preset.language:
        other = other_language(asked, preset.language)
        if other:
            return SetAside(f"not in {preset.language}", other)
    if prompt.reference is None and preset.needs_reference:
        return SetAside("no reference", "")
    return _undecidable_answer(prompt.reference.value, asked) if isinstance(prompt.reference, Answer) else None


def _undecidable_answer(value: str, asked: str) -> SetAside | None:
    if len(value) > MAX_ANSWER_CHARS or "\n" in value:
        return SetAside("no short final answer", value[:80])
    lowered = asked.lower()
    if any(verb in lowered for verb in _PROVING) and _PROOF.search(asked):
        return SetAside("asks for a proof", "")
    if any(mark in asked and first.search(asked) and second.search(asked) for mark, first, second in _PARTS):
        return SetAside("asks for several parts", "")
    return None


def _braced(text: str, start: int) -> str | None:
    """What stands between the brace at `start` and the one that closes it."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in "{}" and text[place - 1] != "\\":
            depth += 1 if text[place] == "{" else -1
        if depth == 0:
            return text[start + 1 : place]
    return None
