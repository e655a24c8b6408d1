"""Runs as columns of numbers: every prompt and every sample, without their texts. Millions fit in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from distill.dataset.candidates import OUTCOMES, UNVERIFIED, Candidates, Codes, Ending, Ints, Small
from distill.errors import RunError
from distill.sampling.policy import parse_policy
from distill.store.folder import RunFolder
from distill.store.manifest import made_with
from distill.store.row_groups import Unit

ENDINGS = {"length": Ending.TRUNCATED, "cancelled": Ending.CANCELLED, "refused": Ending.CANCELLED}
_OUTCOME_CODES = {"" if outcome is None else outcome.value: code for code, outcome in enumerate(OUTCOMES)}
_CONTENT = ("id", "prompt", "answer", "choices", "tests", "constraints")


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

    def encode(self, column: pa.ChunkedArray) -> Small:
        """The numbers of a column of words."""
        return _coded(column, lambda words: [self.add(word) for word in words])


class Pool(NamedTuple):
    """All prompts and samples of some runs."""

    runs: Sequence[RunFolder]
    ids: list[str]
    domains: Vocabulary
    sources: Vocabulary
    licenses: Vocabulary
    verifiers: Vocabulary
    domain: Small
    """Codes a prompt; likewise the next two, and its place in the `prompts` tables."""
    source: Small
    license: Small
    place: Ints
    prompt_units: list[Unit]
    candidates: Candidates
    sample_units: list[Unit]


def read_pool(runs: Sequence[RunFolder]) -> Pool:
    """Read the sealed shards of runs. The same prompt in several runs is one group.

    Prompts that differ but carry one id are kept apart: the later one becomes `ID@RUN`. Raises RunError where
    samples name a prompt that is not there.
    """
    prompts = _Prompts()
    for number, run in enumerate(runs):
        prompts.read(number, run)
    columns: list[dict[str, npt.NDArray[np.integer]]] = []
    units: list[Unit] = []
    verifiers = Vocabulary()
    for number, run in enumerate(runs):
        samples = list(_samples(run, number, prompts, units))
        if samples:
            merged = {name: np.concatenate([part[name] for part in samples]) for name in samples[0]}
            columns.append(merged | _verdicts(run, prompts, number, merged, verifiers))
    if not columns:
        raise RunError(f"{', '.join(str(run.path) for run in runs)} has no samples yet; run `distill generate` first.")
    candidates = Candidates(**{name: np.concatenate([part[name] for part in columns]) for name in columns[0]})
    return prompts.pool(runs, candidates, units, verifiers)


class _Prompts:
    """Gathers the prompts of all runs."""

    def __init__(self) -> None:
        self.ids, self.domains, self.sources, self.licenses = (Vocabulary() for _ in range(4))
        self._aliases: dict[int, dict[str, str]] = {}
        """By run, the ids that stand for another prompt than in an earlier run."""
        self._units: list[Unit] = []
        self._columns: list[dict[str, npt.NDArray[np.integer]]] = []
        self._runs: list[RunFolder] = []

    def read(self, number: int, run: RunFolder) -> None:
        """Add the prompts of a run."""
        self._find_aliases(number, run)
        self._runs.append(run)
        for unit, table in _tables(number, run.prompts.shards(), self._units, ["id", "domain", "source", "license"]):
            known = len(self.ids.words)
            names = self._renamed(number, table.column("id").to_pylist())
            codes = np.array([self.ids.add(name) for name in names], dtype=np.int32)
            is_new = codes >= known
            self._columns.append(
                {
                    "domain": self.domains.encode(table.column("domain"))[is_new],
                    "source": self.sources.encode(table.column("source"))[is_new],
                    "license": self.licenses.encode(table.column("license"))[is_new],
                    "place": np.arange(unit.first, unit.last)[is_new],
                }
            )

    def codes(self, number: int, column: pa.ChunkedArray) -> Small:
        """The prompts that a column of ids names."""

        def find(names: list[str]) -> list[int]:
            found = [self.ids.find(name) for name in self._renamed(number, names)]
            if -1 in found:
                unknown = names[found.index(-1)]
                raise RunError(f"The samples name the prompt {unknown!r}, which is not in the run's prompts/.")
            return found

        return _coded(column, find)

    def pool(self, runs: Sequence[RunFolder], candidates: Candidates, units: list[Unit], verifiers: Vocabulary) -> Pool:
        """Everything together."""
        merged = {name: np.concatenate([part[name] for part in self._columns]) for name in self._columns[0]}
        return Pool(
            runs=runs,
            ids=self.ids.words,
            domains=self.domains,
            sources=self.sources,
            licenses=self.licenses,
            verifiers=verifiers,
            prompt_units=self._units,
            candidates=candidates,
            sample_units=units,
            **merged,
        )

    def _find_aliases(self, number: int, run: RunFolder) -> None:
        if not self._runs:
            return
        shared = {str(row["id"]) for row in run.prompts.rows(["id"]) if self.ids.find(str(row["id"])) >= 0}
        if not shared:
            return
        earlier = {name: text for other in reversed(self._runs) for name, text in _contents(other, shared)}
        for name, text in _contents(run, shared):
            if earlier.get(name, text) != text:
                self._aliases.setdefault(number, {})[name] = f"{name}@{run.path.name}"

    def _renamed(self, number: int, names: list[str]) -> list[str]:
        aliases = self._aliases.get(number)
        return [aliases.get(name, name) for name in names] if aliases else names


def _contents(run: RunFolder, ids: set[str]) -> Iterator[tuple[str, int]]:
    for row in run.prompts.rows(_CONTENT):
        if row["id"] in ids:
            yield str(row["id"]), hash(repr(row))


def _samples(
    run: RunFolder, number: int, prompts: _Prompts, units: list[Unit]
) -> Iterator[dict[str, npt.NDArray[np.integer]]]:
    names = ["prompt_id", "index", "num_tokens", "num_prompt_tokens", "finish_reason"]
    num_probes = parse_policy(made_with(run.manifest).policy).traits.num_probes
    for _, table in _tables(number, run.samples.shards(), units, names):
        num_tokens = table.column("num_tokens").to_numpy().astype(np.int32)
        ending = _coded(
            table.column("finish_reason"), lambda words: [ENDINGS.get(word, Ending.WHOLE) for word in words]
        )
        index = table.column("index").to_numpy().astype(np.int32)
        yield {
            "prompt": prompts.codes(number, table.column("prompt_id")),
            "index": index,
            "is_probe": index < num_probes,
            "num_tokens": num_tokens,
            "num_context": num_tokens + table.column("num_prompt_tokens").to_numpy().astype(np.int32),
            "ending": ending.astype(np.uint8),
        }


def _verdicts(
    run: RunFolder,
    prompts: _Prompts,
    number: int,
    samples: Mapping[str, npt.NDArray[np.integer]],
    verifiers: Vocabulary,
) -> dict[str, Codes]:
    """The outcome and verifier of each sample of a run, joined by prompt and index."""
    width = int(samples["index"].max()) + 1
    keys = samples["prompt"].astype(np.int64) * width + samples["index"]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    outcome = np.full(len(keys), UNVERIFIED, dtype=np.uint8)
    verifier = np.full(len(keys), verifiers.add(""), dtype=np.uint8)
    for shard in run.verdicts.shards():
        table = pq.read_table(shard, columns=["prompt_id", "index", "outcome", "verifier"])
        wanted = prompts.codes(number, table.column("prompt_id")).astype(np.int64) * width
        wanted += table.column("index").to_numpy()
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        is_known = keys[found] == wanted
        places = order[found[is_known]]
        outcome[places] = _coded(table.column("outcome"), lambda words: [_OUTCOME_CODES[word] for word in words])[
            is_known
        ]
        verifier[places] = verifiers.encode(table.column("verifier"))[is_known]
    return {"outcome": outcome, "verifier": verifier}


def _tables(
    number: int, shards: Sequence[Path], units: list[Unit], columns: list[str]
) -> Iterator[tuple[Unit, pa.Table]]:
    """The row groups of a table, each put behind `units`."""
    position = units[-1].last if units else 0
    for shard in shards:
        with pq.ParquetFile(shard) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=columns)
                units.append(Unit(number, shard, group, position, position + len(table)))
                position += len(table)
                yield units[-1], table


def _coded(column: pa.ChunkedArray, code: Callable[[list[str]], list[int]]) -> Small:
    """Replace each word of a column by what `code` makes of it; a null counts as the empty word."""
    encoded = column.fill_null("").combine_chunks().dictionary_encode()
    lookup = np.array(code(encoded.dictionary.to_pylist()) or [0], dtype=np.int32)
    numbers: Small = lookup[encoded.indices.to_numpy(zero_copy_only=False)]
    return numbers
