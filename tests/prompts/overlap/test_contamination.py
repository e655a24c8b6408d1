"""Benchmark problems in other clothes are found; problems that only look alike are not."""

import random

import pytest

from distill.prompts.overlap.contamination import Benchmarks, Match
from distill.prompts.overlap.content import content
from distill.prompts.overlap.problems import Problem
from distill.prompts.overlap.text import tokens
from tests.planted import MUTATIONS, plant
from tests.problems import problems

DICE = "When $n$ standard six-sided dice are rolled, the product of the numbers rolled is $936$. What is $n$?"
SHORT = r"Find the sum of all integer bases $b > 9$ for which $17_b$ is a divisor of $97_b$."
TINY = r"Compute $\sin 60^\circ + 12$."
BENCHMARK = [DICE, SHORT, TINY, *problems(200, seed=1)]


def index(texts: list[str]) -> Benchmarks:
    return Benchmarks([Problem(text, text) for text in texts])


def match_all(benchmarks: Benchmarks, texts: list[str]) -> list[Match | None]:
    return benchmarks.match(texts, [""] * len(texts), content(tokens(texts)))


def match(benchmarks: Benchmarks, text: str) -> Match | None:
    return match_all(benchmarks, [text])[0]


@pytest.mark.parametrize(
    "text",
    [
        "find the sum of all integer bases b>9 for which 17_b is a divisor of 97_b",
        r"Determine the sum of every integer base $k \gt 9$ such that $17_k$ is a divisor of $97_{k}$.",
        "For which 17_b is a divisor of 97_b, find the sum of all integer bases b > 9. Think step by step.",
    ],
)
def test_a_reworded_problem_is_found_with_its_row_and_score(text: str) -> None:
    found = match(index(BENCHMARK), text)
    assert found is not None
    assert found.problem == SHORT
    assert 0.8 <= found.score <= 1


def test_a_prompt_under_eight_words_is_found() -> None:
    found = match(index(BENCHMARK), "What is sin 60° + 12?")
    assert found is not None
    assert found.problem == TINY


def test_a_short_problem_in_a_friendly_letter_is_found() -> None:
    letter = (
        f"Hi! My coach gave me this one: {TINY} Could you walk me through it and highlight the end? Much appreciated!"
    )
    assert match(index(BENCHMARK), letter) is not None


def test_a_problem_inside_a_longer_prompt_is_found() -> None:
    shots = "Here are two solved examples. What is 2 + 2? It is 4. What is the capital of Peru? Lima. "
    assert match(index(BENCHMARK), shots + DICE) is not None


def test_a_misspelt_problem_is_found() -> None:
    assert match(index(BENCHMARK), DICE.replace("standard", "standrad").replace("product", "prodcut")) is not None


@pytest.mark.parametrize(
    "text",
    [
        DICE.replace("936", "840"),
        SHORT.replace("97", "79"),
        "What is cos 60° - 12?",
        "A square has side 12 and an angle of 60 degrees at its corner; how long is a ladder of 3 steps?",
        "",
    ],
)
def test_another_problem_is_not_found(text: str) -> None:
    assert match(index(BENCHMARK), text) is None


def test_numbers_that_change_places_make_another_problem() -> None:
    red = "How many ways are there to arrange 7 red and 10 blue marbles in a row if no two red marbles are adjacent?"
    swapped = red.replace("7 red and 10 blue", "10 red and 7 blue")
    assert match(index([*BENCHMARK, red]), swapped) is None
    assert match(index([*BENCHMARK, red]), red.upper()) is not None


def test_a_prompt_that_differs_after_all_is_not_found_and_the_next_best_problem_is() -> None:
    divided, other = (
        "What is 88 ÷ (4 ÷ 2) in the last of our 3 examples?",
        "What is 88 ÷ 4 ÷ 2 in the last of 3 examples?",
    )
    prompt = "What is 88 ÷ 4 ÷ 2 in the last of our 3 examples?"
    assert match(index([divided]), prompt) is None
    found = match(index([divided, other]), prompt)
    assert found is not None
    assert found.problem == other


STORY = """A farmer sells 14 baskets of pears and 23 crates of plums at the market on Monday. Every basket costs 5
dollars and every crate 8 dollars. How much money does the farmer earn?"""
RETOLD = """On Monday Anna's stall parted with 14 baskets of pears, then with 23 crates of plums. She asks 5 dollars
a basket but 8 dollars a crate; what do the earnings come to?"""


@pytest.mark.parametrize(
    ("answers", "is_found"), [(("254", "254"), True), (("254", ""), True), (("254", "300"), False)]
)
def test_another_wording_is_found_unless_its_answer_is_another_one(answers: tuple[str, str], is_found: bool) -> None:
    benchmarks = Benchmarks([Problem("story", STORY, answers[0])])
    [found] = benchmarks.match([RETOLD], [answers[1]], content(tokens([RETOLD])))
    assert (found.rule if found else None) == ("paraphrased" if is_found else None)


def test_a_copy_is_found_though_its_answer_is_another_one() -> None:
    [found] = Benchmarks([Problem("dice", DICE, "4")]).match([DICE.lower()], ["5"], content(tokens([DICE.lower()])))
    assert found == Match("dice", 1.0, "verbatim")


def test_a_prompt_without_the_problems_notes_is_found() -> None:
    notes = f"{DICE} Hint: look at how a product of primes is built, then think of a pair of faces for each prime."
    found = match(index([*BENCHMARK[1:], notes]), DICE)
    assert found is not None
    assert found.rule == "contained"


def test_options_make_no_other_problem_of_a_question_that_says_enough() -> None:
    assert match(index(BENCHMARK), f"{DICE}\nA. 3\nB. 4\nC. 5\nD. 6") is not None


def test_many_prompts_are_found_as_if_each_came_alone() -> None:
    benchmarks, chance = index(BENCHMARK), random.Random(5)
    texts = ["", *(plant(text, chance)[0] for text in BENCHMARK[:60]), *problems(60, seed=12), ""]
    assert match_all(benchmarks, texts) == [match(benchmarks, text) for text in texts]


def test_without_benchmarks_nothing_matches() -> None:
    assert match(index([]), DICE) is None


def test_order_of_the_benchmark_does_not_matter() -> None:
    forth, back = index(BENCHMARK), index(BENCHMARK[::-1])
    chance = random.Random(4)
    for text in BENCHMARK[:50]:
        spoilt, _ = plant(text, chance)
        one, other = match(forth, spoilt), match(back, spoilt)
        assert one is not None
        assert other is not None
        assert one.score == other.score


def test_planted_problems_are_found_and_clean_ones_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """The bar is that of OpenThoughts3: 12 of 3,092 planted rows missed, 1.4 % of clean rows dropped."""
    chance = random.Random(7)
    benchmark, clean = problems(3000, seed=2), problems(3000, seed=3)
    benchmarks = index(benchmark)
    missed: dict[str, int] = {}
    planted = [plant(text, chance) for text in benchmark]
    for (_, how), found in zip(planted, match_all(benchmarks, [text for text, _ in planted]), strict=True):
        if found is None:
            missed[how] = missed.get(how, 0) + 1
    num_missed = sum(missed.values())
    others = [text for text in clean if text not in set(benchmark)]
    num_dropped = sum(found is not None for found in match_all(benchmarks, others))
    with capsys.disabled():
        print(f"\nplanted: {num_missed} of 3,000 missed (recall {1 - num_missed / 3000:.2%}) {missed}")
        print(f"clean: {num_dropped} of 3,000 dropped ({num_dropped / 3000:.2%})")
    assert num_missed <= 11
    assert num_dropped <= 0.014 * 3000


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_mutation_alone_is_seen_through(mutation: object) -> None:
    assert callable(mutation)
    chance = random.Random(9)
    benchmarks = index(BENCHMARK)
    found = match_all(benchmarks, [mutation(text, chance) for text in BENCHMARK])
    assert sum(one is not None for one in found) >= len(BENCHMARK) - 1
