"""One row of a source ─▶ a prompt that may stay, with what is needed to compare it, or the reason why it is dropped."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from distill.errors import InputError
from distill.prompts.funnel import Fate
from distill.prompts.normalise import SetAside, clean, final_answer, normalise, question
from distill.prompts.overlap.answers import answer_text
from distill.prompts.overlap.contamination import Benchmarks, Match
from distill.prompts.overlap.content import content
from distill.prompts.overlap.fingerprints import Fingerprints, fingerprints
from distill.prompts.overlap.problems import Problem
from distill.prompts.overlap.readings import all_signs
from distill.prompts.overlap.text import tokens
from distill.prompts.self_check import SelfCheck, answers_itself
from distill.prompts.sources.preset import Preset
from distill.records import Prompt
from distill.references import Answer, Choice, Domain, FunctionTests, Reference, Scorer, StdinTests
from distill.rows.parse import Row
from distill.rows.prompt_file import prompt_line
from distill.rows.read import Located

MIN_STEM_WORDS = 7
"""A question of so many content words is recognised without its choices; a shorter one may stand above any choices."""
Problems = list[Problem]
"""Of the benchmarks."""
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
    rank: int
    """How good the reference is: more is better."""


class DroppedRow(NamedTuple):
    """A row that does not stay."""

    source: str
    domain: str | None
    fate: Fate
    reason: str
    record: dict[str, object]
    """What is written down beside the output."""


class Decided(NamedTuple):
    """What became of a chunk of rows."""

    rows: list[KeptRow | DroppedRow]
    fingerprints: Fingerprints
    """Of the kept ones, in their order."""


class Intake:
    """Decides on rows, given the benchmarks' problems."""

    def __init__(self, problems: Problems, check: SelfCheck) -> None:
        self._benchmarks = Benchmarks(problems)
        self._check = check

    async def decide(self, rows: Sequence[SourceRow]) -> Decided:
        """Map, normalise and compare rows, and check their references. All of them are compared at once."""
        prompts = [_normalised(row) for row in rows]
        texts = ["" if isinstance(prompt, DroppedRow) else question(prompt) for prompt in prompts]
        found = tokens(texts)
        words = content(found)
        answers = ["" if isinstance(prompt, DroppedRow) else _reference_text(prompt.reference) for prompt in prompts]
        matches = self._benchmarks.match(texts, answers, words)
        objections = await self._objections(prompts, matches)
        decided = list(map(_decision, rows, prompts, texts, matches, objections))
        kept = [number for number, row in enumerate(decided) if isinstance(row, KeptRow)]
        known = fingerprints(texts, found, words)
        for number, prompt in enumerate(prompts):
            if isinstance(prompt, Prompt) and isinstance(prompt.reference, Scorer):
                known.exact[number] = all_signs(texts[number])
                known.readings.set(number, texts[number])
        return Decided(decided, known.take(np.array(kept, np.int64)))

    async def _objections(
        self, prompts: Sequence[Prompt | DroppedRow], matches: Sequence[Match | None]
    ) -> list[str | None]:
        """What verifiers say against the references of rows that are still in question."""
        asked = {
            number: self._check.objection(prompt.reference)
            for number, (prompt, match) in enumerate(zip(prompts, matches, strict=True))
            if isinstance(prompt, Prompt) and match is None and not answers_itself(prompt.reference)
        }
        said = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
        return [said.get(number) for number in range(len(prompts))]


def _normalised(row: SourceRow) -> Prompt | DroppedRow:
    source, preset, (columns, where) = row
    try:
        if isinstance(columns, InputError):
            raise columns
        prompt = normalise(columns, preset, source)
    except InputError as error:
        return _set_aside(source, where, SetAside("malformed row", str(error)))
    return _set_aside(source, where, prompt, preset.domain) if isinstance(prompt, SetAside) else prompt


def _decision(
    row: SourceRow, prompt: Prompt | DroppedRow, text: str, match: Match | None, objection: str | None
) -> KeptRow | DroppedRow:
    """What becomes of a row, given what was found out about it."""
    if isinstance(prompt, DroppedRow):
        return prompt
    where = row.located.where
    if match is not None:
        return _contaminated(row.source, where, prompt, text, match)
    if objection is not None:
        why = SetAside("the verifier does not accept the reference as its own answer", objection)
        return _set_aside(row.source, where, why, prompt.domain)
    return KeptRow(row.source, where, prompt.domain, prompt.id, prompt_line(prompt), _rank(prompt.reference))


def _contaminated(source: str, where: str, prompt: Prompt, text: str, match: Match) -> DroppedRow:
    """The row as a dropped one that repeats a benchmark's problem."""
    record: dict[str, object] = {
        "reason": "contaminated",
        "id": prompt.id,
        "benchmark": match.problem,
        "score": match.score,
        "rule": match.rule,
        "where": where,
        "source": source,
        "prompt": text,
    }
    return DroppedRow(source, prompt.domain, Fate.CONTAMINATED, "", record)


def _set_aside(source: str, where: str, why: SetAside, domain: str | None = None) -> DroppedRow:
    record: dict[str, object] = {
        "reason": "set aside",
        "why": why.reason,
        "detail": why.detail,
        "where": where,
        "source": source,
    }
    return DroppedRow(source, domain, Fate.SET_ASIDE, why.reason, record)


def problems_of(row: Row, preset: Preset | None, where: str) -> Problems:
    """A benchmark's row as the problems to look for: with its choices, and without where that says enough.

    Raises InputError where the row has no problem.
    """
    made = (
        preset.prompt_row(row)
        if preset
        else {"prompt": _first(row), **{name: row.get(name) for name in ("choices", "answer")}}
    )
    asked, choices = _text(made.get("prompt")), made.get("choices")
    if not asked:
        raise InputError(f"it has no problem in any of {', '.join(QUESTION_COLUMNS)}")
    stem, answer = clean(asked), _answer(made.get("answer"), choices)
    if not isinstance(choices, list | tuple) or not choices:
        return [Problem(where, stem, answer)]
    whole = "\n".join([stem, *map(str, choices)])
    says_enough = len(content(tokens([stem])).ids) >= MIN_STEM_WORDS
    return [Problem(where, text, answer) for text in ([whole, stem] if says_enough else [whole])]


def _answer(answer: object, choices: object) -> str:
    """What a benchmark's reference says; of a solution its end."""
    return final_answer(clean(answer_text(answer, choices)))


def _reference_text(reference: Reference | None) -> str:
    if isinstance(reference, Choice):
        return answer_text(reference.answer, reference.choices)
    return reference.value if isinstance(reference, Answer) else ""


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
