import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from distill.cluster import mirror, storage
from distill.cluster.mirror import Mirror
from distill.cluster.storage import Storage
from distill.errors import MissingExtraError, RunError
from distill.shards.folder import PlanFolder
from distill.shards.stage import ShardSettings, work
from distill.shards.worker import ShardWorker
from distill.store import RunFolder
from tests.cluster.object_store import Proxy, amazon_store, google_store, hub_store
from tests.endpoint import Holding
from tests.runs import group, make_run
from tests.shards.test_stage import dataset, draw, unverified, verdicts, verify
from tests.teacher.test_faults import write_prompts

STORES = {
    "s3": (amazon_store, "moto"),
    "gs": (google_store, "gcp_storage_emulator"),
    "hf": (hub_store, "huggingface_hub"),
}
REMOTE = [
    pytest.param(
        name,
        marks=[
            pytest.mark.real,
            pytest.mark.skipif(find_spec(server) is None, reason="pip install 'distill[s3,gcs,dev]'"),
        ],
    )
    for name, (_, server) in STORES.items()
]
# botocore's own sockets, closed when its loop is collected, and how the Hub's client calls its HTTP library
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:Use 'content=:DeprecationWarning",
)


@pytest.fixture(params=REMOTE)
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Proxy]]:
    monkeypatch.setattr(storage, "PAUSES_S", (0.05,) * 30)
    store, _ = STORES[request.param]
    with store(monkeypatch) as found:
        yield found


@pytest.fixture(params=["path", *REMOTE])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "path":
        yield Storage(str(tmp_path / "store"))
        return
    store, _ = STORES[request.param]
    with store(monkeypatch) as (url, _):
        yield Storage(url)


def test_what_was_put_is_found_and_fetched(place: Storage, tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    file.write_bytes(b"12345")
    assert place.names("a") == []
    assert place.read("a/x.json") is None
    place.put(file, "a/rows.parquet")
    place.write("a/b/x.json", "{}")
    assert place.sizes("a") == {"b/x.json": 2, "rows.parquet": 5}
    assert place.under("a").names("b") == ["x.json"]
    place.get("a/rows.parquet", tmp_path / "back" / "rows.parquet")
    assert (tmp_path / "back" / "rows.parquet").read_bytes() == b"12345"
    with place.open("a/rows.parquet") as stream:
        stream.seek(3)
        assert stream.read() == b"45"
    place.remove_file("a/rows.parquet")
    place.remove("a/b")
    assert place.names("a") == []


def test_a_place_that_no_package_reaches_says_which_to_install() -> None:
    with pytest.raises(MissingExtraError, match="nowhere://x cannot be used"):
        Storage("nowhere://x")


def test_a_store_that_fails_for_good_ends_in_a_sentence(
    bucket: tuple[str, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = bucket
    monkeypatch.setattr(storage, "PAUSES_S", ())
    with pytest.raises(RunError, match=r"could not list .*nobodys/run/a"):
        Storage(url.replace("traces", "nobodys")).names("a")


def test_a_run_through_a_faulty_object_store_is_that_of_one_machine(tmp_path: Path, bucket: tuple[str, Proxy]) -> None:
    url, proxy = bucket
    alone, apart = unverified(tmp_path / "a" / "run"), unverified(tmp_path / "b" / "run")
    verify(alone)
    proxy.is_faulty = True
    assert verify(apart, ShardSettings(shard_rows=27, store=url, scratch=tmp_path / "scratch"))
    assert proxy.num_faults > 5
    assert verdicts(alone) == verdicts(apart)
    assert dataset(alone, tmp_path / "a" / "d") == dataset(apart, tmp_path / "b" / "d")


def test_what_a_lost_node_had_mirrored_is_taken_over(
    tmp_path: Path, bucket: tuple[str, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second node has none of the first one's disk."""
    url, _ = bucket
    file = write_prompts(tmp_path, 40)
    endpoint = Holding(40)
    with endpoint.running():
        shards = ShardSettings(shard_rows=40, store=url, is_cut_only=True)
        draw(tmp_path / "run", file, endpoint, shards)
        plan = f"{url}/{Storage(url).names('')[0].partition('/')[0]}"
        code = "from distill.cluster import mirror\nfrom distill.shards.stage import work\n"
        code += f"mirror.MIRROR_INTERVAL_S = 0.2\nwork({plan!r}, None, None)"
        environment = os.environ | {"TMPDIR": str(tmp_path / "node1")}
        (tmp_path / "node1").mkdir()
        first = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
        while endpoint.asked.total() < 48 or not has_samples(Storage(plan)):
            assert first.poll() is None
            time.sleep(0.05)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        endpoint.is_let_go = True
        with ShardWorker.open(plan, tmp_path / "node2") as worker:
            report = worker.run(0)
        assert report.sealed is not None
        assert 0 < report.sealed.num_restored <= 40
        assert endpoint.asked.total() == 48 + 80 - report.sealed.num_restored
        assert draw(tmp_path / "run", file, endpoint, shards)
    run = RunFolder.at(tmp_path / "run")
    assert (run.samples.count(), len(run.samples.keys()), run.verdicts.count()) == (80, 80, 80)
    assert Storage(plan).names("attempts") == []


def has_samples(plan: Storage) -> bool:
    """Whether a mirror has brought a journal with rows in it."""
    return any("/samples/" in name and size > 1000 for name, size in plan.sizes("attempts").items())


def test_a_mirror_sends_what_is_new(tmp_path: Path, bucket: tuple[str, Proxy]) -> None:
    url, _ = bucket
    run = make_run(tmp_path / "run", [group("q1", "pass 1")])
    sent = Mirror(Storage(url), run.path, "attempts/00000/one")
    sent.copy()
    sent.copy()
    names = Storage(url).names("attempts/00000/one")
    assert [name.partition("/")[0] for name in names] == ["samples", "verdicts"]
    assert mirror.TABLES == ("verdicts", "samples")


def test_workers_share_a_plan_by_slices(tmp_path: Path) -> None:
    run = unverified(tmp_path / "run")
    verify(run, ShardSettings(shard_rows=10, is_cut_only=True, store=str(tmp_path / "store")))
    plan = str(next((tmp_path / "store").iterdir()))
    assert work(plan, "2/3", None).startswith("3 shards done; 5 of 8 are missing")
    assert PlanFolder(Storage(plan)).finished() == {1, 4, 7}
