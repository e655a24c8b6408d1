"""The work of `distill prompts` on chunks of rows, as it is done in every process, here or on a Ray cluster."""

import asyncio
from contextlib import AsyncExitStack
from typing import NamedTuple

from distill.prompts.intake import Decided, Intake, Problems, SourceRow
from distill.prompts.self_check import SelfCheck
from distill.recipe.sections import VerifySection
from distill.verifiers.dispatch import Verifiers


class PromptWork(NamedTuple):
    """Deciding on rows, given the problems of the benchmarks."""

    problems: Problems

    def set_up(self) -> "PromptWorker":
        """A worker for this process."""
        return PromptWorker(self.problems)

    def describe(self, chunk: list[SourceRow]) -> str:
        """The rows of a chunk, for messages."""
        return f"the rows from {chunk[0].located.where} to {chunk[-1].located.where}"


class PromptWorker:
    """Decides on rows, then waits while its only verifying process checks their references.

    References are checked where rows are decided on: the verifiers of one machine could not keep up with a cluster.
    """

    def __init__(self, problems: Problems) -> None:
        self._loop = asyncio.Runner()
        self._stack = AsyncExitStack()
        verifiers = self._loop.run(self._stack.enter_async_context(Verifiers(VerifySection(workers=1))))
        self._intake = Intake(problems, SelfCheck(verifiers))

    def __call__(self, chunk: list[SourceRow]) -> Decided:
        """Decide on a chunk. `Runner.run` would spell out the last chunk's result: it sets a signal's handler anew."""
        return self._loop.get_loop().run_until_complete(self._intake.decide(chunk))

    def close(self) -> None:
        """End the verifying process."""
        self._loop.run(self._stack.aclose())
        self._loop.close()
