"""The real llama.cpp as a teacher: policies save tokens and select what `fixed` selects; what is cancelled frees it."""

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.recipe.recipe import load_recipe
from distill.recipe.sections import GenerateSection, VerifySection
from distill.records import Sampling
from distill.rows.columns import Row
from distill.sampling import generate as stage
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.teacher.engines.engine import Engine, parse_metrics

pytestmark = [pytest.mark.real, pytest.mark.slow]
NUM_PROMPTS = 4
TEACHER = load_recipe("quickstart").teacher.model_copy(update={"args": ("--threads", "1")})


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("xllamacpp")
    with Engine(TEACHER, tmp_path_factory.mktemp("llama") / "log", print) as engine:
        yield engine.url()


def draw(folder: Path, url: str, policy: str, concurrency: int = 8, seed: int = 1) -> RunFolder:
    """Sample sums with the examples of the quickstart and a seed."""
    folder.mkdir()
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 3?", "answer": str(i + 3)} for i in range(NUM_PROMPTS)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    quickstart = load_recipe("quickstart").generate
    settings = GenerateSection(
        policy=policy,
        concurrency=concurrency,
        sampling=Sampling(temperature=1.0, max_tokens=128, seed=seed),
        few_shot=quickstart.few_shot,
    )
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, folder / "prompts.jsonl")
        stage.generate(run, TEACHER.model_copy(update={"endpoints": (url,)}), settings, None, VerifySection(workers=1))
    return run


def samples(run: RunFolder) -> dict[tuple[str, int], Row]:
    return {run.samples.key(row): row for row in run.samples.rows()}


def shortest(run: RunFolder, name: str) -> int | None:
    """The length of the shortest sample of a prompt that passed."""
    passed = {run.verdicts.key(row) for row in run.verdicts.rows() if row["outcome"] == "pass"}
    lengths = [int(str(row["num_tokens"])) for key, row in samples(run).items() if key in passed and key[0] == name]
    return min(lengths, default=None)


def test_a_race_selects_what_fixed_selects_and_frees_what_it_cancels(tmp_path: Path, url: str) -> None:
    fixed = draw(tmp_path / "fixed", url, "fixed(8)")
    for attempt in range(20):  # whether anybody loses a race is chance
        num_before = settled(url)
        race = draw(tmp_path / f"race-{attempt}", url, "shortest_of(8, probes=1)", concurrency=4, seed=1 + 8 * attempt)
        ends = Counter(row["finish_reason"] for row in samples(race).values())
        assert ends.total() == len(samples(fixed)) == 8 * NUM_PROMPTS
        num_recorded = sum(int(str(row["num_tokens"])) for row in samples(race).values())
        assert settled(url) - num_before <= num_recorded + 64 * ends["cancelled"]
        if attempt == 0:
            assert_same_selection(fixed, race)
        if ends["cancelled"]:
            return
    raise AssertionError("nobody has lost twenty races")


def assert_same_selection(fixed: RunFolder, race: RunFolder) -> None:
    """A seed does not make an engine repeat itself in another batch; where it did, the selection is the same."""
    whole, raced = samples(fixed), samples(race)

    def is_repeated(key: tuple[str, int]) -> bool:
        here, there = str(raced[key]["answer"]), str(whole[key]["answer"])
        return there.startswith(here) if raced[key]["finish_reason"] == "cancelled" else there == here

    for name in {name for name, _ in raced}:
        if all(is_repeated(key) for key in raced if key[0] == name):
            assert shortest(race, name) == shortest(fixed, name)


def settled(url: str) -> float:
    """The tokens that the engine has generated, once nothing runs or waits."""
    for _ in range(40):
        found = load(url)
        if found["llamacpp:requests_processing"] == found["llamacpp:requests_deferred"] == 0:
            return found["llamacpp:tokens_predicted_total"]
        time.sleep(0.5)
    raise AssertionError(f"requests run on: {found}")


def test_at_least_stops_when_enough_have_passed(tmp_path: Path, url: str) -> None:
    run = draw(tmp_path / "run", url, "at_least(1, 7)")
    passed = {row["prompt_id"] for row in run.verdicts.rows() if row["outcome"] == "pass"}
    drawn = Counter(name for name, _ in samples(run))
    assert passed
    assert all(drawn[name] in (1, 3, 7) for name in drawn)
    assert all(drawn[name] == 7 for name in set(drawn) - passed)


def load(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/metrics") as reply:
        return parse_metrics(reply.read().decode())


def test_what_is_being_answered_when_the_engine_is_stopped_is_whole_in_the_end(tmp_path: Path) -> None:
    """Four samples are under way, each far enough to be worth continuing, when SIGTERM comes."""
    pytest.importorskip("xllamacpp")
    limit = 200
    teacher = TEACHER.model_copy(update={"num_slots": 4, "context_length": 512})
    sampling = Sampling(temperature=1.0, max_tokens=limit, extra_body={"ignore_eos": True})
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 3?", "answer": str(i + 3)} for i in range(4)]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def generate(url: str) -> None:
        with RunFolder.open(tmp_path / "run", print) as run:
            import_prompts(run, tmp_path / "prompts.jsonl")
            stage.generate(
                run,
                teacher.model_copy(update={"endpoints": (url,)}),
                GenerateSection(concurrency=4, sampling=sampling),
                None,
            )

    with Engine(teacher, tmp_path / "log", print) as engine:
        url = engine.url()
        drawing = threading.Thread(target=generate, args=(url,))
        drawing.start()
        while load(url)["llamacpp:n_decode_total"] < 100 or load(url)["llamacpp:requests_processing"] < 4:
            assert drawing.is_alive(), "it is done"
            time.sleep(0.1)
        process = engine._process
        assert process is not None
        process.terminate()
        process.wait()
        engine.check()  # which starts it again
        drawing.join()
    samples = list(RunFolder.at(tmp_path / "run").samples.rows())
    assert [(row["finish_reason"], row["num_tokens"]) for row in samples] == [("length", limit)] * 4
    assert any(row["resumed_at"] for row in samples), "what was paid for is continued"
