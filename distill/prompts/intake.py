"""One row of a source ─▶ a prompt that may stay, with what is needed to compare it, or the reason why it is dropped."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from distill.errors import InputError
from distill.prompts.final_answer import final_answer, read_answer
from distill.prompts.funnel import Fate
from distill.prompts.losses import lacks
from distill.prompts.normalise import SetAside, normalise, question
from distill.prompts.options import Options, read_options
from distill.prompts.overlap.answers import answer_text
from distill.prompts.overlap.contamination import Benchmarks, Match
from distill.prompts.overlap.content import content
from distill.prompts.overlap.fingerprints import Fingerprints, fingerprints
from distill.prompts.overlap.problems import Problem
from distill.prompts.overlap.puzzle import puzzle_key
from distill.prompts.overlap.readings import all_signs
from distill.prompts.overlap.text import tokens
from distill.prompts.self_check import SelfCheck, answers_itself
from distill.prompts.sources.preset import Preset
from distill.prompts.turns import asked_text, clean, read_prompt
from distill.records import Prompt
from distill.references import Answer, Choice, Domain, FunctionTests, Reference, Scorer, StdinTests
from distill.rows.parse import Row
from distill.rows.prompt_file import prompt_line
from distill.rows.read import Located

MIN_STEM_WORDS = 7
"""A question of so many content words is recognised without its choices; a shorter one may stand above any choices."""
Problems = list[Problem]
"""Of the benchmarks."""


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
    lacks: tuple[str, ...] = ()
    """What it came without."""


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
        answers = ["" if isinstance(prompt, DroppedRow) else reference_text(prompt.reference) for prompt in prompts]
        matches = self._benchmarks.match(texts, answers, words)
        objections = await self._objections(prompts, matches)
        decided = list(map(_decision, rows, prompts, texts, matches, objections))
        kept = [number for number, row in enumerate(decided) if isinstance(row, KeptRow)]
        known = fingerprints(texts, found, words)
        for number, prompt in enumerate(prompts):
            if isinstance(prompt, Prompt) and isinstance(prompt.reference, Scorer):
                key = puzzle_key(prompt.reference, texts[number])
                known.exact[number] = all_signs(key)
                known.readings.set(number, key)
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
    line, rank = prompt_line(prompt), _rank(prompt.reference)
    columns = row.located.row if isinstance(row.located.row, Mapping) else {}
    return KeptRow(row.source, where, prompt.domain, prompt.id, line, rank, lacks(prompt, columns, row.preset))


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


def problems_of(row: Row, preset: Preset, where: str) -> Problems:
    """A benchmark's row as the problems to look for: with its choices, and without where that says enough.

    Raises InputError where the row has no problem.
    """
    made = preset.prompt_row(row)
    stem, offered = asked_text(read_prompt(made["prompt"])), made.get("choices")
    if not stem:
        raise InputError("it asks nothing")
    options = read_options(offered) if offered else Options(())
    answer = _answer(made.get("answer"), options)
    if not options.texts:
        return [Problem(where, stem, answer)]
    whole = "\n".join([stem, *options.texts])
    says_enough = len(content(tokens([stem])).ids) >= MIN_STEM_WORDS
    return [Problem(where, text, answer) for text in ([whole, stem] if says_enough else [whole])]


def _answer(found: object, options: Options) -> str:
    """What a benchmark's reference says: of a choice the option's text, of a solution its end."""
    if options.texts:
        place = options.place(found)
        return "" if place is None else options.texts[place]
    answer = read_answer(found)
    return final_answer(clean(answer)) if isinstance(answer, str) else ""


def reference_text(reference: Reference | None) -> str:
    """What a reference says, to be compared with another; empty where it has nothing to compare."""
    if isinstance(reference, Choice):
        return answer_text(reference.answer, reference.choices)
    return reference.value if isinstance(reference, Answer) else ""


def _rank(reference: Reference | None) -> int:
    """More tests are better than fewer, any reference is better than none."""
    if isinstance(reference, StdinTests | FunctionTests):
        return 1 + len(reference.cases)
    return 0 if reference is None else 1
