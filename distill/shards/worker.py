"""Finishes shards of a plan, one after another, in this process: the same code under Ray, Slurm and a shell.

The rows of a shard are made by the same core as those of a whole run, in a folder that belongs to one attempt. So an
attempt whose driver died may write on beside its successor without harm. A successor first takes over what earlier
attempts had stored, each key once; a sample and its verdict always come from one attempt. A finished shard is sorted,
written to Parquet, put into the storage, and its manifest last of all: with the manifest there it is never done again.

On a storage that is no path, the attempt works in a scratch folder of its node, and a thread copies what it has to
the storage every `MIRROR_INTERVAL_S`. So a process that dies loses nothing that was stored, on the same node; a node
that dies with its disk loses at most that interval. On a common file system it loses nothing either.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from distill.cluster.storage import Storage
from distill.errors import DistillError
from distill.shards.attempt import new_attempt, remove_attempts
from distill.shards.deciding import ShardVerifier
from distill.shards.drawing import ShardSampler
from distill.shards.folder import PlanFolder
from distill.shards.plan import SealedShard, ShardPlan, ShardReport
from distill.shards.sealing import put_sorted

ShardMaker = ShardSampler | ShardVerifier


class ShardWorker:
    """Finishes shards; made by `ShardWorker.open`, which ends the engine and the verifiers that were started."""

    def __init__(self, folder: PlanFolder, plan: ShardPlan, scratch: Path, maker: ShardMaker) -> None:
        self._folder = folder
        self._plan = plan
        self._scratch = scratch
        self._maker = maker

    @classmethod
    @contextmanager
    def open(cls, url: str, scratch: Path | None = None) -> Iterator["ShardWorker"]:
        """A worker for the plan whose own folder is at `url`.

        `scratch` is a folder on a disk of this node, for storages that are no path. Raises RunError where there is no
        plan, or one of another version of distill.
        """
        folder = PlanFolder(Storage(url))
        plan = folder.read_plan()
        scratch = (scratch or Path(tempfile.gettempdir()) / "distill") / plan.name
        with _maker(folder, plan, scratch) as maker:
            yield cls(folder, plan, scratch, maker)

    def run(self, number: int) -> ShardReport:
        """Finish a shard, unless it is finished. What a user can put right is reported, not raised."""
        try:
            sealed = self._folder.sealed(number)
            return ShardReport(number=number, sealed=sealed or self._finish(number))
        except DistillError as error:
            return ShardReport(number=number, error=str(error))
        except FileNotFoundError:
            sealed = self._folder.sealed(number)  # another attempt has finished, and its folder was removed
            if sealed is None:
                raise
            return ShardReport(number=number, sealed=sealed)

    def _finish(self, number: int) -> SealedShard:
        """Make a shard and write its manifest; returns that of another attempt where it was first."""
        start, storage = time.monotonic(), self._folder.storage
        with new_attempt(storage, number, self._scratch) as attempt:
            rows = self._maker.make(self._plan.shards[number], attempt)
            files = tuple(put_sorted(self._folder, number, attempt, self._plan.tables, rows.rank))
        sealed = self._folder.sealed(number)
        if sealed is None:
            sealed = SealedShard(
                number=number,
                attempt=attempt.name,
                files=files,
                rests_on=dict(rows.versions),
                num_restored=rows.num_restored,
                seconds=round(time.monotonic() - start, 3),
            )
            self._folder.seal(sealed)
        remove_attempts(storage, number, self._scratch)  # not before the manifest is there: until then rows may be lost
        return sealed


def _maker(folder: PlanFolder, plan: ShardPlan, scratch: Path) -> AbstractContextManager[ShardMaker]:
    """What makes the rows of this plan's stage."""
    if plan.stage == "generate":
        return closing(ShardSampler(folder, plan))
    return ShardVerifier.open(folder, plan, scratch)
