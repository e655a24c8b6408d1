import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.training.grpo.scoring import Column, Form, format_score, length_scores, overlong_score, settled

R1_ZERO = Form(is_prefilled=False, has_answer_tags=True)
PREFILLED = Form(is_prefilled=True, has_answer_tags=False)
PLAIN = Form(is_prefilled=False, has_answer_tags=False)
FORMS = [Form(*flags) for flags in product([False, True], repeat=2)]
CASES = [
    json.loads(line) for line in (Path(__file__).parents[2] / "data" / "format_cases.jsonl").read_text().splitlines()
]

words = st.text("abc 12\n", min_size=1).filter(str.strip)
spaces = st.text(" \n\t", max_size=3)
pieces = st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "</THINK>", " ", "\n", "r", "5"]))


def written(form: Form, reasoning: str, answer: str, gap: str = "\n") -> str:
    """A completion as the form asks for it."""
    head = "" if form.is_prefilled else "<think>"
    tail = f"<answer>{answer}</answer>" if form.has_answer_tags else answer
    return f"{head}{reasoning}</think>{gap}{tail}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_collected_cases(case: dict[str, object]) -> None:
    if case["expected"] is None:  # the template opens the tag: right there, wrong in R1-Zero's form
        assert format_score(str(case["text"]), PREFILLED) == 1
    assert format_score(str(case["text"]), R1_ZERO) == float(bool(case["expected"]))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("<think></think><answer></answer>", R1_ZERO),
        ("<think>r</think><answer> </answer>", R1_ZERO),
        ("<think> \n</think><answer>5</answer>", R1_ZERO),
        ("<think>…</think><answer>5</answer>", R1_ZERO),
        ("<think><think>r</think></think><answer>5</answer>", R1_ZERO),
        ("<think>r</think><answer><answer>5</answer></answer>", R1_ZERO),
        ("<think>r<answer>5</answer></think>", R1_ZERO),
        ("<answer>5</answer><think>r</think>", R1_ZERO),
        ("<think>r</think>5", R1_ZERO),
        ("<think>r</think>5 <answer>5</answer>", R1_ZERO),
        ("r</think>\n\n", PREFILLED),
        ("</think>5", PREFILLED),
        ("<think>r</think>5", PREFILLED),
        ("r</think>5</think>6", PREFILLED),
        ("r</think>5<think>r", PREFILLED),
        ("5", PREFILLED),
        ("<think>r\n5", PLAIN),
        ("r</think>5", PLAIN),
        ("hello <think>r</think>5", PLAIN),
    ],
)
def test_gaming_the_form_earns_nothing(text: str, form: Form) -> None:
    assert format_score(text, form) == 0


@pytest.mark.parametrize("form", FORMS)
@given(reasoning=words, answer=words, gap=spaces, before=spaces, after=spaces)
def test_the_form_is_rewarded_whatever_white_space_surrounds_it(
    form: Form, reasoning: str, answer: str, gap: str, before: str, after: str
) -> None:
    text = written(form, reasoning, answer, gap)
    assert format_score(text, form) == format_score(before + text + after, form) == 1


@pytest.mark.parametrize("form", FORMS)
@given(parts=pieces)
def test_a_form_score_is_none_or_all(form: Form, parts: list[str]) -> None:
    assert format_score("".join(parts), form) in {0, 1}


@pytest.mark.parametrize("form", FORMS)
@given(reasoning=words, answer=words, tag=st.sampled_from(["<think>", "</think>"]))
def test_one_tag_too_many_earns_nothing(form: Form, reasoning: str, answer: str, tag: str) -> None:
    assert format_score(written(form, reasoning + tag, answer), form) == 0
    assert format_score(written(form, reasoning, tag + answer), form) == 0
    assert format_score(tag + written(form, reasoning, answer), form) == 0


groups = st.lists(st.tuples(st.integers(1, 1000), st.booleans()), min_size=1, max_size=16)


@given(groups)
def test_a_length_score_is_bounded_and_no_wrong_completion_gains(group: list[tuple[int, bool]]) -> None:
    scores = length_scores([length for length, _ in group], [is_right for _, is_right in group])
    assert all(-0.5 <= score <= 0.5 for score in scores)
    assert all(score <= 0 for score, (_, is_right) in zip(scores, group, strict=True) if not is_right)


@given(groups)
def test_shorter_is_never_worse_among_equals(group: list[tuple[int, bool]]) -> None:
    scores = length_scores([length for length, _ in group], [is_right for _, is_right in group])
    for (one, right), score in zip(group, scores, strict=True):
        for (other, other_right), other_score in zip(group, scores, strict=True):
            if one <= other and right >= other_right:
                assert score >= other_score


def test_length_scores_are_kimis() -> None:
    assert length_scores([100, 150, 200], [True, True, True]) == [0.5, 0.0, -0.5]
    assert length_scores([100, 150, 200], [False, True, False]) == [0.0, 0.0, -0.5]
    assert length_scores([7, 7], [True, False]) == [0.0, 0.0]
    assert length_scores([], []) == []


@given(st.integers(0, 3000), st.integers(1, 1000))
def test_overlong_is_bounded_and_falls_with_length(length: int, buffer: int) -> None:
    score = overlong_score(length, 2000, min(buffer, 2000))
    assert -1 <= overlong_score(length + 1, 2000, buffer) <= score <= 0


def test_overlong_is_dapos() -> None:
    assert [overlong_score(n, 20480, 4096) for n in (100, 16384, 18432, 20480, 30000)] == [0, 0, -0.5, -1, -1]


def test_what_could_not_be_decided_counts_for_no_reward() -> None:
    columns: dict[str, Column] = {"accuracy": [1.0, 0.0, None, None], "format": [1.0, 1.0, 1.0, 0.0]}
    assert settled(columns, ["q"] * 4, ["accuracy"]) == {
        "accuracy": [1.0, 0.0, None, None],
        "format": [1.0, 1.0, None, None],
    }


def test_a_reward_with_nothing_to_say_gives_its_groups_mean_and_where_it_never_says_anything_stays_out() -> None:
    columns: dict[str, Column] = {"own": [1.0, 0.0, None, None, None, 2.0], "format": [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]}
    found = settled(columns, ["q", "q", "q", "other", "other", "third"], [])
    assert found["own"] == [1.0, 0.0, 0.5, None, None, 2.0]
    assert found["format"] == columns["format"]


scores = st.one_of(st.none(), st.floats(-1, 1))
rollouts = st.lists(st.tuples(scores, scores, st.sampled_from("pq")), min_size=1, max_size=16)


@given(rollouts)
def test_every_score_that_was_given_stays_or_its_whole_completion_goes(rollout: list[tuple[Any, Any, str]]) -> None:
    columns: dict[str, Column] = {"accuracy": [row[0] for row in rollout], "own": [row[1] for row in rollout]}
    found = settled(columns, [row[2] for row in rollout], ["accuracy"])
    for (accuracy, own, _), settled_accuracy, settled_own in zip(rollout, found["accuracy"], found["own"], strict=True):
        if accuracy is None:
            assert (settled_accuracy, settled_own) == (None, None)
        else:
            assert settled_accuracy == accuracy
            assert own in {None, settled_own}


@given(rollouts)
def test_settling_twice_changes_nothing(rollout: list[tuple[Any, Any, str]]) -> None:
    columns: dict[str, Column] = {"accuracy": [row[0] for row in rollout], "own": [row[1] for row in rollout]}
    groups = [row[2] for row in rollout]
    once = settled(columns, groups, ["accuracy"])
    twice = settled(once, groups, ["accuracy"])
    assert twice == once
