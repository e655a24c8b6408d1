import heapq
import importlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.errors import RecipeError
from distill.records import Message, Outcome, Prompt
from distill.sampling.agenda import Agenda, SampleRequest
from distill.sampling.policy import (
    AtLeast,
    Budget,
    Ended,
    Fixed,
    Group,
    GroupDecision,
    Policy,
    ShortestOf,
    parse_policy,
)

PASS, FAIL, ABSTAIN = Outcome.PASS, Outcome.FAIL, Outcome.ABSTAIN


@dataclass(frozen=True)
class Fate:
    """What a sample turns out to be if it is left to finish, and how it gets there."""

    num_tokens: int
    outcome: Outcome
    speed: float = 1.0
    """Tokens a second of its endpoint."""
    verdict_s: float = 0.0


fates = st.builds(
    Fate,
    num_tokens=st.integers(1, 60),
    outcome=st.sampled_from(Outcome),
    speed=st.sampled_from([0.1, 1.0, 7.0]),
    verdict_s=st.sampled_from([0.0, 0.5, 30.0]),
)


def drawn(policy: Policy, own: list[Fate], interval: int = 1) -> Group:
    """Play one group to its end: tokens come in steps of `interval`, at each endpoint's own speed."""
    group, clock, events = Group(), 0.0, list[tuple[float, int, int]]()

    def obey(decision: GroupDecision) -> None:
        for index in decision.cancel:
            group.ended[index] = Ended(group.under_way.pop(index), ABSTAIN, is_cancelled=True)
        for index in decision.start:
            group.under_way[index] = 0
            limits[index] = bound(policy, group, index) or own[index].num_tokens
            heapq.heappush(events, (clock, index, min(interval, own[index].num_tokens)))

    limits: dict[int, int] = {}
    obey(policy.decide(group))
    while events:
        clock, index, num_tokens = heapq.heappop(events)
        fate = own[index]
        if num_tokens < 0:  # its verdict
            group.ended[index] = group.ended[index]._replace(outcome=fate.outcome)
        elif index not in group.under_way:
            continue
        elif num_tokens > limits[index]:
            del group.under_way[index]
            group.ended[index] = Ended(limits[index], ABSTAIN, is_cancelled=True)
        elif num_tokens == fate.num_tokens:
            del group.under_way[index]
            group.ended[index] = Ended(num_tokens, None)
            heapq.heappush(events, (clock + fate.verdict_s, index, -1))
        else:
            group.under_way[index] = num_tokens
            step = min(interval, fate.num_tokens - num_tokens)
            heapq.heappush(events, (clock + step / fate.speed, index, num_tokens + step))
        obey(policy.decide(group))
    return group


def bound(policy: Policy, group: Group, index: int) -> int | None:
    return None if index < policy.traits.num_probes else policy.decide(group).bound


def selected(group: Group) -> tuple[int, int] | None:
    return min(group.passed, default=None)


@settings(max_examples=400, deadline=None)
@given(st.lists(fates, min_size=1, max_size=12), st.integers(0, 3), st.integers(1, 20))
def test_a_race_selects_what_fixed_selects(own: list[Fate], num_probes: int, interval: int) -> None:
    race = drawn(ShortestOf(num_samples=len(own), num_probes=num_probes), own, interval)
    assert selected(race) == selected(drawn(Fixed(num_samples=len(own)), own))


@given(st.lists(fates, min_size=4, max_size=12))
def test_probes_always_finish(own: list[Fate]) -> None:
    race = drawn(ShortestOf(num_samples=len(own), num_probes=4), own)
    assert [race.ended[i] for i in range(4)] == [Ended(own[i].num_tokens, own[i].outcome) for i in range(4)]


@given(st.lists(fates, min_size=2, max_size=12))
def test_what_a_race_cancels_could_not_have_been_selected(own: list[Fate]) -> None:
    race = drawn(ShortestOf(num_samples=len(own), num_probes=0), own)
    best = selected(race)
    for index, ended in race.ended.items():
        assert not ended.is_cancelled or (best is not None and (own[index].num_tokens, index) > best)


@given(st.lists(fates, min_size=30, max_size=30), st.integers(1, 5), st.integers(1, 30))
def test_at_least_stops_at_k_passes_and_only_there(own: list[Fate], k: int, max_n: int) -> None:
    max_n = max(k, max_n)
    group = drawn(AtLeast(num_passes=k, max_samples=max_n), own)
    assert len(group.ended) <= max_n
    assert len(group.passed) >= k or len(group.ended) == max_n
    assert all(not group.ended[i].is_cancelled for i in range(k))


def test_waves_double() -> None:
    group, policy = Group(), AtLeast(num_passes=2, max_samples=11)
    sizes = []
    while start := policy.decide(group).start:
        sizes.append(len(start))
        group.ended |= dict.fromkeys(start, Ended(10, FAIL))
    assert sizes == [2, 4, 5]


def test_a_wave_waits_for_the_verdicts_of_the_last() -> None:
    group = Group(ended={0: Ended(10, FAIL), 1: Ended(10, None)})
    assert AtLeast(num_passes=2, max_samples=8).decide(group) == GroupDecision()


def test_a_refused_prompt_gets_no_further_wave() -> None:
    group = Group(ended={0: Ended(0, ABSTAIN, is_refused=True)})
    assert AtLeast(num_passes=1, max_samples=8).decide(group) == GroupDecision()


def test_a_late_starter_may_tie_with_the_shortest_but_not_pass_it() -> None:
    group = Group(ended={0: Ended(50, PASS), 1: Ended(90, FAIL)}, under_way={2: 0})
    assert bound(ShortestOf(num_samples=4), group, 2) == 51
    assert bound(ShortestOf(num_samples=4, num_probes=3), group, 2) is None


def test_of_equal_lengths_the_lower_index_stays_in_the_race() -> None:
    group = Group(ended={3: Ended(50, PASS)}, under_way={2: 50, 4: 50})
    assert ShortestOf(num_samples=5).decide(group).cancel == (4,)


def test_an_abstain_neither_passes_nor_bounds() -> None:
    group = Group(ended={0: Ended(5, ABSTAIN)}, under_way={1: 20, 2: 30})
    assert ShortestOf(num_samples=3, num_probes=0).decide(group).cancel == ()


def prompts(num_prompts: int) -> list[Prompt]:
    turn = (Message(role="user", content="?"),)
    return [Prompt(id=f"p{i}", messages=turn, domain="math", reference=None) for i in range(num_prompts)]


def played(policy: Policy, all_fates: list[list[Fate]], concurrency: int) -> tuple[dict[str, Group], Agenda]:
    """Play an agenda with so many requests under way, each lasting one round."""
    groups = {prompt.id: Group() for prompt in prompts(len(all_fates))}
    agenda = Agenda(policy, ((prompt, groups[prompt.id]) for prompt in prompts(len(all_fates))))
    while True:
        under_way: list[SampleRequest] = []
        while len(under_way) < concurrency and (request := agenda.next()):
            under_way.append(request)
        if not under_way:
            return groups, agenda
        for request in under_way:
            fate = all_fates[int(request.prompt.id[1:])][request.index]
            agenda.end(request.key, Ended(fate.num_tokens, None))
            agenda.decide(request.key, fate.outcome)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(fates, min_size=64, max_size=64), min_size=1, max_size=6), st.integers(1, 9))
def test_a_budget_is_kept_and_solved_prompts_get_no_more(all_fates: list[list[Fate]], concurrency: int) -> None:
    groups, agenda = played(Budget(num_tokens=400), all_fates, concurrency)
    assert agenda.spending.num_tokens <= 400 + concurrency * 60
    for group in groups.values():
        assert sorted(group.ended) == list(range(len(group.ended)))
        assert len(group.passed) <= concurrency


def test_a_budget_is_not_spent_on_hopeless_prompts() -> None:
    easy, hopeless = [Fate(10, PASS)] * 64, [Fate(10, FAIL)] * 64
    groups, agenda = played(Budget(num_tokens=10**6), [easy] * 10 + [hopeless] * 10, concurrency=4)
    assert [len(groups[f"p{i}"].ended) for i in range(10)] == [1] * 10
    assert all(10 < len(groups[f"p{i}"].ended) < 64 for i in range(10, 20))
    assert agenda.spending.num_tokens < 10**4


def test_a_budget_comes_back_to_a_prompt_that_looked_hopeless_while_its_sample_was_under_way() -> None:
    policy = Budget(num_tokens=10**6, hopeless=0.3)  # at first even odds, of which a second sample has half
    agenda = Agenda(policy, ((prompt, Group()) for prompt in prompts(4)))
    hard, *easy = [request.key for request in iter(agenda.next, None)]
    for key in easy:
        agenda.end(key, Ended(10, PASS))
    agenda.end(hard, Ended(10, FAIL))
    assert [request.key for request in iter(agenda.next, None)] == [("p0", 1)]


def test_a_budget_goes_first_where_a_pass_is_cheapest() -> None:
    policy = Budget(num_tokens=10**6)
    long, short = Group(ended={0: Ended(9000, FAIL)}), Group(ended={0: Ended(100, FAIL)})
    assert policy.index(short, 0.5, 1000) > policy.index(long, 0.5, 1000)
    tried = Group(ended={0: Ended(100, FAIL), 1: Ended(100, FAIL)})
    assert policy.index(short, 0.5, 100) > policy.index(tried, 0.5, 100)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(fates, min_size=9, max_size=9), min_size=1, max_size=5), st.integers(1, 20))
def test_an_agenda_draws_what_its_policy_asks_for(all_fates: list[list[Fate]], concurrency: int) -> None:
    groups, agenda = played(AtLeast(num_passes=1, max_samples=9), all_fates, concurrency)
    assert all(group.passed or len(group.ended) == 9 for group in groups.values())
    assert agenda.num_undrawn == sum(9 - len(group.ended) for group in groups.values())


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("fixed(4)", Fixed(num_samples=4)),
        (" at_least( 2, 16 ) ", AtLeast(num_passes=2, max_samples=16)),
        ("at_least(2, max_n=16)", AtLeast(num_passes=2, max_samples=16)),
        ("shortest_of(16)", ShortestOf(num_samples=16)),
        ("shortest_of(16, probes=4)", ShortestOf(num_samples=16, num_probes=4)),
        ("budget(2_000_000)", Budget(num_tokens=2_000_000)),
        ("budget(1e9, max_n=32)", Budget(num_tokens=10**9, max_samples=32)),
    ],
)
def test_policies_are_read_as_written(text: str, policy: object) -> None:
    assert parse_policy(text) == policy


@pytest.mark.parametrize(
    "text", ["", "fixed", "fixed()", "fixed(0)", "fixed(x)", "fixed(2.5)", "fixed(1,2)", "best(3)", "at_least(2)",
             "shortest_of(4, n=3)", "shortest_of(4, tries=3)", "fixed(-1)", "fixed(nan)", "fixed(inf)"]
)  # fmt: skip
def test_anything_else_is_an_error_that_names_the_policies(text: str) -> None:
    with pytest.raises(RecipeError, match=r"fixed\(n\), at_least\(k, max_n\), shortest_of\(n, probes\), budget"):
        parse_policy(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("at_least(9, 8)", "9 can never pass of at most 8 samples"),
        ("budget(1e6, max_n=2, probes=3)", "3 probes are more than the 2 samples of a prompt"),
    ],
)
def test_numbers_that_contradict_each_other_are_told_why(text: str, why: str) -> None:
    with pytest.raises(RecipeError, match=f"makes no sense: {why}"):
        parse_policy(text)


@pytest.mark.slow
def test_ten_thousand_simulated_races_select_what_fixed_selects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts" / "bench")
    policies = importlib.import_module("policies")
    world = policies.World(sigma=0.4, interval=128, verdict=300)
    cells = [policies.compare(ShortestOf(num_samples=16), shape, 2500, world, seed=0) for shape in policies.SHAPES]
    assert [cell.num_differing for cell in cells] == [0, 0, 0, 0]
    assert all(cell.saved > 0.1 for cell in cells)
