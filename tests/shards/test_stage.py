"""A stage in shards makes what one machine makes, whoever runs the shards and however often they die."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from distill.cluster.storage import Storage
from distill.dataset.select import select
from distill.errors import RunError
from distill.recipe.sections import GenerateSection, SelectSection, TeacherSection, VerifySection
from distill.sampling.prompts import import_prompts
from distill.shards.attempt import restore
from distill.shards.executors import RayWorker
from distill.shards.folder import PlanFolder
from distill.shards.plan import ShardReport
from distill.shards.stage import ShardSettings, generate_in_shards, verify_in_shards, work
from distill.shards.worker import ShardWorker
from distill.store import RunFolder
from distill.verifiers.verify import verify_run
from tests.endpoint import Endpoint, Holding
from tests.runs import Drawn, group, make_run
from tests.teacher.test_faults import write_prompts

VERIFY = VerifySection(workers=1)
UNFILTERED = SelectSection(filters=(), allow_short=True)


def draw(folder: Path, file: Path, endpoint: Endpoint, shards: ShardSettings, policy: str = "fixed(2)") -> bool:
    with RunFolder.open(folder, print) as run:
        import_prompts(run, file)
        teacher = TeacherSection(model="toy", endpoints=(endpoint.url,))
        return generate_in_shards(run, teacher, GenerateSection(policy=policy, concurrency=8), VERIFY, shards)


def num_stored(plan: Path) -> int:
    """Samples that the one attempt at a shard has on disk."""
    attempts = [folder.parent for folder in plan.glob("attempts/*/*/samples")]
    return sum(RunFolder.at(attempt).samples.count() for attempt in attempts)


def verify(folder: Path, shards: ShardSettings | None = None) -> bool:
    with RunFolder.open(folder, print) as run:
        if shards is not None:
            return verify_in_shards(run, VERIFY, shards)
        verify_run(run, VERIFY)
        return True


def unverified(folder: Path, num_prompts: int = 40) -> Path:
    """A run of worked sums, two samples each, without verdicts."""
    groups = []
    for i in range(num_prompts):
        right, wrong = (f"So it is \\boxed{{{i + error}}}." for error in (0, 1))
        samples = [f"none {10 + i}", f"none {12 + i}"]
        one = group(f"q{i}", *samples, answer=str(i))
        texts = [drawn._replace(answer=text) for drawn, text in zip(one.samples, (right, wrong), strict=True)]
        groups.append(one._replace(samples=texts))
    return make_run(folder, groups).path


def dataset(folder: Path, out: Path) -> dict[str, bytes]:
    """The bytes of the dataset that a run gives."""
    select([RunFolder.at(folder)], out, UNFILTERED)
    return {file.name: file.read_bytes() for file in sorted((out / "data").iterdir())}


def verdicts(folder: Path) -> list[tuple[object, ...]]:
    columns = ["prompt_id", "index", "outcome", "verifier", "extracted", "reason"]
    return sorted(tuple(row.values()) for row in RunFolder.at(folder).verdicts.rows(columns))


def plan_folder(run: Path) -> str:
    return str(next((run / "shards").iterdir()))


def test_verdicts_and_dataset_are_those_of_one_machine(tmp_path: Path) -> None:
    alone, apart = unverified(tmp_path / "a" / "run"), unverified(tmp_path / "b" / "run")
    verify(alone)
    assert verify(apart, ShardSettings(shard_rows=7, store=str(tmp_path / "store")))
    assert verdicts(alone) == verdicts(apart)
    assert len(verdicts(apart)) == 80
    assert RunFolder.at(apart).manifest.stages["verify"].counts == {"pass": 40, "fail": 40, "abstain": 0}
    assert dataset(alone, tmp_path / "a" / "dataset") == dataset(apart, tmp_path / "b" / "dataset")


def test_shards_draw_what_one_machine_draws(tmp_path: Path) -> None:
    file = write_prompts(tmp_path, 30)
    with Endpoint().running() as endpoint:
        draw(tmp_path / "run", file, endpoint, ShardSettings(shard_rows=7))
        assert endpoint.asked.total() == 60
        draw(tmp_path / "run", file, endpoint, ShardSettings(shard_rows=7))
        assert endpoint.asked.total() == 60
    run = RunFolder.at(tmp_path / "run")
    keys = [run.samples.key(row) for row in run.samples.rows(["prompt_id", "index"])]
    assert keys == [(f"q{i}", index) for i in range(30) for index in range(2)]
    assert run.verdicts.count() == 60
    assert run.manifest.stages["generate"].is_done


def test_a_run_does_not_grow_in_shards(tmp_path: Path) -> None:
    file, shards = write_prompts(tmp_path, 30), ShardSettings(shard_rows=7)
    with Endpoint().running() as endpoint:
        draw(tmp_path / "run", file, endpoint, shards, "fixed(1)")
        with pytest.raises(RunError, match="same command without --ray, --store and --cut"):
            draw(tmp_path / "run", file, endpoint, shards, "fixed(2)")
        draw(tmp_path / "run", file, endpoint, shards, "fixed(1)")
        assert endpoint.asked.total() == 30


def test_the_order_of_work_leaves_no_trace_in_the_dataset(tmp_path: Path) -> None:
    file = write_prompts(tmp_path, 30)
    with Endpoint().running() as endpoint:
        draw(tmp_path / "a" / "run", file, endpoint, ShardSettings(shard_rows=7))
    with Endpoint(delay_s=0.01).running() as endpoint:
        draw(tmp_path / "b" / "run", file, endpoint, ShardSettings(shard_rows=7, is_cut_only=True))
        plan = plan_folder(tmp_path / "b" / "run")
        for share in ("3/3", "1/3", "2/3"):
            work(plan, share, None)
        assert draw(tmp_path / "b" / "run", file, endpoint, ShardSettings(shard_rows=7, is_cut_only=True))
    assert dataset(tmp_path / "a" / "run", tmp_path / "a" / "d") == dataset(
        tmp_path / "b" / "run", tmp_path / "b" / "d"
    )


def test_a_cut_stage_waits_for_its_workers(tmp_path: Path) -> None:
    run = unverified(tmp_path / "run")
    assert not verify(run, ShardSettings(shard_rows=20, is_cut_only=True))
    plan = plan_folder(run)
    work(plan, "1/2", None)
    assert PlanFolder(Storage(plan)).finished() == {0, 2}
    assert not verify(run, ShardSettings(shard_rows=20, is_cut_only=True))
    assert RunFolder.at(run).verdicts.count() == 40
    work(plan, None, None)
    assert verify(run, ShardSettings(shard_rows=20, is_cut_only=True))
    assert len(verdicts(run)) == 80


def test_a_finished_shard_is_never_done_again(tmp_path: Path) -> None:
    run = unverified(tmp_path / "run")
    verify(run, ShardSettings(shard_rows=20, is_cut_only=True))
    with ShardWorker.open(plan_folder(run)) as worker:
        first, second = worker.run(2), worker.run(2)
    assert first.sealed is not None
    assert first == second


def test_a_killed_attempt_is_taken_over(tmp_path: Path) -> None:
    """The second attempt asks only for what the first had not stored, and for what was in flight."""
    file = write_prompts(tmp_path, 40)
    endpoint = Holding(40)
    with endpoint.running():
        draw(tmp_path / "run", file, endpoint, ShardSettings(shard_rows=40, is_cut_only=True))
        plan = plan_folder(tmp_path / "run")
        first = subprocess.Popen([sys.executable, "-m", "distill", "work", plan], stderr=subprocess.DEVNULL)
        while endpoint.asked.total() < 48 or num_stored(Path(plan)) < 40:
            assert first.poll() is None
            time.sleep(0.05)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        endpoint.is_let_go = True
        work(plan, None, None)
        assert draw(tmp_path / "run", file, endpoint, ShardSettings(shard_rows=40, is_cut_only=True))
        assert endpoint.asked.total() == 80 + 8
    run = RunFolder.at(tmp_path / "run")
    assert (run.samples.count(), len(run.samples.keys()), run.verdicts.count()) == (80, 80, 80)


def test_a_verdict_comes_with_the_sample_that_it_was_given_to(tmp_path: Path) -> None:
    """Two attempts drew q1; the first died before its verdict."""
    first = make_run(tmp_path / "1", [group("q1", "none 10"), group("q2", "pass 10")]).path
    second = make_run(tmp_path / "2", [group("q1", "fail 20"), group("q2", "pass 20"), group("q3", "pass 20")]).path
    with RunFolder.open(tmp_path / "3", print) as run:
        assert restore([first, second], run.samples, run.verdicts) == 3
    found = {str(row["prompt_id"]): row["num_tokens"] for row in run.samples.rows()}
    assert found == {"q1": 10, "q2": 10, "q3": 20}
    assert sorted(str(row["prompt_id"]) for row in run.verdicts.rows()) == ["q2", "q3"]


def test_a_damaged_shard_is_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = unverified(tmp_path / "run")
    store = tmp_path / "store"
    verify(run, ShardSettings(shard_rows=20, is_cut_only=True, store=str(store)))
    plan = str(next(store.iterdir()))
    work(plan, None, None)
    damaged = next(Path(plan, "sealed").glob("00001-*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    assert verify(run, ShardSettings(shard_rows=20, store=str(store)))
    assert len(verdicts(run)) == 80
    assert "the shard is made anew" in capsys.readouterr().err


def test_what_one_machine_has_begun_is_not_cut(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("q1", "pass 1", "none 2")]).path
    with pytest.raises(RunError, match="not made in these shards"):
        verify(run, ShardSettings(store=str(tmp_path / "store")))


def test_one_purse_cannot_be_cut(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint, pytest.raises(RunError, match="one purse"):
        draw(tmp_path / "run", write_prompts(tmp_path), endpoint, ShardSettings(shard_rows=4), "budget(1000)")


def test_a_restarted_stage_is_another_work(tmp_path: Path) -> None:
    run = unverified(tmp_path / "run")
    verify(run, ShardSettings(store=str(tmp_path / "store")))
    with RunFolder.open(run, print) as folder:
        folder.restart("verify")
    assert not verify(run, ShardSettings(store=str(tmp_path / "store"), is_cut_only=True))


def test_another_version_of_distill_is_refused(tmp_path: Path) -> None:
    run = unverified(tmp_path / "run", 2)
    verify(run, ShardSettings(is_cut_only=True))
    plan = Path(plan_folder(run), "plan.json")
    plan.write_text(json.dumps(json.loads(plan.read_text()) | {"version": "0.0.0"}))
    with pytest.raises(RunError, match=r"cut by distill 0\.0\.0"):
        PlanFolder(Storage(str(plan.parent))).read_plan()


def test_a_plan_may_have_more_than_99_999_shards(tmp_path: Path) -> None:
    plan = Storage(str(tmp_path))
    for number in (7, 99_999, 100_000, 123_456):
        plan.write(f"sealed/{number:05}.json", "{}")
        plan.write(f"sealed/{number:05}-attempt-verdicts.parquet", "rows")
    assert PlanFolder(plan).finished() == {7, 99_999, 100_000, 123_456}


def test_a_node_that_cannot_make_a_worker_says_why_of_each_shard_that_ray_gives_it(tmp_path: Path) -> None:
    worker = RayWorker(str(tmp_path / "unseen"), None)
    reports = [ShardReport.model_validate_json(worker({"number": number, "report": ""})["report"]) for number in (0, 3)]
    assert [report.number for report in reports] == [0, 3]
    for report in reports:
        assert report.error is not None
        assert "unseen holds no plan.json" in report.error


def test_a_worker_that_ray_drops_ends_what_it_has_started(tmp_path: Path) -> None:
    sample = Drawn("none", 10, "Thought.", "So it is \\boxed{(x + 1)^2}.")
    run = make_run(tmp_path / "run", [group("q1", sample, answer="x^2 + 2x + 1")]).path
    verify(run, ShardSettings(is_cut_only=True))
    before = set(psutil.Process().children(recursive=True))
    worker = RayWorker(plan_folder(run), None)
    assert ShardReport.model_validate_json(worker({"number": 0, "report": ""})["report"]).sealed is not None
    started = set(psutil.Process().children(recursive=True)) - before
    assert started
    del worker
    psutil.wait_procs(started, timeout=60)
    assert not any(process.is_running() for process in started)


def test_when_nothing_can_be_finished_the_reason_is_told(tmp_path: Path) -> None:
    file = write_prompts(tmp_path)
    with Endpoint().running() as endpoint:
        draw(tmp_path / "run", file, endpoint, ShardSettings(is_cut_only=True))
    with pytest.raises(RunError, match="None of the 1 shards"):
        draw(tmp_path / "run", file, endpoint, ShardSettings(shard_rows=2000, store=str(tmp_path / "run" / "shards")))
