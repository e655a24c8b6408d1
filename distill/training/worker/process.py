"""The life of a process that trains: it dies with what started it, and ends without freeing what it trained.

Freeing a DistributedDataParallel frees its gloo process group, whose destructor waits for the group's threads with the
interpreter's lock in hand. Such a thread may be waiting for that lock itself, to free a tensor of the last collective:
then neither ever ends (pytorch #56297; with torch 2.13 on a busy machine, one training in five of two processes). A
process that frees nothing cannot wait.
"""

import atexit
import ctypes
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from distill.errors import DistillError
from distill.linux import die_with_parent
from distill.training.work_folder import REFUSAL

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Of mallopt(3)."""


def run(train: Callable[[], object]) -> NoReturn:
    """Call `train` and end the process: status 0, or 1 with the traceback where it raised.

    A DistillError is a sentence for the user: a line of the log that starts with REFUSAL. What `train` returns lives
    until the very end, and so do the objects of the functions that raised.
    """
    die_with_parent()
    try:
        kept = train()  # noqa: F841 - a reference, so that nothing is freed
        _leave(0)
    except DistillError as error:
        print(f"\n{REFUSAL}{error}", flush=True)
        _leave(1)
    except BaseException:  # noqa: BLE001 - SystemExit and KeyboardInterrupt would free what failed, too
        traceback.print_exc()
        _leave(1)


def keep_memory() -> None:
    """Have malloc keep what it is given back; for training on a CPU.

    By default glibc returns every block of more than 32 MB to the system, and takes it anew a moment later: the pages
    of activations and gradients are then faulted in and cleared in every step. Kept, they cost nothing; the process
    stays as large as it once was. Elsewhere than under glibc nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)


def _leave(status: int) -> NoReturn:
    atexit._run_exitfuncs()  # experiment trackers send their last words there
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
