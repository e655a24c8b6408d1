"""One row of a source ─▶ a prompt that may stay, with what is needed to compare it, or the reason why it is dropped."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from distill.errors import InputError
from distill.prompts.funnel import Fate
from distill.prompts.normalise import SetAside, clean, normalise, question
from distill.prompts.overlap.contamination import Benchmarks
from distill.prompts.overlap.content import content
from distill.prompts.overlap.duplicates import Fingerprint, fingerprint
from distill.prompts.overlap.text import tokens
from distill.prompts.self_check import SelfCheck
from distill.prompts.sources.preset import Preset
from distill.records import Prompt
from distill.references import Answer, Choice, Domain, FunctionTests, Reference, Scorer, StdinTests
from distill.rows.parse import LETTERS, Row
from distill.rows.prompt_file import prompt_line
from distill.rows.read import Located

MIN_STEM_WORDS = 7
"""A question of so many content words is recognised without its choices; a shorter one may stand above any choices."""
QUESTION_COLUMNS = ("prompt", "problem", "question", "Question", "question_content", "text", "instruction")
"""Where a benchmark file of unknown origin has its problems."""


class SourceRow(NamedTuple):
    """A row as it was read."""

    source: str
    preset: Preset
    located: Located


class KeptRow(NamedTuple):
    """A row that stays unless another one says the same."""

    source: str
    where: str
    domain: Domain
    id: str
    line: bytes
    """The prompt row as a line of JSON. It is made where rows are decided on, since one process gathers all of them."""
    fingerprint: Fingerprint
    rank: int
    """How good the reference is: more is better."""
    answer: int
    """A number for the answer, 0 without one."""


class DroppedRow(NamedTuple):
    """A row that does not stay."""

    source: str
    domain: str | None
    fate: Fate
    reason: str
    record: dict[str, object]
    """What is written down beside the output."""


class Intake:
    """Decides on rows, given the content words of the benchmarks' problems."""

    def __init__(self, problems: Iterable[tuple[str, Sequence[str]]], check: SelfCheck) -> None:
        self._benchmarks = Benchmarks(problems)
        self._check = check

    async def decide(self, row: SourceRow) -> KeptRow | DroppedRow:
        """Map, normalise and compare a row, and check its reference."""
        source, preset, (columns, where) = row
        try:
            if isinstance(columns, InputError):
                raise columns
            prompt = normalise(columns, preset, source)
        except InputError as error:
            return _set_aside(source, where, SetAside("malformed row", str(error)))
        if isinstance(prompt, SetAside):
            return _set_aside(source, where, prompt, preset.domain)
        found = tokens(question(prompt))
        words = content(found)
        contaminated = self._contaminated(prompt, words, source, where)
        if contaminated is not None:
            return contaminated
        objection = await self._check.objection(prompt.reference)
        if objection is not None:
            why = SetAside("the verifier does not accept the reference as its own answer", objection)
            return _set_aside(source, where, why, prompt.domain)
        rank, answer = _rank(prompt.reference), _answer(prompt.reference)
        line, known = prompt_line(prompt), fingerprint(_spelled(prompt, found), words)
        return KeptRow(source, where, prompt.domain, prompt.id, line, known, rank, answer)

    def _contaminated(self, prompt: Prompt, words: Sequence[str], source: str, where: str) -> DroppedRow | None:
        """The row as a dropped one where it repeats a benchmark's problem."""
        match = self._benchmarks.match(words) if len(self._benchmarks) else None
        if match is None:
            return None
        record: dict[str, object] = {
            "reason": "contaminated",
            "id": prompt.id,
            "benchmark": match.problem,
            "score": match.score,
            "rule": match.rule,
            "where": where,
            "source": source,
            "prompt": question(prompt),
        }
        return DroppedRow(source, prompt.domain, Fate.CONTAMINATED, "", record)


def _spelled(prompt: Prompt, found: Sequence[str]) -> Sequence[str]:
    """What equal prompts have in common; of a puzzle, which may be a drawing, every sign."""
    return [question(prompt)] if isinstance(prompt.reference, Scorer) else found


def _set_aside(source: str, where: str, why: SetAside, domain: str | None = None) -> DroppedRow:
    record: dict[str, object] = {
        "reason": "set aside",
        "why": why.reason,
        "detail": why.detail,
        "where": where,
        "source": source,
    }
    return DroppedRow(source, domain, Fate.SET_ASIDE, why.reason, record)


def problems_of(row: Row, preset: Preset | None, where: str) -> list[tuple[str, list[str]]]:
    """A benchmark's row as the problems to look for: with its choices, and without where that says enough.

    Raises InputError where the row has no problem.
    """
    made = preset.prompt_row(row) if preset else {"prompt": _first(row), "choices": row.get("choices")}
    asked, choices = _text(made.get("prompt")), made.get("choices")
    if not asked:
        raise InputError(f"it has no problem in any of {', '.join(QUESTION_COLUMNS)}")
    stem = content(tokens(clean(asked)))
    if not isinstance(choices, list | tuple) or not choices:
        return [(where, stem)]
    whole = content(tokens("\n".join([clean(asked), *map(str, choices)])))
    return [(where, whole), (where, stem)] if len(stem) >= MIN_STEM_WORDS else [(where, whole)]


def _first(row: Row) -> object:
    return next((row[name] for name in QUESTION_COLUMNS if row.get(name)), None)


def _text(found: object) -> str | None:
    """The text of a prompt, or of the user's turns of one."""
    if isinstance(found, list | tuple):
        return "\n".join(str(turn.get("content")) for turn in found if turn.get("role") != "system")
    return found if isinstance(found, str) else None


def _rank(reference: Reference | None) -> int:
    """More tests are better than fewer, any reference is better than none."""
    if isinstance(reference, StdinTests | FunctionTests):
        return 1 + len(reference.cases)
    return 0 if reference is None else 1


def _answer(reference: Reference | None) -> int:
    """A number for what the answer says; the letter of a choice says nothing without its text.

    A puzzle that differs from others in any sign has an answer of its own.
    """
    if isinstance(reference, Answer):
        text = reference.value
    elif isinstance(reference, Choice) and len(reference.answer) == 1:
        text = reference.choices[LETTERS.index(reference.answer)]
    elif isinstance(reference, Scorer):
        return _number([str(reference.entry.get("question"))])
    else:
        return 0
    return _number(tokens(text) or [text])


def _number(words: Sequence[str]) -> int:
    return int.from_bytes(hashlib.blake2b(orjson.dumps(words), digest_size=8).digest()) | 1
