"""The rows of a dataset, as Arrow columns made of samples."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from distill.dataset.candidates import GroupCounts, Ints, Small
from distill.dataset.majority import Votes
from distill.dataset.pool import CandidatePool
from distill.dataset.run_names import run_names
from distill.reasoning import CLOSE, OPEN
from distill.rows import columns as schemas
from distill.rows.dataset_rows import REFERENCE, SCHEMA
from distill.store import RunFolder
from distill.store.manifest import made_with
from distill.store.row_groups import Texts

NUM_CACHED_GROUPS = 8
"""Samples come nearly in the order of their prompts and verdicts, so a few row groups serve them all."""

SAMPLE_COLUMNS = ("reasoning", "answer", "teacher", "sampling")
"""What a row takes of a stored sample."""
_PROMPT_COLUMNS = ("prompt", *(field.name for field in REFERENCE))
_VERDICT_COLUMNS = ("reason", "num_tests")


class _Origin(NamedTuple):
    """What all rows of a run share."""

    run: str
    policy: str
    judge: str | None


class RowBuilder:
    """Makes dataset rows of samples. Their texts are read when a row is made; memory holds none of them."""

    def __init__(self, pool: CandidatePool, groups: GroupCounts, votes: Votes) -> None:
        """`votes` has what groups without a reference have voted for."""
        self._pool = pool
        self._votes = votes
        self._groups = groups
        self._prompts = Texts(pool.prompt_units, _PROMPT_COLUMNS, NUM_CACHED_GROUPS)
        self._verdicts = Texts(pool.verdict_units, _VERDICT_COLUMNS, NUM_CACHED_GROUPS)
        self._firsts = np.array([unit.first for unit in pool.sample_units], dtype=np.int64)
        self._runs = np.array([unit.run for unit in pool.sample_units], dtype=np.int64)
        self._origins = list(map(_origin, pool.runs, run_names(pool.runs)))

    def table(self, found: Ints, samples: pa.Table) -> pa.Table:
        """The rows of the samples at `found`, which have verdicts and whose texts are in `samples`."""
        prompt = self._pool.candidates.prompt[found]
        texts = _whole(self._prompts.take(self._pool.place[prompt]), schemas.PROMPTS, _PROMPT_COLUMNS)
        completion = completions(samples)
        columns = {
            "prompt": texts.column("prompt"),
            "completion": completion,
            "messages": _one_list(texts.column("prompt").combine_chunks(), completion),
            "teacher": samples.column("teacher"),
            "sampling": samples.column("sampling"),
            "seed": _seeds(samples, self._pool.candidates.index[found]),
            **self._references(prompt, texts),
            **self._of_prompts(prompt),
            **self._of_samples(found, prompt),
        }
        return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)

    def _of_prompts(self, prompt: Small) -> dict[str, pa.Array]:
        """What is known of prompts by numbers."""
        pool, groups = self._pool, self._groups
        return {
            "id": pa.array([pool.ids[code] for code in prompt]),
            "domain": _words(pool.domains.words, pool.domain[prompt]),
            "source": _words(pool.sources.words, pool.source[prompt]),
            "license": _words(pool.licenses.words, pool.license[prompt]),
            "language": _words(pool.languages.words, pool.language[prompt]),
            "pass_rate": pa.array(groups.pass_rate[prompt], pa.float64(), from_pandas=True),
            "num_samples": pa.array(groups.num_samples[prompt], pa.int64()),
            "num_passed": pa.array(groups.num_passed[prompt], pa.int64()),
            "num_failed": pa.array(groups.num_failed[prompt], pa.int64()),
            "probe_pass_rate": pa.array(groups.probe_pass_rate[prompt], pa.float64(), from_pandas=True),
        }

    def _of_samples(self, found: Ints, prompt: Small) -> dict[str, pa.Array]:
        """What is known of samples beside their texts."""
        pool, candidates = self._pool, self._pool.candidates
        verdicts = _whole(self._verdicts.take(pool.verdict_place[found]), schemas.VERDICTS, _VERDICT_COLUMNS)
        verifiers = [pool.verifiers.words[code] for code in candidates.verifier[found]]
        runs = self._runs[np.searchsorted(self._firsts, found, side="right") - 1]
        origins = [self._origins[run] for run in runs]
        shares = [self._votes.shares.get(int(code)) for code in prompt]
        voted = [None if share is None else f"the answer that {share:.0%} of its prompt's samples gave"
                 for share in shares]  # fmt: skip
        judges = [origin.judge if verifier == "judge" else None
                  for origin, verifier in zip(origins, verifiers, strict=True)]  # fmt: skip
        return {
            "num_tokens": pa.array(candidates.num_tokens[found], pa.int64()),
            "verifier": pa.array([verifier or None for verifier in verifiers], pa.string()),
            "verdict_reason": pc.coalesce(pa.array(voted, pa.string()), verdicts.column("reason")),
            "judge": pa.array(judges, pa.string()),
            "num_tests": verdicts.column("num_tests"),
            "run": pa.array([origin.run for origin in origins], pa.string()),
            "sample_index": pa.array(candidates.index[found], pa.int64()),
            "policy": pa.array([origin.policy for origin in origins], pa.string()),
        }

    def _references(self, prompt: Small, texts: pa.Table) -> dict[str, pa.Array]:
        """What rows are checked against; where there is nothing, what their groups have voted for."""
        fields = {field.name: texts.column(field.name).combine_chunks() for field in REFERENCE}
        if self._votes.answers:
            voted = pa.array([self._votes.answers.get(int(code)) for code in prompt], pa.string())
            fields["answer"] = pc.coalesce(voted, fields["answer"])
        reference = pa.StructArray.from_arrays(list(fields.values()), fields=list(REFERENCE))
        return {"answer": fields["answer"], "reference": reference}


def completions(samples: pa.Table) -> pa.ListArray:
    """What `reasoning.join` writes, for a whole column at once, as one message of the assistant each."""
    reasoning = pc.utf8_trim_whitespace(samples.column("reasoning").fill_null("").combine_chunks())
    answer = pc.utf8_trim_whitespace(samples.column("answer").combine_chunks())
    content = pc.binary_join_element_wise(f"{OPEN}\n", reasoning, f"\n{CLOSE}\n\n", answer, "")
    role = pa.repeat("assistant", len(samples))
    message = pa.StructArray.from_arrays([role, content], fields=list(schemas.MESSAGES.value_type))
    return pa.ListArray.from_arrays(np.arange(len(samples) + 1, dtype=np.int32), message)


def _one_list(prompts: pa.ListArray, completions: pa.ListArray) -> pa.ListArray:
    """Each prompt's messages with the completion's behind them."""
    sizes = pc.list_value_length(prompts).to_numpy(zero_copy_only=False) + 1
    ends = np.cumsum(sizes)
    is_last = np.zeros(int(sizes.sum()), dtype=bool)
    is_last[ends - 1] = True
    order = np.where(is_last, np.cumsum(is_last) - 1 + len(is_last) - len(sizes), np.cumsum(~is_last) - 1)
    messages = pa.concat_arrays([prompts.flatten(), completions.flatten()]).take(pa.array(order))
    return pa.ListArray.from_arrays(np.concatenate([[0], ends]).astype(np.int32), messages)


def _seeds(samples: pa.Table, index: Small) -> pa.Array:
    """The seed that each sample's request was sent with: the sampling's, counted on by the sample's place."""
    return pc.add(pc.struct_field(samples.column("sampling").combine_chunks(), "seed"), pa.array(index, pa.int64()))


def _origin(run: RunFolder, name: str) -> _Origin:
    """The judge is the one that the settings of its verdicts name."""
    entry = run.manifest.stages.get("verify")
    judge = entry.settings.get("judge") if entry else None
    model = judge.get("model") if isinstance(judge, dict) else None
    return _Origin(name, made_with(run.manifest).policy, None if model is None else str(model))


def _whole(table: pa.Table, schema: pa.Schema, names: Sequence[str]) -> pa.Table:
    """The columns of a table by name, of nulls where a run is older than a column."""
    empty = schema.empty_table().select(list(names))
    return pa.concat_tables([empty, table], promote_options="default").select(list(names))


def _words(words: Sequence[str], codes: np.ndarray[tuple[int], np.dtype[np.integer]]) -> pa.Array:
    """Words by their codes; the empty one is none."""
    return pa.array([word or None for word in words], pa.string()).take(pa.array(codes))
