"""Shards of `generate`: the samples of a range of prompts, and their verdicts."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from distill.errors import DistillError
from distill.progress import say
from distill.sampling.generate import generate
from distill.shards.attempt import Attempt, restore
from distill.shards.folder import PlanFolder
from distill.shards.plan import Extent, ShardPlan
from distill.shards.sealing import ShardRows
from distill.store import RunFolder
from distill.teacher.engines.engine import Engine


class ShardSampler:
    """Draws and verifies the samples of shards; its engine, where the plan names no endpoint, serves one after another.

    To be closed at the end, as with `contextlib.closing`.
    """

    def __init__(self, folder: PlanFolder, plan: ShardPlan) -> None:
        self._folder = folder
        self._plan = plan
        self._stack = ExitStack()
        self._engine: Engine | None = None

    def make(self, extent: Extent, attempt: Attempt) -> ShardRows:
        """Make the rows of a shard. After an error the next shard gets a new engine: the old one may be the cause."""
        try:
            with RunFolder.open(attempt.folder, say) as run:
                return self._draw(run, extent, attempt)
        except DistillError:
            self.close()
            raise

    def close(self) -> None:
        """Stop the engine."""
        self._engine = None
        self._stack.close()

    def _draw(self, run: RunFolder, extent: Extent, attempt: Attempt) -> ShardRows:
        plan = self._plan
        assert plan.teacher is not None
        assert plan.generate is not None
        places = self._import_prompts(run, extent)
        num_restored = restore(attempt.earlier, run.samples, run.verdicts)
        generate(run, plan.teacher, plan.generate, self._opened(), plan.verify)
        stages = run.manifest.stages
        versions = {**stages["generate"].versions, **stages["verify"].versions}
        return ShardRows(lambda key: (places[key[0]], key[1]), num_restored, versions)

    def _import_prompts(self, run: RunFolder, extent: Extent) -> dict[str, int]:
        """Put the prompts of a shard into the attempt's run; returns the place of each by its id."""
        run.begin("prompts", extent.model_dump())
        places: dict[str, int] = {}
        for row in self._folder.input_rows("prompts", extent):
            places[str(row["id"])] = len(places)
            run.prompts.append(row)
        run.prompts.close()
        return places

    def _opened(self) -> Engine:
        """The engine, whose server starts when its URL is asked for."""
        if self._engine is None:
            assert self._plan.teacher is not None
            log = Path(tempfile.gettempdir()) / f"distill-engine-{os.getpid()}.log"
            self._engine = self._stack.enter_context(Engine(self._plan.teacher, log, say))
        return self._engine
