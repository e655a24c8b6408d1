"""Runs as columns of numbers: every prompt and every sample, without their texts. Millions fit in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from distill.dataset.candidates import OUTCOMES, UNVERIFIED, Candidates, Ints, SampleEnding, Small
from distill.dataset.run_names import run_names
from distill.errors import RunError
from distill.records import FinishReason
from distill.rows.columns import Row
from distill.rows.language_names import language_code
from distill.rows.license_names import license_id
from distill.sampling.probes import num_probes
from distill.store.folder import RunFolder
from distill.store.row_groups import Unit, row_groups

ENDINGS = {
    FinishReason.STOP: SampleEnding.WHOLE,
    FinishReason.LENGTH: SampleEnding.TRUNCATED,
    FinishReason.CANCELLED: SampleEnding.CANCELLED,
    FinishReason.REFUSED: SampleEnding.REFUSED,
    FinishReason.FILTERED: SampleEnding.FILTERED,
}
_OUTCOME_CODES = {"" if outcome is None else outcome.value: code for code, outcome in enumerate(OUTCOMES)}
_CONTENT = ("id", "prompt", "answer", "choices", "tests", "constraints", "scorer")
_OF_VERDICTS = ("prompt_id", "index", "outcome", "verifier")
_Columns = dict[str, npt.NDArray[Any]]
"""By name, each of its own type of numbers."""


class Vocabulary:
    """Numbers words in the order in which they are first seen; the empty word stands for none."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._codes: dict[str, int] = {}

    def add(self, word: str) -> int:
        """The number of a word, a new one if need be."""
        code = self._codes.setdefault(word, len(self.words))
        if code == len(self.words):
            self.words.append(word)
        return code

    def find(self, word: str) -> int:
        """The number of a word, -1 for an unknown one."""
        return self._codes.get(word, -1)

    def encode(self, column: pa.ChunkedArray, spelled: Callable[[str], str | None] = str) -> Small:
        """The numbers of a column of words, in the one spelling that `spelled` gives them; None is no word."""
        return _coded(column, lambda words: [self.add(spelled(word) or "") for word in words])


class CandidatePool(NamedTuple):
    """All prompts and samples of some runs."""

    runs: Sequence[RunFolder]
    ids: list[str]
    domains: Vocabulary
    sources: Vocabulary
    licenses: Vocabulary
    languages: Vocabulary
    verifiers: Vocabulary
    domain: Small
    """Codes a prompt; likewise the next three, and its place in the `prompts` tables."""
    source: Small
    license: Small
    language: Small
    place: Ints
    prompt_units: list[Unit]
    candidates: Candidates
    sample_units: list[Unit]
    verdict_place: Ints
    """The place of each sample's verdict in the `verdicts` tables, -1 where it has none."""
    verdict_units: list[Unit]


def read_pool(runs: Sequence[RunFolder]) -> CandidatePool:
    """Read the sealed shards of runs. The same prompt in several runs is one group.

    Prompts that differ but carry one id are kept apart: the later one becomes `ID@RUN`. Raises RunError where
    samples name a prompt that is not there.
    """
    renamed = _renamed(runs)
    prompts = _read_prompts(runs, renamed)
    verdicts, units = _Verdicts(Vocabulary(), []), list[Unit]()
    columns = [
        part
        for number, run in enumerate(runs)
        if (part := _read_samples(run, number, _Finder(prompts.ids, renamed[number]), units, verdicts))
    ]
    if not columns:
        raise RunError(f"{', '.join(str(run.path) for run in runs)} has no samples yet; run `distill generate` first.")
    found = _joined(columns)
    return CandidatePool(
        runs=runs,
        ids=prompts.ids.words,
        domains=prompts.domains,
        sources=prompts.sources,
        licenses=prompts.licenses,
        languages=prompts.languages,
        verifiers=verdicts.verifiers,
        **_joined(prompts.columns),
        prompt_units=prompts.units,
        verdict_place=found.pop("verdict_place"),
        verdict_units=verdicts.units,
        candidates=Candidates(**found),
        sample_units=units,
    )


def aliases(contents: Sequence[tuple[str, Mapping[str, int]]]) -> list[dict[str, str]]:
    """By run, the ids under which another prompt stands there than in an earlier run, with their new names, `ID@RUN`.

    `contents` has the name of each run, and by id what tells its prompts apart.
    """
    first: dict[str, int] = {}
    return [
        {name: f"{name}@{run}" for name, content in content_of.items() if first.setdefault(name, content) != content}
        for run, content_of in contents
    ]


def _renamed(runs: Sequence[RunFolder]) -> list[dict[str, str]]:
    """The aliases of some runs; only prompts whose ids several runs share are compared."""
    seen, shared = set[str](), set[str]()
    for run in runs if len(runs) > 1 else ():
        ids = {str(row["id"]) for row in run.prompts.rows(["id"])}
        shared |= seen & ids
        seen |= ids
    return aliases([(name, _contents(run, shared)) for name, run in zip(run_names(runs), runs, strict=True)])


def _contents(run: RunFolder, ids: set[str]) -> dict[str, int]:
    rows = run.prompts.rows(_CONTENT) if ids else ()
    return {str(row["id"]): hash(repr(_given(row))) for row in rows if row["id"] in ids}


def _given(row: Row) -> Row:
    """What a row holds; a run may be older than a column."""
    return {name: value for name, value in row.items() if value is not None}


class _Prompts(NamedTuple):
    """The prompts of all runs, each once."""

    ids: Vocabulary
    domains: Vocabulary
    sources: Vocabulary
    licenses: Vocabulary
    languages: Vocabulary
    columns: list[_Columns]
    units: list[Unit]


def _read_prompts(runs: Sequence[RunFolder], renamed: Sequence[Mapping[str, str]]) -> _Prompts:
    found = _Prompts(Vocabulary(), Vocabulary(), Vocabulary(), Vocabulary(), Vocabulary(), [], [])
    for number, run in enumerate(runs):
        first = found.units[-1].last if found.units else 0
        names = ("id", "domain", "source", "license", "language")
        for unit, table in row_groups(run.prompts.shards(), names, number, first):
            known = len(found.ids.words)
            ids = (renamed[number].get(name, name) for name in table.column("id").to_pylist())
            is_new = np.array([found.ids.add(name) for name in ids], dtype=np.int32) >= known
            found.units.append(unit)
            found.columns.append(
                {
                    "domain": found.domains.encode(table.column("domain"))[is_new],
                    "source": found.sources.encode(table.column("source"))[is_new],
                    "license": found.licenses.encode(table.column("license"), license_id)[is_new],
                    "language": found.languages.encode(table.column("language"), language_code)[is_new],
                    "place": np.arange(unit.first, unit.last)[is_new],
                }
            )
    return found


class _Finder(NamedTuple):
    """Finds the prompts that the samples of one run name."""

    ids: Vocabulary
    aliases: Mapping[str, str]

    def codes(self, column: pa.ChunkedArray) -> Small:
        """The numbers of the prompts in a column of ids."""
        return _coded(column, self._find)

    def _find(self, names: list[str]) -> list[int]:
        found = [self.ids.find(self.aliases.get(name, name)) for name in names]
        if -1 in found:
            unknown = names[found.index(-1)]
            raise RunError(f"The samples name the prompt {unknown!r}, which is not in the run's prompts/.")
        return found


class _Verdicts(NamedTuple):
    """What is known of the verdicts of all runs so far."""

    verifiers: Vocabulary
    units: list[Unit]


def _read_samples(
    run: RunFolder, number: int, prompts: _Finder, units: list[Unit], verdicts: _Verdicts
) -> _Columns | None:
    """The samples of a run with their verdicts, None where it has none; their row groups go behind `units`."""
    parts = list(_samples(run, number, prompts, units))
    if not parts:
        return None
    samples = _joined(parts)
    return samples | _verdicts(run, number, prompts, samples, verdicts)


def _samples(run: RunFolder, number: int, prompts: _Finder, units: list[Unit]) -> Iterator[_Columns]:
    names = ("prompt_id", "index", "num_tokens", "num_prompt_tokens", "finish_reason")
    num_first = num_probes(run.manifest)
    for unit, table in row_groups(run.samples.shards(), names, number, units[-1].last if units else 0):
        units.append(unit)
        num_tokens = table.column("num_tokens").to_numpy().astype(np.int32)
        ending = _coded(table.column("finish_reason"), lambda words: [ENDINGS[FinishReason(word)] for word in words])
        index = table.column("index").to_numpy().astype(np.int32)
        yield {
            "prompt": prompts.codes(table.column("prompt_id")),
            "index": index,
            "is_probe": index < num_first,
            "num_tokens": num_tokens,
            "num_context": num_tokens + table.column("num_prompt_tokens").to_numpy().astype(np.int32),
            "ending": ending.astype(np.uint8),
        }


def _verdicts(run: RunFolder, number: int, prompts: _Finder, samples: _Columns, verdicts: _Verdicts) -> _Columns:
    """The outcome, verifier and place of each sample's verdict in a run, joined by prompt and index."""
    width = int(samples["index"].max()) + 1
    keys = samples["prompt"].astype(np.int64) * width + samples["index"]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    outcome = np.full(len(keys), UNVERIFIED, dtype=np.uint8)
    verifier = np.full(len(keys), verdicts.verifiers.add(""), dtype=np.uint8)
    place = np.full(len(keys), -1, dtype=np.int64)
    first = verdicts.units[-1].last if verdicts.units else 0
    for unit, table in row_groups(run.verdicts.shards(), _OF_VERDICTS, number, first):
        verdicts.units.append(unit)
        wanted = prompts.codes(table.column("prompt_id")).astype(np.int64) * width
        wanted += table.column("index").to_numpy()
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        is_known = keys[found] == wanted
        places = order[found[is_known]]
        outcome[places] = _coded(table.column("outcome"), lambda words: [_OUTCOME_CODES[word] for word in words])[
            is_known
        ]
        verifier[places] = verdicts.verifiers.encode(table.column("verifier"))[is_known]
        place[places] = unit.first + np.flatnonzero(is_known)
    return {"outcome": outcome, "verifier": verifier, "verdict_place": place}


def _joined(parts: Sequence[_Columns]) -> _Columns:
    """Columns, one part behind the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _coded(column: pa.ChunkedArray, code: Callable[[list[str]], list[int]]) -> Small:
    """Replace each word of a column by what `code` makes of it; a null counts as the empty word."""
    encoded = column.fill_null("").combine_chunks().dictionary_encode()
    lookup = np.array(code(encoded.dictionary.to_pylist()) or [0], dtype=np.int32)
    numbers: Small = lookup[encoded.indices.to_numpy(zero_copy_only=False)]
    return numbers
