"""Policies at work on endpoints that stream: what is cancelled, stored, resumed, and selected."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Outcome, Sampling
from distill.sampling import generate as stage
from distill.sampling.live import Live, read_live
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.verifiers.verify import verify_run
from tests.endpoint import Endpoint, reply
from tests.sampling.test_generate import free_port, wait_for
from tests.summaries import SampleSummary, candidates


class Streaming(Endpoint):
    """Sample number k of a prompt is `lengths[k]` tokens long, and right where it is in `right`."""

    def __init__(self, lengths: list[int], right: set[int], pace_s: float = 0.02, *, can_stream: bool = True) -> None:
        super().__init__()
        self.lengths, self.right, self.pace_s, self.can_stream = lengths, right, pace_s, can_stream
        self.num_sent = 0
        self.num_aborted = 0
        self.limits: list[int] = []

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        question = body["messages"][-1]["content"]
        number = body["seed"]  # counted from 0, so it is the sample's index
        self.asked[question] += 1
        self.limits.append(body["max_tokens"])
        length = min(self.lengths[number], body["max_tokens"])
        finish = "stop" if length == self.lengths[number] else "length"
        text = f"<think>so</think>\\boxed{{{int(question.split()[2]) + (1 if number in self.right else 2)}}}"
        if not (self.can_stream and body.get("stream")):
            await asyncio.sleep(self.pace_s * length)
            return web.json_response(reply(text, num_tokens=length, finish_reason=finish))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for _ in range(length - 1):
                await response.write(event(delta={"content": ""}, tokens=0))
                self.num_sent += 1
                await asyncio.sleep(self.pace_s)
                await response.write(event(delta={"reasoning": "x"}, tokens=None))
            await response.write(event(delta={"content": text}, tokens=length, finish_reason=finish))
            await response.write(b"data: [DONE]\n\n")
        except ConnectionError:
            self.num_aborted += 1
        return response


def shortest(group: Sequence[SampleSummary]) -> SampleSummary | None:
    """What selection would keep, spelled out."""
    passed = [candidate for candidate in group if candidate.outcome is Outcome.PASS]
    return min(passed, key=lambda candidate: (candidate.num_tokens, candidate.index), default=None)


def event(delta: dict[str, str], tokens: int | None, finish_reason: str | None = None) -> bytes:
    data: dict[str, object] = {"choices": [{"delta": delta, "finish_reason": finish_reason}]}
    if tokens:
        data["usage"] = {"completion_tokens": tokens, "prompt_tokens": 5}
    return f": alive\n\ndata: {json.dumps(data)}\n\n".encode()


def draw(folder: Path, endpoint: Endpoint, policy: str, num_prompts: int = 2, **changes: object) -> RunFolder:
    """Generate with verdicts."""
    file = folder / "prompts.jsonl"
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(num_prompts)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = GenerateSection.model_validate(
        {"policy": policy, "sampling": Sampling(max_tokens=500, seed=0)} | changes
    )
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, file)
        teacher = TeacherSection(model="toy", endpoints=(endpoint.url,))
        stage.generate(run, teacher, settings, None, VerifySection(workers=1))
    return run


def ends(run: RunFolder) -> Counter[object]:
    return Counter(row["finish_reason"] for row in run.samples.rows(["finish_reason"]))


def chosen(run: RunFolder) -> dict[str, tuple[int, int] | None]:
    best = {name: shortest(group) for name, group in candidates(run).items()}
    return {name: (each.num_tokens, each.index) if each else None for name, each in best.items()}


def test_a_race_cancels_what_cannot_win_and_closes_its_connection(tmp_path: Path) -> None:
    lengths = [10, 450, 450, 5, 450, 450]  # number 3 is short but wrong, 0 is the winner
    with Streaming(lengths, {0, 1, 2, 4, 5}).running() as endpoint:
        run = draw(tmp_path, endpoint, "shortest_of(6, probes=1)")
        assert isinstance(endpoint, Streaming)
        wait_until(lambda: endpoint.num_aborted == 8)
        assert endpoint.num_sent < sum(lengths)  # half of what two groups would be
    assert ends(run) == {"stop": 4, "cancelled": 8}
    assert chosen(run) == {"q0": (10, 0), "q1": (10, 0)}
    outcomes = Counter(row["outcome"] for row in run.verdicts.rows())
    assert outcomes == {"pass": 2, "fail": 2, "abstain": 8}


def test_what_is_found_too_long_in_one_gulp_is_cancelled_and_settled(tmp_path: Path) -> None:
    class Gulping(Streaming):
        """Long answers come as one piece of many events, as they do to a client that is short of CPU."""

        async def chat(self, request: web.Request) -> web.StreamResponse:
            body = await request.json()
            length = self.lengths[body["seed"]]
            pieces = [event(delta={"reasoning": "x"}, tokens=None)] * (length - 1)
            last = event(delta={"content": "\\boxed{1}"}, tokens=length, finish_reason="stop")
            await asyncio.sleep(self.pace_s * length)
            return web.Response(body=b"".join([*pieces, last]), content_type="text/event-stream")

    with Gulping([3, 40, 40], {0, 1, 2}).running() as endpoint:
        run = draw(tmp_path, endpoint, "shortest_of(3, probes=1)", num_prompts=1)
    assert ends(run) == {"stop": 1, "cancelled": 2}
    assert run.verdicts.count() == 3


def test_verify_finds_nothing_left_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Streaming([3, 4], {0}, pace_s=0.0).running() as endpoint:
        run = draw(tmp_path, endpoint, "fixed(2)")
    with RunFolder.open(run.path, print) as again:
        verify_run(again, VerifySection(workers=1))
    assert "all 4 verdicts are there already" in capsys.readouterr().err


def test_a_late_starter_gets_the_bound_as_its_limit(tmp_path: Path) -> None:
    with Streaming([10, 40, 40, 8], {0, 1, 2, 3}, pace_s=0.005).running() as endpoint:
        run = draw(tmp_path, endpoint, "shortest_of(4, probes=1)", num_prompts=1, concurrency=1)
        assert isinstance(endpoint, Streaming)
        assert endpoint.limits == [500, 11, 11, 11]
    assert ends(run) == {"stop": 2, "cancelled": 2}
    assert chosen(run) == {"q0": (8, 3)}


def test_a_race_without_streams_is_exact_too(tmp_path: Path) -> None:
    with Streaming([30, 20, 10], {0, 1, 2}, can_stream=False, pace_s=0.01).running() as endpoint:
        run = draw(tmp_path, endpoint, "shortest_of(3)")
    assert chosen(run) == {"q0": (10, 2), "q1": (10, 2)}


def test_at_least_draws_in_waves_until_enough_have_passed(tmp_path: Path) -> None:
    with Streaming([5] * 20, {2, 3}, pace_s=0.0).running() as endpoint:
        run = draw(tmp_path, endpoint, "at_least(1, 16)", num_prompts=1, concurrency=4)
    assert 3 <= run.samples.count() <= 7  # waves of 1, 2, 4: the first pass is in the second or third
    assert max(Counter(row["outcome"] for row in run.verdicts.rows())["pass"], 0) >= 1


def test_a_budget_is_kept(tmp_path: Path) -> None:
    with Streaming([100] * 70, {1}, pace_s=0.0).running() as endpoint:
        run = draw(tmp_path, endpoint, "budget(1500)", num_prompts=5, concurrency=2)
    assert 10 <= run.samples.count() <= 17


def test_where_it_stands_can_be_read_from_another_process(tmp_path: Path) -> None:
    class Spied(Streaming):
        seen: Live | None = None

        async def chat(self, request: web.Request) -> web.StreamResponse:
            self.seen = read_live(tmp_path / "run") or self.seen
            return await super().chat(request)

    with Spied([4, 30, 30, 30], {0}, pace_s=0.04).running() as endpoint:
        run = draw(tmp_path, endpoint, "shortest_of(4, probes=1)", num_prompts=4, concurrency=4)
        assert isinstance(endpoint, Spied)
        seen, last = endpoint.seen, read_live(run.path)
    assert seen is not None
    assert not seen.is_over
    assert seen.endpoints[0].url == endpoint.url
    assert 0 < seen.endpoints[0].num_under_way <= seen.endpoints[0].limit == 4
    assert last is not None
    assert last.is_over
    assert (last.num_done, last.num_samples) == (16, 16)
    assert last.num_tokens_saved == run.manifest.stages["generate"].counts.get("tokens_saved", 0)


def test_a_run_that_is_done_asks_for_nothing(tmp_path: Path) -> None:
    with Streaming([5, 6, 7], {0, 1, 2}, pace_s=0.0).running() as endpoint:
        draw(tmp_path, endpoint, "shortest_of(3)")
        draw(tmp_path, endpoint, "shortest_of(3)")
        assert endpoint.asked.total() == 6


def start(tmp_path: Path, port: int, *more: str) -> "subprocess.Popen[str]":
    prompts = tmp_path / "prompts.jsonl"
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(40)]
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = [sys.executable, "-m", "distill", "generate", str(prompts), "--run", str(tmp_path / "run"), "--model", "toy"]
    line += ["--endpoint", f"http://127.0.0.1:{port}/v1", "--concurrency", "4", *more]
    return subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "400"})


@pytest.mark.slow
def test_ctrl_c_lets_what_is_under_way_finish_and_a_second_one_stops_now(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "asked.jsonl"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.endpoint", "--port", str(port), "--delay", "1.0", "--log", str(log)]
    )
    try:
        wait_for(port)
        for num_signals in (1, 2):
            process = start(tmp_path, port)
            num_before = num_lines(log)
            wait_until(lambda before=num_before: num_lines(log) > before + 4)
            time.sleep(0.3)  # into the next second of answers
            for _ in range(num_signals):
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
            said = process.communicate(timeout=60)[1]
            assert process.returncode == 2
            assert "Stopped as asked" in said
            assert f"distill generate {tmp_path / 'prompts.jsonl'} --run" in said
        last = start(tmp_path, port)
        last.communicate(timeout=120)
        assert last.returncode == 0
    finally:
        server.kill()
        server.wait()
    assert RunFolder.at(tmp_path / "run").samples.count() == 40
    assert 40 <= num_lines(log) <= 44  # the first asked nothing twice, the second what it cut off


def num_lines(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def wait_until(is_so: object) -> None:
    assert callable(is_so)
    for _ in range(2000):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to pass")
