"""Counts tokens with the student's tokenizer; the teacher's has other tokens, so its count is only a guess."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from distill.dataset.candidates import Ints, Mask
from distill.dataset.pool import CandidatePool
from distill.dataset.readers import TEXT_COLUMNS, Ask
from distill.dataset.row_builder import completions
from distill.errors import InputError
from distill.store.row_groups import Texts


@dataclass(frozen=True)
class Counting:
    """How many tokens a tokenizer makes of each completion."""

    tokenizer: str

    def __call__(self, rows: pa.Table) -> Ints:
        """The tokens of every row."""
        content = pc.struct_field(completions(rows).flatten(), "content").to_pylist()
        found = _load(self.tokenizer).encode_batch_fast(content, add_special_tokens=False)
        return np.array([len(encoding) for encoding in found], dtype=np.int64)


def recount(pool: CandidatePool, wanted: Mask, tokenizer: str, ask: Ask) -> CandidatePool:
    """The pool with the completions in `wanted` counted by a student's tokenizer: a folder, or a Hub id.

    What is left out keeps the teacher's count. Prompts keep the teacher's as well.
    """
    _load(tokenizer)  # what cannot be found is told before anything is read
    num_tokens = pool.candidates.num_tokens.copy()
    texts = Texts(pool.sample_units, TEXT_COLUMNS)
    parts = list(texts.by_unit(np.flatnonzero(wanted)))
    for (_, found), counts in zip(parts, ask(Counting(tokenizer), texts, parts), strict=True):
        num_tokens[found] = counts
    candidates = pool.candidates
    num_context = candidates.num_context - candidates.num_tokens + num_tokens
    return pool._replace(candidates=replace(candidates, num_tokens=num_tokens, num_context=num_context))


@cache
def _load(name: str) -> Tokenizer:
    """Only `tokenizer.json` is read, so that no model library is loaded."""
    file = Path(name) / "tokenizer.json" if Path(name).is_dir() else Path(name)
    try:
        return Tokenizer.from_file(str(file)) if file.is_file() else Tokenizer.from_pretrained(name)
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        raise InputError(
            f"There is no tokenizer {name!r} ({error}); name a folder with tokenizer.json or a Hub id."
        ) from None
