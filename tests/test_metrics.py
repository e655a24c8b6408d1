import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.metrics import (
    Vote,
    agreement,
    consensus,
    difference,
    majority,
    mean_pass_at_k,
    pass_at_1,
    pass_at_k,
)
from distill.records import Outcome

PASS, FAIL, ABSTAIN = Outcome.PASS, Outcome.FAIL, Outcome.ABSTAIN


def group(num_right: int, num_samples: int) -> list[bool]:
    return [True] * num_right + [False] * (num_samples - num_right)


def test_pass_at_1_is_the_mean_of_the_groups_shares_whatever_their_sizes() -> None:
    assert pass_at_1([group(3, 4), group(0, 2), group(64, 64)]).mean == pytest.approx((0.75 + 0 + 1) / 3)


def test_64_samples_are_divided_by_64() -> None:
    """lighteval divided them by another k: 0.4375 at 8 samples became 0.0547 at 64."""
    assert pass_at_1([group(28, 64)]).mean == 0.4375
    assert mean_pass_at_k([group(28, 64)], 1) == 0.4375


def test_a_group_without_decided_samples_is_left_out() -> None:
    assert pass_at_1([group(1, 2), []]).mean == 0.5
    assert math.isnan(pass_at_1([[], []]).mean)


@given(st.integers(1, 7), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_right_sample(num_samples: int, data: st.DataObject) -> None:
    num_right = data.draw(st.integers(0, num_samples))
    k = data.draw(st.integers(1, num_samples))
    subsets = list(combinations(group(num_right, num_samples), k))
    assert pass_at_k(num_samples, num_right, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


def test_pass_at_k_is_unbiased() -> None:
    rng = np.random.default_rng(1)
    num_right = rng.binomial(10, 0.2, size=20_000)
    assert np.mean([pass_at_k(10, int(right), 4) for right in num_right]) == pytest.approx(1 - 0.8**4, abs=0.005)


def test_pass_at_k_uses_the_groups_that_have_k_samples() -> None:
    assert mean_pass_at_k([group(1, 4), group(0, 2)], 4) == 1.0
    assert mean_pass_at_k([group(1, 2)], 4) is None


def test_the_same_seed_gives_the_same_interval() -> None:
    groups = [group(n % 5, 4) for n in range(40)]
    assert pass_at_1(groups, seed=3) == pass_at_1(groups, seed=3)
    assert pass_at_1(groups, seed=3) != pass_at_1(groups, seed=4)


def test_the_interval_stays_between_zero_and_one_and_holds_the_mean() -> None:
    found = pass_at_1([group(4, 4)] * 9 + [group(3, 4)])
    assert 0 <= found.low < found.mean < found.high <= 1


def test_a_perfect_score_is_not_certain() -> None:
    few, many = pass_at_1([group(1, 1)] * 10), pass_at_1([group(1, 1)] * 1000)
    assert few.high == many.high == 1
    assert few.low == pytest.approx(1 - 3.8415 / 13.8415, abs=1e-3)  # Wilson's bound
    assert few.low < many.low < 1


def test_one_prompt_says_little_about_others() -> None:
    found = pass_at_1([group(8, 16)])
    assert found.low < 0.1
    assert found.high > 0.9


def coverage(num_prompts: int, num_samples: int, beta: tuple[float, float], num_trials: int) -> float:
    """How often the interval holds the truth, where each prompt's chance is drawn from a beta distribution."""
    rng = np.random.default_rng(7)
    truth = beta[0] / sum(beta)
    num_held = 0
    for trial in range(num_trials):
        right = rng.binomial(num_samples, rng.beta(*beta, size=num_prompts))
        found = pass_at_1([group(int(count), num_samples) for count in right], seed=trial, num_resamples=400)
        num_held += found.low <= truth <= found.high
    return num_held / num_trials


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_prompts", "num_samples", "beta"),
    [
        (30, 64, (2.0, 2.0)),  # AIME
        (100, 1, (3.0, 2.0)),
        (100, 4, (50.0, 50.0)),  # prompts alike: a plain two-level bootstrap covers 99.5 % here
        (164, 8, (0.5, 0.5)),  # prompts solved always or never
    ],
)
def test_the_95_percent_interval_covers_93_to_97_percent(
    num_prompts: int, num_samples: int, beta: tuple[float, float]
) -> None:
    assert 0.93 <= coverage(num_prompts, num_samples, beta, num_trials=500) <= 0.97


@pytest.mark.slow
def test_the_interval_of_a_difference_covers_as_well() -> None:
    rng = np.random.default_rng(5)
    num_held, num_trials, gain = 0, 400, 0.1
    for trial in range(num_trials):
        chance = rng.beta(4, 4, size=100) * 0.9
        first, second = rng.binomial(4, chance), rng.binomial(4, chance + gain)
        found = difference(
            [group(int(n), 4) for n in first], [group(int(n), 4) for n in second], seed=trial, num_resamples=400
        )
        num_held += found.low <= gain <= found.high
    assert 0.93 <= num_held / num_trials <= 0.97


def test_pairing_removes_what_prompts_differ_in() -> None:
    easy, hard = [group(16, 16)] * 50, [group(0, 16)] * 50
    better = [group(16, 16)] * 50 + [group(2, 16)] * 50
    found = difference([*easy, *hard], better)
    alone = pass_at_1(better)
    assert found.mean == pytest.approx(0.0625)
    assert found.low > 0
    assert found.high - found.low < (alone.high - alone.low) / 3


def test_a_difference_of_equals_is_zero() -> None:
    groups = [group(n % 5, 4) for n in range(50)]
    found = difference(groups, groups)
    assert found.mean == 0
    assert found.low < 0 < found.high


def test_a_prompt_that_one_model_lacks_is_no_pair() -> None:
    assert difference([group(1, 1), []], [group(0, 1), group(1, 1)]).mean == -1


def test_the_most_frequent_answer_by_class_decides() -> None:
    votes = [Vote("1/2", True), Vote("0.5", True), Vote("2", False), Vote("3", False)]
    assert consensus(votes, lambda a, b: {a, b} == {"1/2", "0.5"}) == 1
    assert consensus(votes, str.__eq__) == 0.5  # four classes of one: two of them are right


def test_ties_are_shared() -> None:
    assert consensus([Vote("1", True), Vote("2", False), Vote("3", False)], str.__eq__) == pytest.approx(1 / 3)


def test_samples_without_an_answer_vote_for_nothing() -> None:
    assert consensus([Vote(None, False), Vote(None, False), Vote("1", True)], str.__eq__) == 1
    assert consensus([Vote(None, False)], str.__eq__) == 0
    assert consensus([], str.__eq__) is None


def same_number(one: str, other: str) -> bool:
    return Fraction(one) == Fraction(other)


def test_different_spellings_of_one_value_vote_together() -> None:
    won = majority(["1/2", "3", "0.5", "1/2", "4"], same_number)
    assert won is not None
    assert (won.answer, won.members, won.share) == ("1/2", (0, 2, 3), 0.6)


def test_an_answer_that_was_not_given_is_no_majority() -> None:
    won = majority(["2", None, "2", None], same_number)
    assert won is not None
    assert (won.num_votes, won.share) == (2, 1.0)


def test_a_shared_first_place_elects_nobody() -> None:
    assert majority(["1", "2"], same_number) is None
    assert majority(["1/2", "0.5", "2", "2.0"], same_number) is None


def test_no_answers_elect_nobody() -> None:
    assert majority([], same_number) is None
    assert majority([None, None], same_number) is None


def test_equal_spellings_are_never_compared() -> None:
    compared: list[tuple[str, str]] = []

    def noting(one: str, other: str) -> bool:
        compared.append((one, other))
        return False

    majority(["7"] * 100 + ["8"], noting)
    assert compared == [("7", "8")]


def test_agreement_counts_what_both_decided() -> None:
    found = agreement([(PASS, PASS), (FAIL, FAIL), (PASS, FAIL), (FAIL, PASS), (PASS, ABSTAIN), (ABSTAIN, FAIL)])
    assert (found.num_both, found.num_agree, found.num_pass_fail, found.num_fail_pass) == (4, 2, 1, 1)
    assert found.share == 0.5
    assert found.kappa == 0  # as good as chance


def test_kappa_by_hand() -> None:
    pairs = [(PASS, PASS)] * 20 + [(PASS, FAIL)] * 5 + [(FAIL, PASS)] * 10 + [(FAIL, FAIL)] * 15
    assert agreement(pairs).kappa == pytest.approx((0.7 - 0.5) / 0.5)


def test_agreement_on_nothing_is_none() -> None:
    assert agreement([]).share is None
    assert agreement([(PASS, PASS)]).kappa is None
