"""Finished shards ─▶ the run folder, which one process alone writes."""

from collections import Counter
from pathlib import Path

from distill.errors import RunError
from distill.files import sha256
from distill.progress import say
from distill.shards.folder import PlanFolder, attempts_at
from distill.shards.plan import SealedShard, ShardPlan, TableName
from distill.store import RunFolder, Table
from distill.verifiers.verify import count_outcomes


class GatheredShards:
    """The shards of a plan that are in the run folder."""

    def __init__(self, run: RunFolder, plan: ShardPlan, folder: PlanFolder) -> None:
        """Raises RunError where the run holds rows that are in no shard of the plan: they would be made twice."""
        self._run = run
        self._plan = plan
        self._folder = folder
        self._found: dict[int, SealedShard] = {}
        for table in plan.tables:
            self._refuse_others(table)

    def __len__(self) -> int:
        return len(self._found)

    def missing(self) -> list[int]:
        """Numbers of the shards that are not there yet."""
        return [number for number in range(len(self._plan.shards)) if number not in self._found]

    def take(self, number: int) -> bool:
        """Bring a finished shard into the run folder. False where it is there already, or has to be made again."""
        sealed = self._folder.sealed(number)
        if sealed is None or number in self._found:
            return False
        for file in sealed.files:
            target = self._target(file.table, number)
            if file.num_rows == 0 or (target.exists() and target.stat().st_size == file.num_bytes):
                continue
            self._folder.storage.get(file.name, target)
            if target.stat().st_size != file.num_bytes or sha256(target) != file.sha256:
                self._discard(number, file.name)
                return False
        self._folder.storage.remove(attempts_at(number))
        self._found[number] = sealed
        return True

    def finish_stage(self, seconds: float) -> None:
        """Record in the run's manifest that the stage is done; every shard has to be there."""
        shards = self._found.values()
        versions = {name: version for sealed in shards for name, version in sealed.rests_on.items()}
        if self._plan.stage == "verify":
            self._run.finish("verify", count_outcomes(self._run), seconds, versions)
            return
        num_rows: Counter[str] = Counter()
        for sealed in shards:
            num_rows.update({file.table: file.num_rows for file in sealed.files})
        self._run.finish("generate", {"samples": num_rows["samples"]}, seconds, versions)
        self._run.finish("verify", count_outcomes(self._run), 0.0, versions)  # a shard is finished with its verdicts

    def _discard(self, number: int, name: str) -> None:
        """Forget a shard whose file was damaged, so that it is made again."""
        for table in self._plan.tables:
            self._target(table, number).unlink(missing_ok=True)
        self._folder.unseal(number)
        say(f"{name} in {self._folder.storage.url} is not what its manifest says; the shard is made anew.")

    def _target(self, table: TableName, number: int) -> Path:
        return self._table(table).folder / f"{self._plan.digest}-{number:05}.parquet"

    def _table(self, name: TableName) -> Table:
        return self._run.samples if name == "samples" else self._run.verdicts

    def _refuse_others(self, name: TableName) -> None:
        shards = self._table(name).shards()
        others = [shard for shard in shards if not shard.name.startswith(f"{self._plan.digest}-")]
        if others:
            raise RunError(
                f"{self._run.path} holds {name} that were not made in these shards ({others[0].name}). Go on with "
                f"the same command without --ray, --store and --cut, or add --restart {self._plan.stage}."
            )
