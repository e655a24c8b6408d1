"""The folder of a plan in a storage that all machines reach: its inputs, attempts at its shards, and finished ones."""

from collections.abc import Iterator
from pathlib import Path

from distill import __version__
from distill.cluster.storage import Storage
from distill.errors import RunError
from distill.rows.columns import Row
from distill.shards.plan import Extent, SealedShard, ShardPlan, TableName
from distill.store import Table
from distill.store.shard import Shard


class PlanFolder:
    """What machines know of each other's work: `plan.json`, `inputs/`, `attempts/` and `sealed/`."""

    def __init__(self, storage: Storage) -> None:
        """`storage` is the plan's own folder."""
        self.storage = storage

    def write_plan(self, plan: ShardPlan) -> None:
        """Put the plan where workers find it."""
        self.storage.write("plan.json", plan.model_dump_json(indent=2) + "\n")

    def read_plan(self) -> ShardPlan:
        """The plan. Raises RunError where there is none, or it is another version's."""
        url, text = self.storage.url, self.storage.read("plan.json")
        if text is None:
            raise RunError(f"{url} holds no plan.json; `distill generate` or `verify` with --cut prints where one is.")
        plan = ShardPlan.model_validate_json(text)
        if plan.version != __version__:
            raise RunError(f"{url} was cut by distill {plan.version}, and this is {__version__}; install the same.")
        return plan

    def put_inputs(self, name: str, table: Table) -> None:
        """Copy the shards of a table that are missing among the inputs."""
        self.storage.put_missing(table.shards(), f"inputs/{name}")

    def input_rows(self, name: str, extent: Extent) -> Iterator[Row]:
        """The rows of an extent; of a remote file only the row groups that hold them are fetched."""
        input_name = f"inputs/{name}/{extent.file}"
        with self.storage.open(input_name) as stream, Shard(Path(input_name), stream) as file:
            position = 0
            for group, num_rows in enumerate(file.group_sizes):
                end = position + num_rows
                if position < extent.last and end > extent.first:
                    first, last = max(extent.first, position), min(extent.last, end)
                    yield from file.group(group).slice(first - position, last - first).to_pylist()
                position = end

    def input_folder(self, name: str, scratch: Path) -> Path:
        """A folder of this machine with all files of an input table; a remote storage's are fetched to `scratch`."""
        inputs = f"inputs/{name}"
        if self.storage.local is not None:
            return self.storage.local / inputs
        for file in self.storage.names(inputs):
            if not (scratch / inputs / file).exists():
                self.storage.get(f"{inputs}/{file}", scratch / inputs / file)
        return scratch / inputs

    def finished(self) -> set[int]:
        """The shards that some worker has finished."""
        manifests = (name for name in self.storage.names("sealed") if name.endswith(".json"))
        return {int(name.removesuffix(".json")) for name in manifests}

    def sealed(self, number: int) -> SealedShard | None:
        """The manifest of a shard; None while it is not finished."""
        text = self.storage.read(_manifest(number))
        return None if text is None else SealedShard.model_validate_json(text)

    def seal(self, shard: SealedShard) -> None:
        """Write the manifest of a shard, whose files are there: it is finished now."""
        self.storage.write(_manifest(shard.number), shard.model_dump_json(indent=2) + "\n")

    def unseal(self, number: int) -> None:
        """Remove the manifest of a shard, which has to be made again."""
        self.storage.remove_file(_manifest(number))

    def put_sealed(self, file: Path, number: int, attempt: str, table: TableName) -> str:
        """Put a finished table of a shard; returns its name in the storage."""
        name = f"sealed/{number:05}-{attempt}-{table}.parquet"
        self.storage.put(file, name)
        return name


def attempts_at(number: int) -> str:
    """The folder of all attempts at a shard, in the storage and below the scratch folder of a worker."""
    return f"attempts/{number:05}"


def _manifest(number: int) -> str:
    return f"sealed/{number:05}.json"
