"""What a command takes: wall time, CPU time and memory, all of its processes together where it waits for them."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from peers import ROOT, Failed


class Cost(NamedTuple):
    """What a command took."""

    wall_s: float
    cpu_s: float
    """User and system, of the command and of every descendant that was waited for."""
    peak_mb: float
    """Of its largest process."""


def cost(command: Sequence[str | Path]) -> Cost:
    """Run a command with this repository on its path. Raises Failed."""
    line = [str(part) for part in command]
    with tempfile.TemporaryFile() as log:
        start = time.monotonic()
        process = subprocess.Popen(line, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - start
        if status:
            log.seek(0)
            raise Failed(f"{' '.join(line)[:500]} ended with status {status}:\n{log.read().decode().strip()[-3000:]}")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
