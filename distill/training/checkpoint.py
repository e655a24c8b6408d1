"""The last checkpoint that can be resumed from."""

import json
from pathlib import Path


def last_checkpoint(work: Path) -> str | None:
    """The newest whole `checkpoint-STEP` under `work`; None without any.

    A process that is killed while it saves leaves a folder that lacks files. `trainer_state.json` is the last that
    the trainer writes, so a folder in which it cannot be read is passed over: transformers' own `get_last_checkpoint`
    would resume from it.
    """
    folders = sorted(work.glob("checkpoint-*"), key=lambda folder: int(folder.name.rpartition("-")[2]), reverse=True)
    return next((str(folder) for folder in folders if _is_whole(folder)), None)


def _is_whole(folder: Path) -> bool:
    try:
        json.loads((folder / "trainer_state.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return True
