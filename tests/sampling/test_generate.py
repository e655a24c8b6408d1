import contextlib
import json
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from distill.errors import RecipeError, RunError, TeacherError
from distill.recipe.sections import GenerateSection, Price, TeacherSection, VerifySection
from distill.records import Message, Sampling
from distill.rows import columns as schemas
from distill.sampling.generate import generate
from distill.sampling.live import read_live
from distill.sampling.prompts import import_prompts
from distill.sampling.redraw import redraw
from distill.sampling.stopping import going_on
from distill.store import RunFolder
from distill.teacher.roster.endpoint import FixedEndpoint
from distill.verifiers.verify import verify_run
from tests.endpoint import Endpoint, reply
from tests.killing import CONCURRENCY

Body = dict[str, object]


def ignore(sentence: str) -> None:
    """For tests that do not listen."""


def draw(
    folder: Path, endpoint: Endpoint, settings: GenerateSection, num_prompts: int = 5, price: Price | None = None
) -> list[dict[str, object]]:
    """Generate for sums; the samples, in the order of their keys."""
    prompts = folder.parent / "prompts.jsonl"
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(num_prompts)]
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with RunFolder.open(folder, ignore) as run:
        import_prompts(run, prompts)
        generate(run, TeacherSection(model="toy", price=price), settings, FixedEndpoint(endpoint.url))
        return sorted(run.samples.rows(), key=lambda row: (str(row["prompt_id"]), int(str(row["index"]))))


def test_every_prompt_gets_its_samples(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        samples = draw(tmp_path / "run", endpoint, GenerateSection(policy="fixed(3)"))
    assert [(s["prompt_id"], s["index"]) for s in samples] == [(f"q{i}", k) for i in range(5) for k in range(3)]
    assert samples[0]["reasoning"] == "0 + 1"
    assert str(samples[0]["answer"]).startswith("The answer is")
    assert samples[0]["teacher"] == "toy"
    assert samples[0]["sampling"] == schemas.sampling_row(Sampling())


def test_few_shot_messages_are_sent_before_the_prompt_and_not_kept(tmp_path: Path) -> None:
    seen: list[Body] = []

    def remember(request: web.Request, body: Body, number: int) -> None:
        seen.append(body)

    shot = Message(role="user", content="What is 1 + 1?")
    with Endpoint().running() as endpoint:
        endpoint.trouble = remember
        draw(tmp_path / "run", endpoint, GenerateSection(few_shot=(shot,)), num_prompts=1)
    assert seen[0]["messages"] == [shot.model_dump(), {"role": "user", "content": "What is 0 + 1?"}]
    assert seen[0]["temperature"] == 0.6


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_from_either_field(tmp_path: Path, field: str) -> None:
    def separate(request: web.Request, body: Body, number: int) -> web.Response:
        choice = {"message": {"content": "\n\n2", field: "1 + 1"}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": {"completion_tokens": 7, "prompt_tokens": 3}})

    with Endpoint().running() as endpoint:
        endpoint.trouble = separate
        sample = draw(tmp_path / "run", endpoint, GenerateSection(), num_prompts=1)[0]
    assert (sample["reasoning"], sample["answer"], sample["num_tokens"]) == ("1 + 1", "2", 7)


def test_an_endpoint_that_stumbles_is_asked_again(tmp_path: Path) -> None:
    def stumble(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        if number % 3 == 0:
            return web.Response(status=503)
        if number % 3 == 1:
            return web.Response(text='{"choices": [')
        return None

    with Endpoint().running() as endpoint:
        endpoint.trouble = stumble
        samples = draw(tmp_path / "run", endpoint, GenerateSection(policy="fixed(2)", concurrency=4))
    assert len(samples) == 10


def test_a_request_that_is_wrong_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    def refuse(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        messages = body["messages"]
        assert isinstance(messages, list)
        return web.Response(status=400, text="too long") if "What is 2" in messages[-1]["content"] else None

    with Endpoint().running() as endpoint:
        endpoint.trouble = refuse
        samples = draw(tmp_path / "run", endpoint, GenerateSection())
    assert [s["finish_reason"] for s in samples] == ["stop", "stop", "refused", "stop", "stop"]
    assert samples[2]["error"] == "HTTP 400: too long"


def test_truncation_is_a_result_and_not_asked_again(tmp_path: Path) -> None:
    def truncate(request: web.Request, body: Body, number: int) -> web.Response:
        return web.json_response(reply("<think>so", finish_reason="length"))

    with Endpoint().running() as endpoint:
        endpoint.trouble = truncate
        samples = draw(tmp_path / "run", endpoint, GenerateSection(), num_prompts=2)
        assert endpoint.num_requests == 2
    assert [(s["finish_reason"], s["reasoning"], s["answer"]) for s in samples] == [("length", "so", "")] * 2


def test_an_endpoint_that_refuses_the_key_ends_the_run(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        endpoint.trouble = lambda request, body, number: web.Response(status=401, text="bad key")
        with pytest.raises(ExceptionGroup) as caught:
            draw(tmp_path / "run", endpoint, GenerateSection())
    assert caught.group_contains(TeacherError, match="bad key.*nothing of this is marked as done")


@pytest.mark.slow
def test_two_hundred_kills_lose_no_answered_sample_and_double_none(tmp_path: Path) -> None:
    num_kills, num_prompts, log = 200, 600, tmp_path / "asked.jsonl"
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(num_prompts)]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    port = free_port()
    line = [sys.executable, "-m", "tests.endpoint", "--port", str(port), "--delay", "0.02", "--log", str(log)]
    server = subprocess.Popen(line)
    try:
        wait_for(port)
        killer = [sys.executable, "-m", "tests.killing", str(tmp_path), f"http://127.0.0.1:{port}/v1", str(log)]
        done = subprocess.run([*killer, "--kills", str(num_kills)], check=False, capture_output=True, text=True)
    finally:
        server.kill()
        server.wait()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0.9 * num_kills, "the work was done before the kills were"
    run = RunFolder.at(tmp_path / "run")
    samples, verdicts = (Counter(map(table.key, table.rows())) for table in (run.samples, run.verdicts))
    assert samples == verdicts
    assert set(samples.values()) == {1}
    drawn, passed = Counter(name for name, _ in samples), passes(run)
    assert all(passed[f"q{i}"] >= 2 or drawn[f"q{i}"] == 8 for i in range(num_prompts))
    answered = len(log.read_text().splitlines())
    # Asked again is only what was in flight, or answered since the last commit: a second helping of the places.
    assert answered - samples.total() <= num_kills * 2 * CONCURRENCY


def passes(run: RunFolder) -> Counter[str]:
    """Samples that passed, by prompt."""
    return Counter(str(row["prompt_id"]) for row in run.verdicts.rows() if row["outcome"] == "pass")


def free_port() -> int:
    """From where neither the system nor Ray takes any by itself, so that it stays free until it is used."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(port: int) -> None:
    """Until a server listens."""
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at {port}")


def cost_of_run(folder: Path) -> int:
    """Completion tokens that a run holds."""
    return sum(int(str(row["num_tokens"])) for row in RunFolder.at(folder).samples.rows())


def test_a_limit_on_samples_ends_the_run_cleanly_and_raising_it_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with Endpoint().running() as endpoint:
        first = draw(run, endpoint, GenerateSection(policy="fixed(2)", max_samples=3, concurrency=2))
        assert len(first) == endpoint.num_requests == 3
        assert not RunFolder.at(run).manifest.stages["generate"].is_done
        again = draw(run, endpoint, GenerateSection(policy="fixed(2)", max_samples=3, concurrency=2))
        assert again == first
        whole = draw(run, endpoint, GenerateSection(policy="fixed(2)", max_samples=100))
        assert len(whole) == endpoint.num_requests == 10
    assert RunFolder.at(run).manifest.stages["generate"].is_done


def test_a_limit_that_is_just_enough_leaves_the_stage_done(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        assert len(draw(tmp_path / "run", endpoint, GenerateSection(policy="fixed(2)", max_samples=10))) == 10
    assert RunFolder.at(tmp_path / "run").manifest.stages["generate"].is_done


def test_a_limit_on_the_cost_is_never_passed(tmp_path: Path) -> None:
    run, price = tmp_path / "run", Price(completion=1e6)
    sampling = Sampling(max_tokens=20)
    with Endpoint().running() as endpoint:
        settings = GenerateSection(policy="fixed(4)", max_cost=100, concurrency=8, sampling=sampling)
        draw(run, endpoint, settings, num_prompts=50, price=price)
    assert 60 < cost_of_run(run) <= 100
    entry = RunFolder.at(run).manifest.stages["generate"]
    assert (entry.is_done, entry.price) == (False, price)
    live = read_live(run)
    assert live is not None
    assert live.cost == cost_of_run(run)


def test_a_policy_that_waits_for_verdicts_ends_by_a_limit_as_well(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        settings = GenerateSection(policy="at_least(2, 8)", max_samples=7, concurrency=4)
        assert len(draw(tmp_path / "run", endpoint, settings)) == 7
        settings = GenerateSection(policy="budget(100000)", max_samples=9, concurrency=4)
        assert len(draw(tmp_path / "other", endpoint, settings, num_prompts=30)) == 9


def test_what_was_refused_is_told_and_drawn_again_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, teacher, settings = tmp_path / "run", TeacherSection(model="toy"), GenerateSection(policy="fixed(2)")

    def refuse(request: web.Request, body: Body, number: int) -> web.StreamResponse | None:
        return web.Response(status=400, text="no such topic") if "What is 2" in str(body["messages"]) else None

    with Endpoint().running() as endpoint:
        endpoint.trouble = refuse
        draw(run, endpoint, settings)
        assert "refused 2: " in capsys.readouterr().err
        with RunFolder.open(run, ignore) as folder:
            verify_run(folder, VerifySection())
        endpoint.trouble = lambda request, body, number: None
        before = endpoint.num_requests
        with RunFolder.open(run, ignore) as folder:
            redraw(folder, ["refused"], teacher, settings)
            assert folder.samples.count() == folder.verdicts.count() == 8
            assert not folder.manifest.stages["generate"].is_done
        samples = draw(run, endpoint, settings)
        assert endpoint.num_requests - before == 2
    assert [sample["finish_reason"] for sample in samples] == ["stop"] * 10


def test_nothing_is_drawn_again_under_other_settings_or_of_an_unknown_kind(tmp_path: Path) -> None:
    run, teacher = tmp_path / "run", TeacherSection(model="toy")
    with Endpoint().running() as endpoint:
        draw(run, endpoint, GenerateSection())
    with RunFolder.open(run, ignore) as folder:
        with pytest.raises(RunError, match="under other settings"):
            redraw(folder, ["refused"], teacher, GenerateSection(system="Think."))
        with pytest.raises(RecipeError, match="--redraw takes refused"):
            redraw(folder, ["all"], teacher, GenerateSection())
        assert folder.manifest.stages["generate"].is_done


def test_prompts_that_nothing_can_decide_are_named_before_they_are_bought(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = tmp_path / "p.jsonl"
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", **({"answer": str(i + 1)} if i else {})} for i in range(3)]
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Endpoint().running() as endpoint, RunFolder.open(tmp_path / "run", ignore) as run:
        import_prompts(run, prompts)
        settings = GenerateSection(policy="fixed(2)")
        generate(run, TeacherSection(model="toy"), settings, FixedEndpoint(endpoint.url), VerifySection())
    told = " ".join(capsys.readouterr().err.split())
    assert "Nothing can decide on 1 of 3 prompts (no reference and no judge: q0)." in told
    assert "up to 2, are bought for nothing" in told
    assert "--judge NAME --judge-endpoint URL" in told


def test_the_advised_command_throws_nothing_away_again() -> None:
    line = ["generate", "p.jsonl", "--restart", "generate", "--run", "r", "--redraw=refused", "--redraw", "damaged"]
    assert going_on(line) == ["generate", "p.jsonl", "--run", "r"]


def test_time_and_passes_of_all_attempts_are_counted(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with Endpoint().running() as endpoint:
        draw(run, endpoint, GenerateSection(policy="at_least(1, 2)", max_samples=2, concurrency=1))
        before = RunFolder.at(run).manifest.stages["generate"].seconds
        draw(run, endpoint, GenerateSection(policy="at_least(1, 2)", concurrency=1))
    entry, live = RunFolder.at(run).manifest.stages["generate"], read_live(run)
    assert entry.seconds > before > 0
    assert live is not None
    assert live.num_passed == sum(row["outcome"] == "pass" for row in RunFolder.at(run).verdicts.rows())
