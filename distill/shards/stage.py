"""A stage of a run in shards: cut it, have an executor run the shards, and gather their rows into the run folder.

The run folder is written by this process alone. Shards lie in a storage that all machines reach; the command may be
killed and run again at any time, on its own or while workers elsewhere go on. The gathered files are sorted, so the
same samples make the same dataset, byte by byte, whatever ran the shards and however often it died.
"""

import time
from collections.abc import Iterable
from pathlib import Path

from pydantic import NonNegativeInt, PositiveInt

from distill import progress
from distill.cluster.storage import Storage
from distill.errors import RunError
from distill.progress import Tally, say
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.references import Record
from distill.sampling.growth import begin_sampling, wants_more
from distill.sampling.prompts import Slice
from distill.shards.executors import Executor, here, on_ray
from distill.shards.folder import PlanFolder
from distill.shards.gathering import GatheredShards
from distill.shards.plan import DEFAULT_SHARD_ROWS, ShardedStage, ShardPlan, ShardReport, make_plan
from distill.store import RunFolder, Table
from distill.store.shard import count_rows
from distill.verifiers.rejudging import begin_verifying
from distill.verifiers.verify import count_outcomes


class ShardSettings(Record):
    """How a stage is cut into shards, where they lie, and who runs them."""

    ray: str | None = None
    """Address of a Ray cluster; None: this process."""
    store: str | None = None
    """A path or URL that all workers reach; None: the folder `shards` of the run."""
    shard_rows: PositiveInt = DEFAULT_SHARD_ROWS
    is_cut_only: bool = False
    """Hand out and gather, and leave the work to `distill work` elsewhere."""
    scratch: Path | None = None
    """A folder on a worker's own disk, for a store that is no path; None: the system's place for such files."""
    num_gpus: NonNegativeInt = 0
    """Of a worker that starts its own engine."""


def generate_in_shards(
    run: RunFolder, teacher: TeacherSection, settings: GenerateSection, verify: VerifySection, shards: ShardSettings
) -> bool:
    """Draw and verify every sample that the policy wants; False where shards are left to others.

    Raises RunError where the run is to draw more of the same: a shard is drawn as a whole.
    """
    if wants_more(run, teacher, settings):
        raise RunError(
            f"{run.path} has samples already, and shards are drawn as a whole. To draw more into it, give the same "
            "command without --ray, --store and --cut."
        )
    begin_sampling(run, teacher, settings)
    begin_verifying(run, verify)
    if run.manifest.stages["generate"].is_done:
        say(f"generate: all {run.samples.count():,} samples are there already.")
        return True
    plan = make_plan(teacher, settings, verify, _files(run.prompts), shards.shard_rows, _round(run, "generate"))
    return _run_plan(run, plan, shards)


def verify_in_shards(run: RunFolder, verify: VerifySection, shards: ShardSettings) -> bool:
    """Give a verdict to every sample of the run; False where shards are left to others."""
    begin_verifying(run, verify)
    num_samples = run.samples.count()
    if run.verdicts.count() == num_samples:
        say(f"verify: all {num_samples:,} verdicts are there already.")
        run.finish("verify", count_outcomes(run), 0.0)
        return True
    plan = make_plan(None, None, verify, _files(run.samples), shards.shard_rows, _round(run, "verify"))
    return _run_plan(run, plan, shards)


def work(url: str, share: str | None, scratch: Path | None) -> str:
    """Run the shards of a plan that are missing, or every n-th of its shards; returns what was done in a sentence.

    Raises RunError where a shard could not be finished, after all others were run.
    """
    folder = PlanFolder(Storage(url))
    plan, finished = folder.read_plan(), folder.finished()
    start, step = 0, 1
    if share is not None:
        chosen = Slice.parse(share)
        start, step = chosen.number - 1, chosen.total
    numbers = [number for number in range(len(plan.shards))[start::step] if number not in finished]
    failed: list[str] = []
    with progress.stage(plan.stage, len(numbers)) as tally:
        for report in here(url, scratch)(numbers):
            tally.add()
            if report.error is not None:
                failed.append(_failure(report))
    if failed:
        raise RunError(f"{len(failed):,} of {len(numbers):,} shards could not be finished; {failed[0]}")
    return f"{len(numbers):,} shards done; {_missing(plan, folder)} are missing in {url}"


def _run_plan(run: RunFolder, plan: ShardPlan, shards: ShardSettings) -> bool:
    """Hand out a plan, have its missing shards run and gather them; False where shards are left to others."""
    folder = PlanFolder(Storage(shards.store or str(run.path / "shards")).under(plan.name))
    gathered = GatheredShards(run, plan, folder)
    folder.put_inputs("prompts", run.prompts)
    if plan.stage == "verify":
        folder.put_inputs("samples", run.samples)
    folder.write_plan(plan)
    start = time.monotonic()
    with progress.stage(plan.stage, len(plan.shards)) as tally:
        for number in sorted(folder.finished()):
            if gathered.take(number):
                tally.add()
        if not shards.is_cut_only:
            _run_missing(_executor(plan, folder, shards), plan, gathered, tally)
    if gathered.missing():
        say(
            f"{_missing(plan, folder)} shards wait for workers: `distill work {folder.storage.url}`, "
            "on as many machines as there are. Then run this command again: it gathers what they made."
        )
        return False
    gathered.finish_stage(time.monotonic() - start)
    return True


def _executor(plan: ShardPlan, folder: PlanFolder, shards: ShardSettings) -> Executor:
    url = folder.storage.url
    if shards.ray is None:
        return here(url, shards.scratch)
    return on_ray(shards.ray, url, plan.verify.workers, shards.num_gpus, shards.scratch)


def _run_missing(executor: Executor, plan: ShardPlan, gathered: GatheredShards, tally: Tally) -> None:
    """Have the missing shards run; those that failed are tried again as long as any succeeds.

    Raises RunError where no missing shard can be finished, with what the first of them met.
    """
    while missing := gathered.missing():
        num_before = len(gathered)
        failed = _run_once(executor(missing), plan, gathered, tally)
        if failed and len(gathered) == num_before:
            raise RunError(
                f"None of the {len(failed):,} shards that are missing could be finished; {failed[0]} What was made is "
                "kept; mend that and run the command again."
            )


def _run_once(reports: Iterable[ShardReport], plan: ShardPlan, gathered: GatheredShards, tally: Tally) -> list[str]:
    """Gather shards as they are finished; returns why others were not."""
    failed: list[str] = []
    for report in reports:
        if report.error is not None:
            failed.append(_failure(report))
            say(f"{plan.stage}: {failed[-1]} The others go on; it is tried again behind them.")
        elif gathered.take(report.number):
            tally.add()
    return failed


def _failure(report: ShardReport) -> str:
    return f"shard {report.number}: {report.error}"


def _missing(plan: ShardPlan, folder: PlanFolder) -> str:
    """How many shards nobody has finished, of how many."""
    return f"{len(plan.shards) - len(folder.finished()):,} of {len(plan.shards):,}"


def _files(table: Table) -> list[tuple[str, int]]:
    """The files of a table with their rows."""
    return [(shard.name, count_rows(shard)) for shard in table.shards()]


def _round(run: RunFolder, stage: ShardedStage) -> int:
    """What tells the stage from an earlier one with the same settings: what that made is not to be gathered again."""
    return run.manifest.stages[stage].round
