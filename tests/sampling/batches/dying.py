"""Draws runs by batches, each dying at one operation: `python -m tests.sampling.batches.dying`.

A line of its input is an attempt, `[FOLDER, URL, NUMBER]`; it answers with how that ended. One process imports what a
run needs and forks a child for each attempt. Counted are the operations on the run folder and, since a kill may come
between a request and its answer, every answer of the provider. Without a kill the child says how many there were.
"""

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path

import aiohttp

from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.sampling import generate as stage
from distill.sampling.batches import sampler as batches
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.verifiers import (
    math_answer,  # noqa: F401
    verify,  # noqa: F401 - imported before the fork, so that no child has to
)
from tests.store.crashing import forked

EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir"})
POLICY = "at_least(1, 2)"


class Count:
    """Counts operations, and kills at one of them."""

    def __init__(self, fatal: int) -> None:
        self.num_done = 0
        self._fatal = fatal

    def add(self) -> None:
        self.num_done += 1
        if self.num_done == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def draw(folder: Path, url: str, fatal: int) -> None:
    """As `distill generate --batch` does."""
    count = Count(fatal)
    run_folder = str(folder / "run")

    def operation(event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS and str(arguments[0]).startswith(run_folder):
            count.add()

    async def answer(*_: object) -> None:
        count.add()

    original = aiohttp.ClientSession.__init__

    def traced(session: aiohttp.ClientSession, *given: object, **named: object) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(answer)
        original(session, *given, trace_configs=[trace], **named)  # type: ignore[arg-type]

    aiohttp.ClientSession.__init__ = traced  # type: ignore[assignment, method-assign]
    vars(batches)["FIRST_LOOK_S"] = 0.001
    with RunFolder.open(folder / "run", lambda _: None) as run:
        import_prompts(run, folder / "prompts.jsonl")
        sys.addaudithook(operation)
        settings = GenerateSection(policy=POLICY, batch=True)
        teacher = TeacherSection(model="toy", endpoints=(url,))
        stage.generate(run, teacher, settings, None, VerifySection(workers=1))
    print(count.num_done, flush=True)


def main() -> None:
    """Answers each attempt when it has ended."""
    for line in sys.stdin:
        folder, url, fatal = json.loads(line)
        said = Path(folder) / "said"
        status = forked(partial(draw, Path(folder), url, fatal), said)
        print(json.dumps([os.waitstatus_to_exitcode(status), said.read_text()]), flush=True)


if __name__ == "__main__":
    main()
