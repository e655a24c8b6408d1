"""Prompts and selections on a real Ray cluster of several nodes' processes, while a worker and a node are killed."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from distill import __version__
from distill.cluster.ray_cluster import refuse_other_version
from distill.dataset.readers import on_ray
from distill.dataset.student_tokens import Counting
from distill.errors import RunError
from distill.prompts.collect import CHUNK, collect_prompts
from distill.prompts.funnel import Fate
from distill.prompts.order import Order
from distill.store.row_groups import Texts, Unit
from tests.cluster.driver import DEADLINE_S, Driver, write
from tests.cluster.ray_cluster import Cluster, cluster
from tests.runs import Drawn, Group, group, make_run, size

NUM_SOURCE_ROWS, NUM_BOXED = 12_000, 4_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real,
    pytest.mark.skipif(find_spec("ray") is None, reason="pip install 'distill[ray]'"),
]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    with cluster(num_nodes=2) as found:
        yield found


def source_row(number: int, words: random.Random) -> dict[str, object]:
    """A row of a source: most may stay, some repeat another, are of the benchmark, or have no usable answer."""
    text = " ".join(str(words.randrange(10**5)) if words.random() < 0.1 else words.choice(WORDS) for _ in range(60))
    answer = r"\frac{" if number % 97 == 0 else rf"\frac{{{number}}}{{7}}"
    return {"id": f"q{number}", "prompt": f"Find {text}.", "answer": answer}


WORDS = "sum prime circle radius integer angle even product root square least area edge roll coin die".split()


def busy_with(task: str) -> int:
    """A Ray worker that is at such a task just now; Ray names a process after its task."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        for process in psutil.process_iter(["cmdline"]):
            if (process.info["cmdline"] or [""])[0].startswith(f"ray::{task}"):
                return int(process.pid)
    raise AssertionError(f"nobody is at {task}")


def wait_for_growth(driver: Driver, file: Path) -> None:
    """Until the driver has taken in two more chunks."""
    before, end = size(file), time.monotonic() + DEADLINE_S
    while size(file) < before + 2 * CHUNK * 300:
        assert driver.process.poll() is None, "it has ended too early to prove anything"
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def test_prompts_outlive_a_worker_and_a_node(tmp_path: Path, nodes: Cluster) -> None:
    words = random.Random(0)
    rows = [source_row(number, words) for number in range(NUM_SOURCE_ROWS)]
    rows += [row | {"id": f"again {row['id']}", "prompt": f"Please: {row['prompt']}"} for row in rows[:1000]]
    benchmark = write(tmp_path / "benchmark.jsonl", [{"problem": row["prompt"]} for row in rows[5000:5100]])
    line = ["prompts", str(write(tmp_path / "rows.jsonl", rows)), "--decontaminate", str(benchmark), "--out"]
    alone, apart = tmp_path / "alone" / "prompts.jsonl", tmp_path / "apart" / "prompts.jsonl"
    victim = nodes.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    driver, waiting = Driver(*line, str(apart), "--ray", nodes.address), apart.with_name("prompts.jsonl.waiting")
    try:
        wait_for_growth(driver, waiting)
        os.kill(busy_with("_in_task"), signal.SIGKILL)
        wait_for_growth(driver, waiting)
        nodes.remove_node(victim, allow_graceful=False)
        wait_for_growth(driver, waiting)
        driver.finish()
    finally:
        driver.end()
    Driver(*line, str(alone)).finish()
    for suffix in ("", ".dropped.jsonl", ".manifest.json"):
        made = [out.with_name(out.name + suffix).read_bytes() for out in (apart, alone)]
        assert made[0] == made[1], suffix
    counts = json.loads(alone.with_name("prompts.jsonl.manifest.json").read_text())["funnel"]
    assert [fate for fate in Fate if not counts[fate]] == [Fate.OUTSIDE]  # no band was asked for


def boxed(number: int) -> Group:
    """A prompt with two right samples, of which every seventh says one thing and thinks another."""

    def sample(place: int) -> Drawn:
        thought = f"We add {'up ' * (number * (place + 1) % 5)}to \\boxed{{\\frac{{{2 * number}}}{{2}}}}."
        said = number + (1 if (number + place) % 7 == 0 else 0)
        return Drawn("pass", 10 + place, thought, f"It is \\boxed{{{said}}}.")

    return group(f"q{number}", sample(0), sample(1), answer=str(number))


def test_a_selection_outlives_a_worker_and_a_node(tmp_path: Path, nodes: Cluster) -> None:
    run = make_run(tmp_path / "run", [boxed(number) for number in range(NUM_BOXED)]).path
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    line = ["select", str(run), "--filters", "contradiction", "--set", f"tokenizer={tmp_path}", "--out"]
    alone, apart, copied = (str(tmp_path / name) for name in ("alone", "apart", "copied"))
    victim = nodes.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    driver = Driver(*line, apart, "--ray", nodes.address)
    try:
        os.kill(busy_with("_in_task"), signal.SIGKILL)
        busy_with("_in_task")
        nodes.remove_node(victim, allow_graceful=False)
        driver.finish()
    finally:
        driver.end()
    Driver(*line, alone).finish()
    Driver(*line, copied, "--ray", nodes.address, "--store", str(tmp_path / "store")).finish()
    assert made(Path(apart)) == made(Path(alone)) == made(Path(copied))
    facts = json.loads((tmp_path / "apart" / "selection.json").read_text())
    assert 0 < facts["filters"]["contradiction"]["num_dropped"] < facts["num_rows"]


def made(dataset: Path) -> dict[str, bytes]:
    """The files of rows and decisions; the card names the command, and so its options."""
    return {file.name: file.read_bytes() for file in [*dataset.glob("data/*"), dataset / "decisions.arrow"]}


def test_nodes_that_do_not_see_the_run_say_so(tmp_path: Path, nodes: Cluster) -> None:
    import ray

    unseen = Unit(run=0, shard=tmp_path / "elsewhere" / "0.parquet", group=0, first=0, last=2)
    answers = on_ray(nodes.address, store=None)(Counting("none"), Texts([], []), [(unseen, np.array([0, 1]))])
    try:
        with pytest.raises(RunError, match=r"does not see .*/elsewhere/0\.parquet\. Keep runs on a file system"):
            next(answers)
    finally:
        ray.shutdown()


def test_an_address_where_nobody_listens_is_told_at_once(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [{"id": "1", "prompt": "What is 3 + 4?", "answer": "7"}])
    with pytest.raises(RunError, match=r"There is no Ray cluster at 127\.0\.0\.1:9 "):
        collect_prompts(Order(sources=(str(rows),), ray="127.0.0.1:9"), tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_node_with_another_distill_says_so() -> None:
    refuse_other_version(__version__)
    with pytest.raises(RunError, match=rf"has distill {__version__}, and the command is of 0\.0\.0; install the same"):
        refuse_other_version("0.0.0")
