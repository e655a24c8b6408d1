import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from distill.dataset.picking import UNLIMITED, Picks
from distill.dataset.preference import Ranking

Groups = list[list[int]]


def picks(groups: Groups, cap: int | None, quota_of: list[int], targets: list[int]) -> Picks:
    """Groups given as the positions of their candidates, preferred ones first; prompts are drawn in order."""
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    order = np.array([place for group in groups for place in group], dtype=np.int64)
    ranking = Ranking(order, np.cumsum(sizes) - sizes, sizes)
    draws = np.arange(len(groups), dtype=np.uint64)
    return Picks(ranking, cap, np.array(quota_of, dtype=np.int32), np.array(targets, dtype=np.int64), draws)


def test_a_round_asks_for_exactly_what_the_quotas_lack() -> None:
    state = picks([[0], [1], [2], [3]], 1, [0, 0, 0, 1], [2, 5])
    assert state.next_round().tolist() == [0, 1, 3]
    assert state.num_missing.tolist() == [0, 4]
    assert state.next_round().tolist() == []


def test_a_dropped_candidate_is_replaced_at_once_if_it_is_near() -> None:
    state = picks([[5, 7, 90]], 1, [0], [UNLIMITED])
    assert state.next_round().tolist() == [5]
    assert state.drop(0, first=0, last=10) == 7
    assert state.drop(0, first=0, last=10) is None
    assert state.next_round().tolist() == [90]


def test_a_group_that_is_used_up_gives_way_to_the_next() -> None:
    state = picks([[0], [1], [2]], 1, [0, 0, 0], [1])
    assert state.next_round().tolist() == [0]
    assert state.drop(0) is None
    assert state.next_round().tolist() == [1]


def test_every_prompt_gives_one_before_one_gives_two() -> None:
    state = picks([[0, 1], [2, 3], [4, 5]], 2, [0, 0, 0], [4])
    assert state.next_round().tolist() == [0, 1, 2, 4]


def test_prompts_without_a_quota_are_never_asked() -> None:
    assert picks([[0], [1]], 1, [-1, 0], [9]).next_round().tolist() == [1]


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(1, 3), st.integers(1, 20), st.integers(0, 10**6)
)
def test_quotas_and_caps_hold_whatever_is_dropped(sizes: list[int], cap: int, target: int, drops: int) -> None:
    ends = np.cumsum(sizes).tolist()
    groups = [list(range(end - size, end)) for end, size in zip(ends, sizes, strict=True)]
    owner = [prompt for prompt, size in enumerate(sizes) for _ in range(size)]
    state = picks(groups, cap, [0] * len(groups), [target])
    kept: list[int] = []
    asked: list[int] = []
    while len(found := state.next_round()):
        for place in found.tolist():
            asked.append(place)
            if drops >> (place % 20) & 1:
                state.drop(owner[place])
            else:
                kept.append(place)
    assert len(asked) == len(set(asked))
    assert len(kept) <= target
    assert all(sum(owner[place] == prompt for place in kept) <= cap for prompt in range(len(sizes)))
    good = [sum(not drops >> (place % 20) & 1 for place in group) for group in groups]
    assert len(kept) == min(target, sum(min(cap, number) for number in good))
