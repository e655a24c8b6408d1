"""The rows of a dataset, as Arrow columns made of samples."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from distill.dataset.candidates import GroupCounts, Ints, Small
from distill.dataset.pool import CandidatePool
from distill.reasoning import CLOSE, OPEN
from distill.rows import columns as schemas
from distill.rows.dataset_rows import SCHEMA
from distill.store.row_groups import Texts

NUM_CACHED_PROMPT_GROUPS = 8
"""Samples come nearly in the order of their prompts, so a few row groups serve them all."""

SAMPLE_COLUMNS = ("reasoning", "answer", "teacher", "sampling")
"""What a row takes of a stored sample."""


class RowBuilder:
    """Makes dataset rows of samples."""

    def __init__(self, pool: CandidatePool, groups: GroupCounts, answers: Mapping[int, str]) -> None:
        """`answers` holds what groups without a reference have voted for, by prompt."""
        self._pool = pool
        self._groups = groups
        self._prompts = Texts(pool.prompt_units, ["prompt", "answer"], NUM_CACHED_PROMPT_GROUPS)
        self._answers = answers

    def table(self, found: Ints, samples: pa.Table) -> pa.Table:
        """The rows of the samples at `found`, whose texts are in `samples`."""
        pool, groups, candidates = self._pool, self._groups, self._pool.candidates
        prompt = candidates.prompt[found]
        texts = self._prompts.take(pool.place[prompt])
        columns = {
            "id": pa.array([pool.ids[code] for code in prompt]),
            "prompt": texts.column("prompt"),
            "completion": completions(samples),
            "domain": _words(pool.domains.words, pool.domain[prompt]),
            "source": _words(pool.sources.words, pool.source[prompt]),
            "license": _words(pool.licenses.words, pool.license[prompt]),
            "language": _words(pool.languages.words, pool.language[prompt]),
            "answer": self._voted(prompt, texts.column("answer")),
            "num_tokens": pa.array(candidates.num_tokens[found], pa.int64()),
            "pass_rate": pa.array(groups.pass_rate[prompt], pa.float64()),
            "num_samples": pa.array(groups.num_samples[prompt], pa.int64()),
            "num_passed": pa.array(groups.num_passed[prompt], pa.int64()),
            "teacher": samples.column("teacher"),
            "verifier": _words(pool.verifiers.words, candidates.verifier[found]),
            "sampling": samples.column("sampling"),
        }
        return pa.table(columns, schema=SCHEMA)

    def _voted(self, prompts: Small, answers: pa.ChunkedArray) -> pa.ChunkedArray:
        if not self._answers:
            return answers
        voted = [self._answers.get(int(prompt)) for prompt in prompts]
        return pc.coalesce(pa.array(voted, pa.string()), answers)


def completions(samples: pa.Table) -> pa.ListArray:
    """What `reasoning.join` writes, for a whole column at once, as one message of the assistant each."""
    reasoning = pc.utf8_trim_whitespace(samples.column("reasoning").fill_null("").combine_chunks())
    answer = pc.utf8_trim_whitespace(samples.column("answer").combine_chunks())
    content = pc.binary_join_element_wise(f"{OPEN}\n", reasoning, f"\n{CLOSE}\n\n", answer, "")
    role = pa.repeat("assistant", len(samples))
    message = pa.StructArray.from_arrays([role, content], fields=list(schemas.MESSAGES.value_type))
    return pa.ListArray.from_arrays(np.arange(len(samples) + 1, dtype=np.int32), message)


def _words(words: Sequence[str], codes: np.ndarray[tuple[int], np.dtype[np.integer]]) -> pa.Array:
    """Words by their codes; the empty one is none."""
    return pa.array([word or None for word in words], pa.string()).take(pa.array(codes))
