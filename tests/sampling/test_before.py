"""What earlier attempts drew, against the plain way: every row, one after the other."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.records import FinishReason, Outcome, Verdict
from distill.rows import columns as schemas
from distill.sampling.agenda import Agenda, Spending
from distill.sampling.before import Before, drawn_before
from distill.sampling.policy import Ended, Group, parse_policy
from distill.store import RunFolder, shard

POLICIES = ("fixed(4)", "at_least(2, 4)", "shortest_of(4)", "budget(100_000, max_n=4, probes=2)")
ENDINGS = [*[FinishReason.STOP] * 5, FinishReason.LENGTH, FinishReason.CANCELLED, FinishReason.REFUSED]


def verdict(outcome: Outcome) -> Verdict:
    return Verdict(outcome=outcome, verifier="math_answer", extracted=None, reason="", seconds=0.0)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunFolder]:
    """Forty prompts with up to four samples each, in several shards and row groups; most have verdicts."""
    monkeypatch.setattr(shard, "ROW_GROUP_BYTES", 800)
    chance = random.Random(5)
    with RunFolder.open(tmp_path / "run", print) as folder:
        for number in range(40):
            message = {"role": "user", "content": "1 + 1?"}
            folder.prompts.append({"id": f"p{number}", "prompt": [message], "domain": "math", "answer": "2"})
        folder.prompts.close()
        keys = [(f"p{number}", index) for number in range(40) for index in range(number % 6) if index < 4]
        chance.shuffle(keys)
        for place, (name, index) in enumerate(keys):
            row = {"prompt_id": name, "index": index, "num_tokens": chance.randint(1, 99), "num_prompt_tokens": 7}
            folder.samples.append(row | {"answer": "x" * 50, "finish_reason": chance.choice(ENDINGS)})
            if chance.random() < 0.9:
                outcome = chance.choice(list(Outcome))
                folder.verdicts.append(schemas.verdict_row(name, index, verdict(outcome)))
            if place % 30 == 0:
                folder.samples.close()
        folder.samples.close()
        folder.verdicts.close()
        yield folder


def plainly(run: RunFolder) -> dict[str, dict[int, Ended]]:
    outcomes = {run.verdicts.key(row): Outcome(str(row["outcome"])) for row in run.verdicts.rows()}
    found: dict[str, dict[int, Ended]] = {str(row["id"]): {} for row in run.prompts.rows()}
    for row in run.samples.rows():
        name, index = key = run.samples.key(row)
        reason, num_tokens = row["finish_reason"], row["num_tokens"]
        assert isinstance(num_tokens, int)
        found[name][index] = Ended(num_tokens, outcomes.get(key), reason == "cancelled", reason == "refused")
    return found


@pytest.mark.parametrize("policy", POLICIES)
def test_groups_and_spending_are_those_of_a_walk_through_the_rows(run: RunFolder, policy: str) -> None:
    rule, expected, spent = parse_policy(policy), plainly(run), Spending()
    for ended in expected.values():
        for index, each in ended.items():
            spent.add(each, is_probe=index < rule.traits.num_probes)
            if each.outcome is not None and index < rule.traits.num_probes:
                spent.decide(each.outcome)
    before = Before(run, rule)
    assert before.spending == spent
    assert before.num_samples == before.bought.num_samples == sum(map(len, expected.values()))
    assert before.num_passed == sum(
        each.outcome is Outcome.PASS for ended in expected.values() for each in ended.values()
    )
    groups = {prompt.id: group.ended for prompt, group in before.groups(run.prompts, lambda _: False)}
    full = {name for name in expected if name not in groups}
    assert {name: ended for name, ended in expected.items() if name in groups} == groups
    needs = rule.traits.needs_verdicts
    assert full == {
        name
        for name, ended in expected.items()
        if len(ended) == 4 and not (needs and any(each.outcome is None for each in ended.values()))
    }


@pytest.mark.parametrize("policy", POLICIES)
def test_an_agenda_asks_for_the_same_whether_it_opens_groups_that_are_over_or_not(run: RunFolder, policy: str) -> None:
    rule = parse_policy(policy)
    known = run.verdicts.keys()
    for key in map(run.samples.key, run.samples.rows()):
        if key not in known:
            run.verdicts.append(schemas.verdict_row(*key, verdict(Outcome.FAIL)))
    run.verdicts.close()
    before, expected = Before(run, rule), plainly(run)
    assert before.num_undecided == 0
    opened = Agenda(rule, ((prompt, Group(ended=dict(expected[prompt.id]))) for prompt, _ in
                           Before(run, parse_policy("fixed(9)")).groups(run.prompts, lambda _: False)),
                    Before(run, rule).spending)  # fmt: skip
    groups = before.groups(run.prompts, lambda group: passed.passes_over(group))  # noqa: PLW0108 - made below
    passed = Agenda(rule, groups, before.spending)
    assert passed.wants_any()
    asked = [[request.key for request in iter(agenda.next, None)] for agenda in (opened, passed)]
    assert asked[0] == asked[1] != []
    assert opened.num_undrawn == passed.num_undrawn


def test_a_look_ahead_finds_nothing_where_all_is_drawn(run: RunFolder) -> None:
    before = Before(run, parse_policy("fixed(1)"), only={"p1", "p2"})
    agenda = Agenda(parse_policy("fixed(1)"), before.groups(run.prompts, lambda _: False), before.spending)
    assert before.num_prompts == 2
    assert not agenda.wants_any()


def test_a_verdict_that_has_lost_its_sample_is_removed_before_another_sample_gets_its_key(run: RunFolder) -> None:
    run.begin("generate", {})
    run.begin("verify", {})
    name, index = run.verdicts.key(next(run.verdicts.rows()))
    run.samples.remove(lambda row: run.samples.key(row) == (name, index), ["prompt_id", "index"])
    assert Before(run, parse_policy("fixed(4)")).num_orphans == 1
    before = drawn_before(run, parse_policy("fixed(4)"), None, None)
    assert before.num_samples == len(run.samples.keys())
    known = run.verdicts.keys()
    assert (name, index) not in known
    assert Before(run, parse_policy("fixed(4)")).num_orphans == 0
