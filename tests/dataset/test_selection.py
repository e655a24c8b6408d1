from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.dataset.candidates import ABSTAIN, FAIL, OUTCOMES, PASS, UNVERIFIED, Candidates, count_groups, draws_of
from distill.dataset.preference import KEYS, parse_preference, rank
from distill.errors import RecipeError
from distill.records import Outcome


def candidates(*groups: Sequence[int], outcome: int = PASS) -> Candidates:
    """Groups given as the token counts of their samples."""
    prompt = np.concatenate([np.full(len(group), number) for number, group in enumerate(groups)]).astype(np.int32)
    tokens = np.concatenate(groups).astype(np.int32)
    index = np.concatenate([np.arange(len(group)) for group in groups]).astype(np.int32)
    codes = np.full(len(tokens), outcome, dtype=np.uint8)
    return Candidates(prompt, index, tokens, tokens, codes, codes * 0, codes * 0, index >= 0)


def preferred(policy: str, *groups: Sequence[int], seed: int = 0) -> list[list[int]]:
    """The token counts of each group, in the order in which the policy prefers them."""
    columns = candidates(*groups)
    draws = draws_of([str(number) for number in range(len(groups))], seed, "order")
    ranking = rank(columns, np.ones(len(columns), dtype=bool), parse_preference(policy), draws)
    parts = zip(ranking.starts.tolist(), ranking.sizes.tolist(), strict=True)
    return [columns.num_tokens[ranking.order[start : start + size]].tolist() for start, size in parts]


def test_shortest_prefers_few_tokens() -> None:
    assert preferred("shortest", [30, 10, 20], [5, 4]) == [[10, 20, 30], [4, 5]]


def test_longest_prefers_many() -> None:
    assert preferred("longest", [30, 10, 20], [5, 4]) == [[30, 20, 10], [5, 4]]


def test_median_starts_in_the_middle_and_of_two_takes_the_shorter() -> None:
    assert preferred("median", [50, 10, 30, 20, 40]) == [[30, 20, 40, 10, 50]]
    assert preferred("median", [40, 10, 30, 20])[0][:2] == [20, 30]


def test_first_and_all_keep_the_order_of_drawing() -> None:
    assert preferred("first", [30, 10, 20]) == preferred("all", [30, 10, 20]) == [[30, 10, 20]]


def test_random_depends_on_the_seed_alone() -> None:
    group = list(range(1, 30))
    assert preferred("random", group, seed=1) == preferred("random", group, seed=1)
    assert preferred("random", group, seed=1) != preferred("random", group, seed=2)


@pytest.mark.parametrize("policy", ["shortest", "longest", "median", "first", "all"])
def test_of_equals_the_first_drawn_is_preferred(policy: str) -> None:
    columns = candidates([7, 7, 7])
    ranking = rank(columns, np.ones(3, dtype=bool), parse_preference(policy), draws_of(["q"], 0, "order"))
    expected = [1, 0, 2] if policy == "median" else [0, 1, 2]
    assert ranking.order.tolist() == expected


@given(
    st.lists(st.lists(st.integers(1, 50), min_size=1, max_size=6), min_size=1, max_size=6), st.sampled_from(list(KEYS))
)
def test_every_policy_orders_each_group_completely(groups: list[list[int]], policy: str) -> None:
    assert [sorted(group) for group in preferred(policy, *groups)] == [sorted(group) for group in groups]


def test_only_eligible_candidates_are_ranked() -> None:
    columns = candidates([3, 1, 2], [9])
    is_eligible, draws = np.array([True, False, True, False]), draws_of(["a", "b"], 0, "")
    ranking = rank(columns, is_eligible, parse_preference("shortest"), draws)
    assert ranking.order.tolist() == [2, 0]
    assert ranking.sizes.tolist() == [2, 0]


def test_a_draw_depends_on_its_prompt_alone() -> None:
    assert draws_of(["a", "b"], 0, "order")[1] == draws_of(["b"], 0, "order")[0]
    assert draws_of(["a"], 0, "order")[0] != draws_of(["a"], 0, "held-out")[0]


def test_policies_are_named_with_or_without_a_cap() -> None:
    assert parse_preference("shortest").cap == 1
    assert parse_preference(" all ( 4 ) ").cap == 4
    assert parse_preference("all").cap is None
    assert [str(parse_preference(text)) for text in ("shortest", "shortest(2)", "all", "all(4)")] == [
        "shortest", "shortest(2)", "all", "all(4)",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["best", "all(0)", "shortest(", ""])
def test_an_unknown_policy_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(RecipeError, match="shortest, longest, median, random, first, all"):
        parse_preference(text)


def test_codes_of_outcomes_have_their_names() -> None:
    assert [OUTCOMES[code] for code in (PASS, FAIL, ABSTAIN, UNVERIFIED)] == [*Outcome, None]


def test_what_is_undecided_counts_in_no_pass_rate() -> None:
    decided = replace(candidates([5, 5, 5]), outcome=np.array([PASS, ABSTAIN, FAIL], dtype=np.uint8))
    assert count_groups(decided, 1).pass_rate.tolist() == [0.5]
    columns = candidates([5, 5], [5], outcome=ABSTAIN)
    groups = count_groups(columns, 2)
    assert groups.num_samples.tolist() == [2, 1]
    assert np.isnan(groups.pass_rate).all()


def test_rates_of_probes_come_from_samples_that_the_policy_never_cancels() -> None:
    columns = candidates([9, 9, 3, 3], [5, 5])
    outcome = np.array([FAIL, FAIL, PASS, PASS, PASS, FAIL], dtype=np.uint8)
    groups = count_groups(replace(columns, outcome=outcome, is_probe=columns.index < 2), 2)
    assert groups.num_passed.tolist() == [2, 1]
    assert groups.probe_pass_rate.tolist() == [0.0, 0.5]
    assert groups.pass_rate.tolist() == [0.5, 0.5], "of all that were decided"
