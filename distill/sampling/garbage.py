"""When Python looks for garbage that refers to itself."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage cycles a hundredth as often as usual: requests leave few, and looking takes an eighth of all."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100 * usual[0], *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
