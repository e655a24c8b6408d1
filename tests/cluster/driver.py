"""A `distill` command in a process of its own, which a test may kill and start again."""

import json
import subprocess
import sys
from pathlib import Path

DEADLINE_S = 1200.0
"""For a machine that is busy with other things; a quiet one needs a twentieth."""


class Driver:
    """A command line in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self._line = [sys.executable, "-m", "distill", *arguments]
        self.process = self.start()

    def start(self) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(self._line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self.process

    def finish(self) -> str:
        out, _ = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0, out
        return out

    def kill(self) -> None:
        assert self.process.poll() is None, self.process.communicate()[0]
        self.end()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def write(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file
