"""A stage of a run in shards: cut, have them run by whoever is there, and gather what they made into the run folder.

The run folder is written by this process alone. Shards lie in a storage that all machines reach; the command may be
killed and run again at any time, on its own or while workers elsewhere go on. The gathered files are sorted, so the
same samples make the same dataset, byte by byte, whatever ran the shards and however often it died.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import NonNegativeInt, PositiveInt

from distill import progress
from distill.cluster.storage import Storage
from distill.errors import RunError
from distill.files import sha256
from distill.progress import Tally, say
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Record
from distill.sampling.prompts import Slice
from distill.shards.executors import Executor, here, on_ray
from distill.shards.plan import DEFAULT_SHARD_ROWS, Plan, Report, Sealed, make_plan
from distill.shards.worker import read_plan, read_sealed
from distill.store import RunFolder, Table
from distill.store.folder import StageName
from distill.verifiers.verify import count_outcomes


class Where(Record):
    """Where shards lie, and who runs them."""

    ray: str | None = None
    """Address of a Ray cluster; None: this process."""
    store: str | None = None
    """A path or URL that all workers reach; None: the folder `shards` of the run."""
    shard_rows: PositiveInt = DEFAULT_SHARD_ROWS
    is_cut_only: bool = False
    """Hand out and gather, and leave the work to `distill work` elsewhere."""
    scratch: Path | None = None
    num_gpus: NonNegativeInt = 0
    """Of a worker that starts its own engine."""

    @property
    def is_meant(self) -> bool:
        """Whether shards were asked for at all."""
        return self.ray is not None or self.store is not None or self.is_cut_only


class Sharded:
    """One stage of a run, cut into shards that lie in a storage."""

    def __init__(self, run: RunFolder, plan: Plan, storage: Storage) -> None:
        self._run = run
        self.plan = plan
        self._storage = storage
        self._targets: dict[str, Table] = {"samples": run.samples, "verdicts": run.verdicts}
        self._made = ("samples", "verdicts") if plan.stage == "generate" else ("verdicts",)

    def hand_out(self) -> None:
        """Put the inputs and the plan where workers find them."""
        self._refuse_others()
        tables = {"prompts": self._run.prompts}
        if self.plan.stage == "verify":
            tables["samples"] = self._run.samples
        for name, table in tables.items():
            self._storage.put_missing(table.shards(), f"inputs/{name}")
        self._storage.write("plan.json", self.plan.model_dump_json(indent=2) + "\n")

    def finish(self, executor: Executor | None) -> bool:
        """Have the missing shards run, gather all, and close the stage; False where shards are still missing.

        Without an executor only what others have finished is gathered. Raises RunError where no missing shard can be
        finished, with what the first of them met.
        """
        start = time.monotonic()
        found: dict[int, Sealed] = {}
        with progress.stage(self.plan.stage, len(self.plan.shards)) as tally:
            for number in sorted(finished(self._storage)):
                self._take(number, found, tally)
            while executor is not None and (missing := sorted(set(range(len(self.plan.shards))) - set(found))):
                self._round(executor(missing), found, tally)
        if len(found) == len(self.plan.shards):
            self._close(list(found.values()), time.monotonic() - start)
            return True
        return False

    def _round(self, reports: Iterator[Report], found: dict[int, Sealed], tally: Tally) -> None:
        """One pass over what is missing; what failed is tried again as long as anything succeeds."""
        failed: list[str] = []
        num_before = len(found)
        for report in reports:
            if report.error is not None:
                failed.append(f"shard {report.number}: {report.error}")
                say(f"{self.plan.stage}: {failed[-1]} The others go on; it is tried again behind them.")
            elif report.number not in found:
                self._take(report.number, found, tally)
        if failed and len(found) == num_before:
            raise RunError(
                f"None of the {len(failed):,} shards that are missing could be finished; {failed[0]} What was made is "
                "kept; mend that and run the command again."
            )

    def _take(self, number: int, found: dict[int, Sealed], tally: Tally) -> None:
        """Bring a finished shard into the run folder, unless it is there; one that was damaged is made anew."""
        sealed = read_sealed(self._storage, number)
        if sealed is None:
            return
        for file in sealed.files:
            target = self._target(file.table, number)
            if file.num_rows == 0 or (target.exists() and target.stat().st_size == file.num_bytes):
                continue
            self._storage.get(file.name, target)
            if target.stat().st_size != file.num_bytes or sha256(target) != file.sha256:
                for table in self._made:
                    self._target(table, number).unlink(missing_ok=True)
                self._storage.remove_file(f"sealed/{number:05}.json")
                say(f"{file.name} in {self._storage.url} is not what its manifest says; the shard is made anew.")
                return
        self._storage.remove(f"attempts/{number:05}")
        found[number] = sealed
        tally.add()

    def _target(self, table: str, number: int) -> Path:
        return self._targets[table].folder / f"{self.plan.digest}-{number:05}.parquet"

    def _close(self, shards: list[Sealed], seconds: float) -> None:
        stage: StageName = self.plan.stage
        versions = {name: words for sealed in shards for name, words in sealed.rests_on.items()}
        if stage == "verify":
            self._run.finish("verify", count_outcomes(self._run), seconds, versions)
        else:
            num_rows: Counter[str] = Counter()
            for sealed in shards:
                num_rows.update({file.table: file.num_rows for file in sealed.files})
            self._run.finish("generate", {"samples": num_rows["samples"]}, seconds, versions)

    def _refuse_others(self) -> None:
        """Rows that this machine made by itself are not in any shard: they would be made twice."""
        for name in self._made:
            table = self._targets[name]
            strange = [shard for shard in table.shards() if not shard.name.startswith(f"{self.plan.digest}-")]
            if strange:
                raise RunError(
                    f"{self._run.path} holds {name} that were not made in these shards ({strange[0].name}). Go on with "
                    f"the same command without --ray, --store and --cut, or add --restart {self.plan.stage}."
                )


def finished(storage: Storage) -> set[int]:
    """Shards of a plan that somebody has finished."""
    return {int(name[:5]) for name in storage.names("sealed") if name.endswith(".json")}


def generate_in_shards(
    run: RunFolder, teacher: TeacherSection, settings: GenerateSection, verify: VerifySection, where: Where
) -> bool:
    """Draw and verify every sample that the policy wants; False where shards are left to others."""
    entry = run.begin("generate", {**teacher.digested(), **settings.digested()})
    run.begin("verify", verify.digested())
    if entry.is_done:
        say(f"generate: all {run.samples.count():,} samples are there already.")
        return True
    plan = make_plan(teacher, settings, verify, _files(run.prompts), where.shard_rows, _num_restarts(run.samples))
    return _work(run, plan, where)


def verify_in_shards(run: RunFolder, verify: VerifySection, where: Where) -> bool:
    """Give a verdict to every sample of the run; False where shards are left to others."""
    run.begin("verify", verify.digested())
    num_samples = run.samples.count()
    if run.verdicts.count() == num_samples:
        say(f"verify: all {num_samples:,} verdicts are there already.")
        run.finish("verify", count_outcomes(run), 0.0)
        return True
    plan = make_plan(None, None, verify, _files(run.samples), where.shard_rows, _num_restarts(run.verdicts))
    return _work(run, plan, where)


def work(url: str, share: str | None, scratch: Path | None) -> str:
    """Run the shards of a plan that are missing, or every n-th of its shards; returns what was done in a sentence.

    Raises RunError where a shard could not be finished; the others are, before.
    """
    storage = Storage(url)
    plan, done = read_plan(storage), finished(storage)
    start, step = 0, 1
    if share is not None:
        chosen = Slice.parse(share)
        start, step = chosen.number - 1, chosen.total
    numbers = [number for number in range(len(plan.shards))[start::step] if number not in done]
    failed: list[str] = []
    with progress.stage(plan.stage, len(numbers)) as tally:
        for report in here(url, scratch)(numbers):
            tally.add()
            if report.error is not None:
                failed.append(f"shard {report.number}: {report.error}")
    if failed:
        raise RunError(f"{len(failed):,} of {len(numbers):,} shards could not be finished; {failed[0]}")
    return f"{len(numbers):,} shards done; {_missing(plan, storage)} are missing in {url}"


def _missing(plan: Plan, storage: Storage) -> str:
    """How many shards nobody has finished, of how many."""
    return f"{len(plan.shards) - len(finished(storage)):,} of {len(plan.shards):,}"


def _work(run: RunFolder, plan: Plan, where: Where) -> bool:
    storage = Storage(where.store or str(run.path / "shards")).under(plan.name)
    sharded = Sharded(run, plan, storage)
    sharded.hand_out()
    if not where.is_cut_only:
        executor = here(storage.url, where.scratch)
        if where.ray is not None:
            executor = on_ray(where.ray, storage.url, plan.verify.workers, where.num_gpus, where.scratch)
        return sharded.finish(executor)
    if sharded.finish(None):
        return True
    say(
        f"{_missing(plan, storage)} shards wait for workers: `distill work {storage.url}`, "
        "on as many machines as there are. Behind them the same command gathers what they made."
    )
    return False


def _files(table: Table) -> list[tuple[str, int]]:
    """The files of a table with their rows."""
    import pyarrow.parquet as pq

    return [(shard.name, int(pq.read_metadata(shard).num_rows)) for shard in table.shards()]


def _num_restarts(table: Table) -> int:
    """How often `--restart` has moved this table aside: what was made before is not to be gathered again."""
    return len(list(table.folder.parent.glob(f"{table.folder.name}.old-*")))
