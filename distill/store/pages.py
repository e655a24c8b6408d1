"""The pages of memory behind Arrow's tables."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from distill import linux


@contextmanager
def kept_pages() -> Iterator[None]:
    """While the block runs, what is freed is kept for what is allocated next, by Arrow and by the codecs of Parquet.

    Commands have memory given back at once (`linux.give_memory_back`), which suits small tables. Where row groups of
    many megabytes come and go, pages that are taken anew from the system cost as much as the work itself. Where this
    build of Arrow has no allocator of its own, its tables take glibc's.
    """
    before = pa.default_memory_pool()
    if "mimalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.mimalloc_memory_pool())
    try:
        with linux.kept_memory():
            yield
    finally:
        pa.set_memory_pool(before)
