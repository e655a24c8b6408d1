"""The filters of a selection as a question about texts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from distill.eligibility import FILTER_CODES, Reason
from distill.filters import Text, Tools, first_reason
from distill.selection import Ints


@dataclass(frozen=True)
class Filtering:
    """Which filter drops a sample first: its code among the reasons, KEPT where none does."""

    filters: tuple[str, ...]
    tools: Tools

    def __call__(self, rows: pa.Table) -> Ints:
        """The code of every row."""
        texts = zip(rows.column("reasoning").to_pylist(), rows.column("answer").to_pylist(), strict=True)
        reasons = (first_reason(Text(reasoning or "", answer), self.filters, self.tools) for reasoning, answer in texts)
        return np.array([Reason.KEPT if reason is None else FILTER_CODES[reason] for reason in reasons], dtype=np.int64)


def default_tools() -> Tools:
    """What filters ask in earnest."""
    from distill.dataset.majority import equal
    from distill.language import identify

    return Tools(identify, equal)
