"""Runs `distill` as a user does, in a process of its own, against the stand-in Hub."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from tests.hub.server import TOKEN, Hub

PLAIN, XET = {"HF_HUB_DISABLE_XET": "1"}, {"HF_HUB_DISABLE_XET": "0"}


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Shell:
    def __init__(self, process: subprocess.Popen[str], folder: Path, hub: Hub) -> None:
        self._process, self._folder, self._hub = process, folder, hub

    def start(self, *arguments: object, token: str | None = TOKEN, **environment: str) -> int:
        """The number of the process."""
        memory = {"HF_XET_CACHE": str(self._folder / f"xet-{self._hub.num_resets}")}  # of what an emptied Hub has not
        given = PLAIN | memory | ({"HF_TOKEN": token} if token else {}) | environment
        command = {"arguments": [*map(str, arguments)], "environment": given}
        files = {name: str(self._folder / name) for name in ("out", "err")}
        self._stream("stdin").write(json.dumps(command | files) + "\n")
        self._stream("stdin").flush()
        return int(self._stream("stdout").readline())

    def wait(self) -> Done:
        code = int(self._stream("stdout").readline())
        out, err = ((self._folder / name).read_text() for name in ("out", "err"))
        assert TOKEN not in out + err
        assert "Traceback" not in err, err
        return Done(code, out, " ".join(err.split("\r")) if "\r" in err else err)

    def run(self, *arguments: object, token: str | None = TOKEN, **environment: str) -> Done:
        self.start(*arguments, token=token, **environment)
        return self.wait()

    def _stream(self, name: str) -> IO[str]:
        stream: IO[str] = getattr(self._process, name)
        return stream


@contextmanager
def opened(hub: Hub, folder: Path) -> Iterator[Shell]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "home"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment |= {"HF_XET_TELEMETRY_ENABLED": "0", "HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "2"}
    environment |= {"HF_XET_CLIENT_RETRY_BASE_DELAY": "20ms"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.hub.prepared"],
        env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        yield Shell(process, folder, hub)
        assert process.stdin is not None
        process.stdin.close()
