"""The traces that the report shows: some of each outcome and domain, drawn the same way every time."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from distill.dataset.candidates import OUTCOMES, Ints, mix
from distill.dataset.pool import CandidatePool
from distill.store import RunFolder
from distill.store.row_groups import Texts
from distill.store.shard import read_table

MAX_CHARS = 20_000
"""A longer text is cut, and the page says so; browsers open pages of long traces slowly."""
COLUMNS = ("prompt_id", "index", "reasoning", "answer", "finish_reason", "num_tokens")

VERDICT_COLUMNS = ("prompt_id", "index", "verifier", "extracted", "reason", "failed_test")
"""A run's shards may have been sealed by a version that did not keep the last."""


def shown_traces(run: RunFolder, pool: CandidatePool, number: int) -> list[dict[str, object]]:
    """Up to `number` traces as plain values for the page."""
    places = _drawn(pool, number)
    if not len(places):
        return []
    samples = Texts(pool.sample_units, COLUMNS).take(places).to_pylist()
    prompts = (
        Texts(pool.prompt_units, ["prompt", "answer"]).take(pool.place[pool.candidates.prompt[places]]).to_pylist()
    )
    verdicts = _verdicts(run, samples)
    traces: list[dict[str, object]] = []
    for place, sample, prompt in zip(places.tolist(), samples, prompts, strict=True):
        outcome = OUTCOMES[pool.candidates.outcome[place]]
        verdict = verdicts.get(
            (sample["prompt_id"], sample["index"]),
            {"reason": "", "extracted": None, "verifier": "", "failed_test": None},
        )
        code = pool.candidates.prompt[place]
        traces.append(
            {
                "id": sample["prompt_id"],
                "index": sample["index"],
                "outcome": outcome.value if outcome else "not verified",
                "domain": pool.domains.words[pool.domain[code]],
                "source": pool.sources.words[pool.source[code]],
                "num_tokens": sample["num_tokens"],
                "finish_reason": sample["finish_reason"],
                "messages": [(turn["role"], _cut(turn["content"])) for turn in prompt["prompt"]],
                "reference": _cut(prompt["answer"] or ""),
                "reasoning": _cut(sample["reasoning"] or ""),
                "answer": _cut(sample["answer"]),
                **verdict,
            }
        )
    return traces


def _drawn(pool: CandidatePool, number: int) -> Ints:
    """Positions of samples: outcomes and domains take turns, so that rare ones are seen as well."""
    candidates = pool.candidates
    kind = candidates.outcome.astype(np.int64) * len(pool.domains.words) + pool.domain[candidates.prompt]
    draws = mix(np.arange(len(candidates), dtype=np.uint64))
    order = np.lexsort((draws, kind))
    sizes = np.bincount(kind)
    turn = np.empty(len(order), dtype=np.int64)
    turn[order] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen: Ints = np.sort(np.lexsort((draws, turn))[:number])
    return chosen


def _verdicts(run: RunFolder, samples: list[dict[str, object]]) -> dict[tuple[object, object], dict[str, object]]:
    wanted = {(sample["prompt_id"], sample["index"]) for sample in samples}
    ids = pa.array([str(name) for name, _ in wanted])
    found: dict[tuple[object, object], dict[str, object]] = {}
    for shard in run.verdicts.shards():
        table = read_table(shard, VERDICT_COLUMNS)
        for row in table.filter(pc.is_in(table.column("prompt_id"), ids)).to_pylist():
            key = (row.pop("prompt_id"), row.pop("index"))
            if key in wanted:
                found[key] = {"failed_test": None, **row}
    return found


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}\n… {len(text) - MAX_CHARS:,} more characters"
