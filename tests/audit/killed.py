"""Runs an audit and kills it at its Nth chunk: `python -m tests.audit.killed DATASET OUT before|within|after N`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from distill.audit import audit as stage
from distill.audit import plan
from distill.audit.audit import audit
from distill.audit.plan import AuditOptions
from distill.audit.state import WorkFolder

CHUNK_ROWS = 10


def kill_at(when: str, number: int) -> Callable[..., None]:
    """`WorkFolder.put`, which is killed before, within or after putting a chunk in place."""
    put = WorkFolder.put

    def dying(folder: WorkFolder, chunk: int, *found: object) -> None:
        if chunk < number:
            put(folder, chunk, *found)  # type: ignore[arg-type]
            return
        if when != "before":
            put(folder, chunk, *found)  # type: ignore[arg-type]
        if when == "within":
            (folder.path / f"{chunk:08}.json").unlink()
        os._exit(9)

    return dying


def main() -> None:
    """Audit until the end, which does not come."""
    dataset, out, when, number = sys.argv[1:]
    plan.CHUNK_ROWS = CHUNK_ROWS
    vars(stage)["CHUNK_ROWS"] = CHUNK_ROWS
    WorkFolder.put = kill_at(when, int(number))  # type: ignore[method-assign]
    audit([dataset], Path(out), AuditOptions(num_workers=1))


if __name__ == "__main__":
    main()
