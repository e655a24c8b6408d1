"""Shards of `verify`: the verdicts on a range of samples."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from distill.ordered import in_order
from distill.progress import say
from distill.records import Sample, Verdict
from distill.rows import columns as schemas
from distill.shards.attempt import Attempt, restore
from distill.shards.folder import PlanFolder
from distill.shards.plan import Extent, ShardPlan
from distill.shards.sealing import ShardRows
from distill.store import PromptLookup, Table
from distill.verifiers.dispatch import Verifiers


class ShardVerifier:
    """Gives verdicts to the samples of shards, with verifiers and prompts that serve one shard after another."""

    def __init__(self, folder: PlanFolder, scratch: Path, runner: asyncio.Runner, verifiers: Verifiers) -> None:
        self._folder = folder
        self._scratch = scratch
        self._runner = runner
        self._verifiers = verifiers

    @classmethod
    @contextmanager
    def open(cls, folder: PlanFolder, plan: ShardPlan, scratch: Path) -> Iterator["ShardVerifier"]:
        """One whose verifiers end with the block; prompts of a remote storage are fetched to `scratch`."""
        with asyncio.Runner() as runner:
            stack = AsyncExitStack()
            verifiers = runner.run(stack.enter_async_context(Verifiers(plan.verify)))
            try:
                yield cls(folder, scratch, runner, verifiers)
            finally:
                runner.run(stack.aclose())

    def make(self, extent: Extent, attempt: Attempt) -> ShardRows:
        """Make the rows of a shard."""
        places: dict[tuple[str, int], int] = {}
        verdicts = Table(attempt.folder / "verdicts", schemas.VERDICTS)
        verdicts.open(attempt.name, say)
        try:
            num_restored = restore(attempt.earlier, None, verdicts)
            self._runner.run(self._decide(extent, places, verdicts))
        finally:
            verdicts.close()
        return ShardRows(lambda key: (places[key], 0), num_restored, self._verifiers.describe())

    async def _decide(self, extent: Extent, places: dict[tuple[str, int], int], verdicts: Table) -> None:
        """Decide on all samples that have no verdict, and note the place of every sample."""
        known = verdicts.keys()

        def undecided() -> Iterator[Sample]:
            for row in self._folder.input_rows("samples", extent):
                sample = schemas.sample_of(row)
                key = sample.prompt_id, sample.index
                places[key] = len(places)
                if key not in known:
                    yield sample

        async def decide(sample: Sample) -> Verdict:
            return await self._verifiers.verify_sample(self._prompts[sample.prompt_id], sample)

        async for sample, verdict in in_order(undecided(), decide):
            verdicts.append(schemas.verdict_row(sample.prompt_id, sample.index, verdict))

    @cached_property
    def _prompts(self) -> PromptLookup:
        """The prompts of all samples."""
        return PromptLookup(Table(self._folder.input_folder("prompts", self._scratch), schemas.PROMPTS))
