"""The pages of memory behind Arrow's tables."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa


@contextmanager
def kept_pages() -> Iterator[None]:
    """While the block runs, Arrow keeps the pages that it frees, for what it allocates next.

    Commands have them given back at once (`linux.give_memory_back`), which suits small tables. Where row groups of many
    megabytes come and go, to get pages anew from the system takes as long as the work itself: half of a selection's
    time. Where this build of Arrow has no allocator of its own, nothing changes.
    """
    before = pa.default_memory_pool()
    if "mimalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.mimalloc_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)
