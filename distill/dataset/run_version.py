"""A run's samples and verdicts as the rows of a version."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from distill.dataset.candidates import Draws, Ints, Small, mix
from distill.dataset.comparing import Floats, VersionRows, WordColumn
from distill.dataset.digests import digests, row_digests
from distill.dataset.pool import Vocabulary
from distill.errors import RunError
from distill.records import Outcome
from distill.rows import columns as schemas
from distill.sampling.probes import num_probes
from distill.store import RunFolder

OUTCOMES = (*(outcome.value for outcome in Outcome), "not verified")
_REFERENCE = ("answer", "choices", "tests", "constraints", "scorer")


def is_run(name: str) -> bool:
    """Whether a folder of that name is one of a run."""
    return (Path(name) / "manifest.json").is_file()


def read_run(run: RunFolder) -> VersionRows:
    """The samples of a run, some 60 bytes each. Raises RunError where it has none."""
    found = [part for table in run.samples.tables(_SAMPLE) for part in _samples(table)]
    if not found:
        raise RunError(f"{run.path} has no samples yet; run `distill generate` first.")
    prompts = _Prompts(run)
    prompt, text, index, num_tokens = (np.concatenate(columns) for columns in zip(*found, strict=True))
    place = mix(prompt ^ mix(index.astype(np.uint64) + np.uint64(1)))
    of_prompt = prompts.places(prompt)
    outcome = _outcomes(run, place)
    return VersionRows(
        prompt=prompt,
        text=text,
        place=place,
        asked=prompts.asked[of_prompt],
        reference=prompts.reference[of_prompt],
        num_tokens=num_tokens,
        pass_rate=_pass_rates(run, of_prompt, index, outcome),
        domain=WordColumn(prompts.domains.words, prompts.domain[of_prompt]),
        source=WordColumn(prompts.sources.words, prompts.source[of_prompt]),
        verdict=WordColumn(OUTCOMES, outcome),
    )


def run_ids(run: RunFolder) -> Iterator[pa.Array]:
    """The prompt of every sample, in the order of `read_run`."""
    for table in run.samples.tables(["prompt_id"]):
        yield from table.column(0).chunks


_SAMPLE = ("prompt_id", "index", "reasoning", "answer", "num_tokens")


def _samples(table: pa.Table) -> Iterator[tuple[Draws, Draws, Small, Small]]:
    for batch in table.to_batches(512):
        index, num_tokens = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("index", "num_tokens"))
        text = row_digests(batch.select(["reasoning", "answer"]))
        yield digests(batch.column("prompt_id")), text, index.astype(np.int32), num_tokens.astype(np.int32)


class _Prompts:
    """The prompts of a run, by the digests of their ids."""

    def __init__(self, run: RunFolder) -> None:
        self.domains, self.sources = Vocabulary(), Vocabulary()
        ids, asked, reference, domain, source = [], [], [], [], []
        for table in run.prompts.tables(schemas.PROMPTS.names):
            domain.append(self.domains.encode(table.column("domain")))
            source.append(self.sources.encode(table.column("source")))
            for batch in table.to_batches():
                ids.append(digests(batch.column("id")))
                asked.append(digests(batch.column("prompt")))
                reference.append(row_digests(batch.select(_REFERENCE)))
        if not ids:
            raise RunError(f"{run.path} has no prompts, but samples; restore its folder prompts/ from a copy.")
        order = np.argsort(np.concatenate(ids), kind="stable")
        self._ids = np.concatenate(ids)[order]
        self._run = run
        self.asked, self.reference = np.concatenate(asked)[order], np.concatenate(reference)[order]
        self.domain, self.source = np.concatenate(domain)[order], np.concatenate(source)[order]

    def places(self, prompt: Draws) -> Ints:
        """Where the prompts of samples stand. Raises RunError where one is not there."""
        found: Ints = np.minimum(np.searchsorted(self._ids, prompt), len(self._ids) - 1)
        if (self._ids[found] != prompt).any():
            raise RunError(
                f"{self._run.path} has samples of prompts that are not in its prompts/; restore that folder."
            )
        return found


def _outcomes(run: RunFolder, place: Draws) -> Small:
    """The outcome of each sample, by its place."""
    outcome = np.full(len(place), len(OUTCOMES) - 1, dtype=np.int32)
    order = np.argsort(place, kind="stable")
    known = place[order]
    for table in run.verdicts.tables(["prompt_id", "index", "outcome"]):
        for batch in table.to_batches():
            index = batch.column("index").to_numpy(zero_copy_only=False).astype(np.uint64)
            wanted = mix(digests(batch.column("prompt_id")) ^ mix(index + np.uint64(1)))
            found = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
            is_there = known[found] == wanted
            codes = np.array([OUTCOMES.index(word) for word in batch.column("outcome").to_pylist()], dtype=np.int32)
            outcome[order[found[is_there]]] = codes[is_there]
    return outcome


def _pass_rates(run: RunFolder, of_prompt: Ints, index: Small, outcome: Small) -> Floats:
    """Of each sample's prompt, from the samples that no policy ends; NaN where none of these was decided."""
    is_probe = index < num_probes(run.manifest)
    num_passed, num_failed = (
        np.bincount(of_prompt[is_probe & (outcome == OUTCOMES.index(word))], minlength=int(of_prompt.max()) + 1)
        for word in (Outcome.PASS, Outcome.FAIL)
    )
    num_decided = num_passed + num_failed
    rates = np.full(len(num_decided), np.nan)
    np.divide(num_passed, num_decided, out=rates, where=num_decided > 0)
    return rates[of_prompt]
