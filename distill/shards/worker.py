"""Runs shards of a plan, one after another, in this process: the same code under Ray, Slurm and a shell.

A shard is drawn or verified by the same core as a whole run, into a folder that belongs to this attempt alone. So an
attempt whose driver died may write on beside its successor without harm. A successor first takes over what earlier
attempts had stored, each key once; a sample and its verdict always come from one attempt. A finished shard is sorted,
written to Parquet, put into the storage, and its manifest last of all: with the manifest there it is never done again.

On a storage that is no path, the attempt works in a scratch folder of its node, and a thread copies what it has to
the storage every `MIRROR_INTERVAL_S`. So a process that dies loses nothing that was stored, on the same node; a node
that dies with its disk loses at most that interval. On a common file system it loses nothing either.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow.parquet as pq

from distill import __version__
from distill.cluster.mirror import Mirror
from distill.cluster.storage import Storage
from distill.errors import DistillError, RunError
from distill.files import sha256
from distill.ordered import in_order
from distill.progress import say
from distill.records import Sample, Verdict
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.sampling.generate import generate
from distill.shards.plan import Extent, Plan, Report, Sealed, SealedFile
from distill.store import Keys, PromptLookup, RunFolder, Table
from distill.store.sorting import Rank, write_sorted
from distill.teacher.engine import Engine
from distill.verifiers.dispatch import Verifiers
from distill.verifiers.verify import verify_run


def read_plan(storage: Storage) -> Plan:
    """The plan in a folder of a storage. Raises RunError where there is none, or it is another version's."""
    text = storage.read("plan.json")
    if text is None:
        raise RunError(
            f"{storage.url} holds no plan.json; `distill generate` or `verify` with --cut prints where one is."
        )
    plan = Plan.model_validate_json(text)
    if plan.version != __version__:
        raise RunError(f"{storage.url} was cut by distill {plan.version}, and this is {__version__}; install the same.")
    return plan


def read_sealed(storage: Storage, number: int) -> Sealed | None:
    """The manifest of a finished shard."""
    text = storage.read(f"sealed/{number:05}.json")
    return None if text is None else Sealed.model_validate_json(text)


class Worker:
    """Runs shards; a context manager that owns the engine and the verifiers it has started."""

    def __init__(self, url: str, scratch: Path | None = None) -> None:
        """`url` is the plan's own folder; `scratch` a folder on a disk of this node, for storages that are no path."""
        self._storage = Storage(url)
        self.plan = read_plan(self._storage)
        root = scratch or Path(tempfile.gettempdir()) / "distill"
        self._home = self._storage.local or root / self.plan.name
        self._stack = ExitStack()
        self._engines = ExitStack()
        self._engine: Engine | None = None
        self._prompts: PromptLookup | None = None

    def __enter__(self) -> Self:
        self._loop = self._stack.enter_context(asyncio.Runner())
        self._verifiers = Verifiers(self.plan.verify)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._engines.close()
        self._loop.run(self._verifiers.__aexit__(None, None, None))
        self._stack.close()

    def run(self, number: int) -> Report:
        """Finish a shard, unless it is finished. What a user can put right is reported, not raised."""
        try:
            sealed = read_sealed(self._storage, number)
            return Report(number=number, sealed=sealed or self._finish(number))
        except DistillError as error:
            self._engines.close()  # it may be the engine; the next shard starts a new one
            self._engine = None
            return Report(number=number, error=str(error))
        except FileNotFoundError:
            sealed = read_sealed(self._storage, number)  # another attempt has finished, and its folder was removed
            if sealed is None:
                raise
            return Report(number=number, sealed=sealed)

    def _finish(self, number: int) -> Sealed:
        start = time.monotonic()
        attempt = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
        folder = self._home / f"attempts/{number:05}/{attempt}"
        extent = self.plan.shards[number]
        with Mirror(self._storage, folder, f"attempts/{number:05}/{attempt}"):
            earlier = self._earlier(number, attempt)
            rank, num_restored, rests_on = (
                self._generate(extent, folder, earlier)
                if self.plan.stage == "generate"
                else self._verify(extent, folder, earlier)
            )
            files = tuple(self._seal(folder, number, attempt, rank))
        done = Sealed(
            number=number,
            attempt=attempt,
            files=files,
            rests_on=rests_on,
            num_restored=num_restored,
            seconds=round(time.monotonic() - start, 3),
        )
        first = read_sealed(self._storage, number)
        if first is None:
            self._storage.write(f"sealed/{number:05}.json", done.model_dump_json(indent=2) + "\n")
        if self._storage.local is None:
            shutil.rmtree(self._home / f"attempts/{number:05}", ignore_errors=True)
        return first or done

    def _generate(self, extent: Extent, folder: Path, earlier: list[Path]) -> tuple[Rank, int, dict[str, str]]:
        plan = self.plan
        assert plan.teacher is not None
        assert plan.generate is not None
        with RunFolder.open(folder, say) as run:
            run.begin("prompts", extent.model_dump())
            places: dict[str, int] = {}
            for row in self._rows("prompts", extent):
                places[str(row["id"])] = len(places)
                run.prompts.append(row)
            run.prompts.close()
            num_restored = restore(earlier, run.samples, run.verdicts)
            generate(run, plan.teacher, plan.generate, self._endpoint(), plan.verify)
            if run.verdicts.count() < run.samples.count():
                verify_run(run, plan.verify)
            rests_on = {**run.manifest.stages["generate"].versions, **run.manifest.stages["verify"].versions}
        return lambda key: (places[key[0]], key[1]), num_restored, rests_on

    def _verify(self, extent: Extent, folder: Path, earlier: list[Path]) -> tuple[Rank, int, dict[str, str]]:
        places: dict[tuple[str, int], int] = {}
        verdicts = Table(folder / "verdicts", schemas.VERDICTS)
        verdicts.open(folder.name, say)
        try:
            num_restored = restore(earlier, None, verdicts)
            verdicts.flush()
            self._loop.run(self._decide(self._rows("samples", extent), places, verdicts))
        finally:
            verdicts.close()
        return lambda key: (places[key], 0), num_restored, self._verifiers.describe()

    async def _decide(self, rows: Iterator[Row], places: dict[tuple[str, int], int], verdicts: Table) -> None:
        known = verdicts.keys()

        def missing() -> Iterator[Sample]:
            for row in rows:
                sample = schemas.sample_of(row)
                places[sample.prompt_id, sample.index] = len(places)
                if (sample.prompt_id, sample.index) not in known:
                    yield sample

        async def decide(sample: Sample) -> Verdict:
            return await self._verifiers.verify_sample(prompts[sample.prompt_id], sample)

        prompts = self._lookup()
        async for sample, verdict in in_order(missing(), decide):
            verdicts.append(schemas.verdict_row(sample.prompt_id, sample.index, verdict))

    def _rows(self, table: str, extent: Extent) -> Iterator[Row]:
        """The rows of an extent; of a remote file only the row groups that hold them are fetched."""
        with self._storage.open(f"inputs/{table}/{extent.file}") as stream, pq.ParquetFile(stream) as file:
            position = 0
            for group in range(file.num_row_groups):
                end = position + file.metadata.row_group(group).num_rows
                if position < extent.last and end > extent.first:
                    first, last = max(extent.first, position), min(extent.last, end)
                    yield from file.read_row_group(group).slice(first - position, last - first).to_pylist()
                position = end

    def _lookup(self) -> PromptLookup:
        """The prompts of all samples, fetched once a worker."""
        if self._prompts is None:
            folder = self._home / "inputs/prompts"
            if self._storage.local is None:
                for name in self._storage.names("inputs/prompts"):
                    if not (folder / name).exists():
                        self._storage.get(f"inputs/prompts/{name}", folder / name)
            self._prompts = PromptLookup(Table(folder, schemas.PROMPTS))
        return self._prompts

    def _endpoint(self) -> Engine:
        """The engine of this worker, started with the first shard that needs it."""
        if self._engine is None:
            assert self.plan.teacher is not None
            log = Path(tempfile.gettempdir()) / f"distill-engine-{os.getpid()}.log"
            self._engine = self._engines.enter_context(Engine(self.plan.teacher, log, say))
        return self._engine

    def _earlier(self, number: int, attempt: str) -> list[Path]:
        """Folders of earlier attempts at a shard: those of this node, and copies of what others left."""
        home = self._home / f"attempts/{number:05}"
        here = sorted(path for path in home.iterdir() if path.name != attempt) if home.is_dir() else []
        if self._storage.local is not None:
            return here
        known = {path.name for path in here} | {attempt}
        fetched = self._home / f"fetched/{attempt}"
        self._stack.callback(shutil.rmtree, fetched, ignore_errors=True)
        for name in self._storage.names(f"attempts/{number:05}"):
            if name.partition("/")[0] not in known:
                self._storage.get(f"attempts/{number:05}/{name}", fetched / name)
        return here + (sorted(fetched.iterdir()) if fetched.is_dir() else [])

    def _seal(self, folder: Path, number: int, attempt: str, rank: Rank) -> Iterator[SealedFile]:
        run = RunFolder(folder)
        tables = {"samples": run.samples, "verdicts": run.verdicts}
        for table in ("samples", "verdicts") if self.plan.stage == "generate" else ("verdicts",):
            file = folder / f"{table}.sorted.parquet"
            num_rows = write_sorted(tables[table], rank, file)
            name = f"sealed/{number:05}-{attempt}-{table}.parquet"
            self._storage.put(file, name)
            yield SealedFile.model_validate(
                {"table": table, "name": name, "num_rows": num_rows, "num_bytes": file.stat().st_size,
                 "sha256": sha256(file)}
            )  # fmt: skip


def restore(earlier: list[Path], samples: Table | None, verdicts: Table) -> int:
    """Take over what earlier attempts have stored, each key from the first that has it. Returns how many rows.

    A verdict is taken only with the sample that it was given to: two attempts may have drawn different ones.
    """
    known = Keys()
    for folder in earlier:
        old, own = RunFolder(folder), Keys()
        if samples is not None:
            for row in old.samples.rows():
                if known.add(*samples.key(row)):
                    own.add(*samples.key(row))
                    samples.append(row)
            samples.flush()
        for row in old.verdicts.rows():
            key = verdicts.key(row)
            if key in own if samples is not None else known.add(*key):
                verdicts.append(row)
    verdicts.flush()
    return len(known)
