"""Ray Serve in processes of its own, with a stand-in for a teacher that is deployed and deleted as a test wants it.

`python -m tests.ray_serve 8265 8000 asked.log` starts it, and takes `deploy NAME PREFIX NUM_FAST`, `delete NAME` and
`record` from its standard input, each answered by a line once it is done. `record` prints what the dashboard says.
"""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.ray_cluster import OBJECT_STORE_BYTES
from tests.endpoint import answer, reply

TOKEN = "of-this-test-" + 32 * "0"  # Ray wants one; this cluster is of this machine alone


class Serve:
    """A running Ray Serve: where it is, and what it is told to do."""

    def __init__(self, process: "subprocess.Popen[str]", dashboard_port: int, port: int, log: Path) -> None:
        self._process = process
        self._log = log
        self.dashboard = f"127.0.0.1:{dashboard_port}"
        self.port = port

    def tell(self, line: str) -> str:
        """Have it done; what it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        """The next line that is meant for us: Ray, too, writes to the standard output."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("> "):
                return line.removeprefix("> ")
        raise AssertionError("Ray Serve has ended")

    def asked(self) -> list[str]:
        """The paths that were asked for a completion."""
        return self._log.read_text().split() if self._log.exists() else []


@contextmanager
def serving(dashboard_port: int, port: int, log: Path) -> Iterator[Serve]:
    """Start Ray with its dashboard, and Serve without an application."""
    environment = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "RAY_worker_niceness": "0"}
    line = [sys.executable, "-m", "tests.ray_serve", str(dashboard_port), str(port), str(log)]
    process = subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        serve = Serve(process, dashboard_port, port, log)
        assert serve.answer() == "ready\n"
        yield serve
    finally:
        process.communicate()  # the end of its standard input is its end


class Teacher:
    """Speaks as an endpoint does; every answer leaves the path that was asked in the log.

    After its first answers it is slow, so that a run does not end before the application has moved on.
    """

    def __init__(self, log: str, num_fast: int) -> None:
        self._log = Path(log)
        self._num_fast = num_fast

    async def __call__(self, request: Any) -> object:
        if request.url.path.endswith("/models"):
            return {"data": [{"id": "toy"}]}
        body = await request.json()
        self._num_fast -= 1
        await asyncio.sleep(0.1 if self._num_fast >= 0 else 6.0)
        with self._log.open("a") as log:
            log.write(request.url.path + "\n")
        return reply(answer(body["messages"][-1]["content"], 0))


def main(dashboard_port: int, port: int, log: str) -> None:
    """Serve until the standard input ends."""
    import ray
    from ray import serve

    ray.init(
        "local",
        num_cpus=1,
        dashboard_port=dashboard_port,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
    )
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    teacher = serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 0}, max_ongoing_requests=64)(Teacher)
    print("> ready", flush=True)
    for line in sys.stdin:
        verb, *arguments = line.split()
        said = "done"
        if verb == "deploy":
            name, prefix, num_fast = arguments
            serve.run(teacher.bind(log, int(num_fast)), name=name, route_prefix=prefix)
        elif verb == "delete":
            serve.delete(arguments[0])
        else:
            said = json.dumps(ask(dashboard_port))
        print(f"> {said}", flush=True)
    serve.shutdown()  # type: ignore[no-untyped-call]
    ray.shutdown()


def ask(dashboard_port: int) -> object:
    """What the dashboard says of Serve."""
    url = f"http://127.0.0.1:{dashboard_port}/api/serve/applications/"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request) as found:
        return json.load(found)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
