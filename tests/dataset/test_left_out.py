"""What a selection left out, told by reason, with the option that changes it; each option is tried."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from distill.dataset.card_facts import CardFacts, Omission, OwnCard
from distill.dataset.detectors import Tools
from distill.dataset.facts import facts_of
from distill.dataset.left_out import left_out, left_out_lines, unverified_lines
from distill.dataset.pool import read_pool
from distill.dataset.reasons import REASONS, Reason, rowless
from distill.dataset.select import select
from distill.dataset.selection import choose, weigh
from distill.errors import RunError
from distill.recipe.sections import SelectSection
from distill.store import RunFolder
from tests.runs import Drawn, group, make_run

TOOLS = Tools(lambda _: "en", lambda one, other: one == other)
LOOP = Drawn("pass", 1, "I should check this once more to be sure of it. " * 30, "4")


def chosen(*runs: RunFolder, **settings: object) -> CardFacts:
    """The facts of a selection, of which nothing is written."""
    prospects = weigh(read_pool(runs), SelectSection.model_validate(settings), TOOLS)
    return facts_of(choose(prospects, TOOLS, lambda *_: None), "toy", OwnCard())


def by_reason(facts: CardFacts) -> dict[str, Omission]:
    return {each.reason: each for each in facts.left_out}


@pytest.fixture
def mixed(tmp_path: Path) -> RunFolder:
    return make_run(
        tmp_path / "mixed",
        [
            group("solved", "pass 30", "pass 10", "fail 5", "judge 4"),
            group("looping", LOOP, "fail 3"),
            group("unsolved", "fail 5", "fail 6"),
            group("open", "none 7", Drawn("none", 3, None, "", "cancelled")),
            group("refused", Drawn("abstain", 0, None, "", "refused")),
            group("cut", Drawn("pass", 9, "So 4.", "4", "length")),
            group("undrawn"),
        ],
    )


def test_every_sample_that_is_no_row_stands_under_its_reason(mixed: RunFolder) -> None:
    facts = chosen(mixed)
    found = {reason: each.num_samples for reason, each in by_reason(facts).items()}
    assert found == {
        "another sample of its prompt is preferred": 1,
        "failed": 4,
        "abstained": 1,
        "not verified": 1,
        "cancelled": 1,
        "refused by the endpoint": 1,
        "truncated": 1,
        "repetition": 1,
        "no sample": 0,
    }
    assert sum(found.values()) == facts.num_samples - facts.num_rows
    assert by_reason(facts)["failed"].share == 4 / facts.num_samples


def test_the_most_frequent_reason_comes_first(mixed: RunFolder) -> None:
    assert chosen(mixed).left_out[0].reason == "failed"


def test_a_prompt_without_a_row_stands_under_what_kept_its_best_sample_out(mixed: RunFolder) -> None:
    facts = chosen(mixed)
    found = {reason: each.num_prompts for reason, each in by_reason(facts).items() if each.num_prompts}
    assert found == {
        "repetition": 1,
        "failed": 1,
        "not verified": 1,
        "refused by the endpoint": 1,
        "truncated": 1,
        "no sample": 1,
    }
    assert sum(found.values()) == facts.num_prompts - facts.num_kept_prompts


def test_every_reason_has_its_place_from_the_row_to_what_is_farthest() -> None:
    codes = np.arange(len(REASONS), dtype=np.uint8)
    assert set(rowless(codes.astype(np.int32), codes, len(REASONS))) == set(REASONS) - {REASONS[Reason.KEPT]}


@pytest.mark.parametrize(
    ("settings", "reason", "option"),
    [
        ({}, "another sample of its prompt is preferred", "--policy 'shortest(4)'"),
        ({"policy": "longest(3)"}, "another sample of its prompt is preferred", "--policy 'longest(6)'"),
        ({"rows": 1}, "its quota is full", "without --rows"),
        ({"max_tokens": 15}, "token length outside the band", "--set max_tokens=null"),
        ({"min_tokens": 15}, "token length outside the band", "--set min_tokens=0"),
        ({"min_pass_rate": 0.8}, "pass rate outside the band", "--set min_pass_rate=0"),
        ({"context_length": 21}, "longer than the student's context", "--set context_length=null"),
        ({"filters": ["repetition"]}, "repetition", "--filters none"),
        ({"filters": ["repetition", "unanswered"]}, "repetition", "--filters unanswered"),
        ({"filters": ["truncated", "unanswered"]}, "truncated", "--filters unanswered"),
    ],
)
def test_the_option_that_is_told_changes_the_reason(
    tmp_path: Path, settings: dict[str, object], reason: str, option: str
) -> None:
    run = make_run(
        tmp_path / "run",
        [
            group("a", *[f"pass {10 + n}" for n in range(5)]),
            group("b", "pass 20", "fail 2"),
            group("c", LOOP),
            group("d", Drawn("pass", 9, "So 4.", "4", "length")),
        ],
    )
    before = by_reason(chosen(run, **settings))[reason]
    assert before.option == option
    after = by_reason(chosen(run, **_changed(settings, option)))
    assert reason not in after or after[reason].num_samples < before.num_samples


def _changed(settings: dict[str, object], option: str) -> dict[str, object]:
    """Settings as `distill select` takes them with that option."""
    words = shlex.split(option)
    match words[0]:
        case "without":
            return {key: value for key, value in settings.items() if key != words[1].removeprefix("--")}
        case "--set":
            key, _, value = words[1].partition("=")
            return settings | {key: json.loads(value)}
        case "--filters":
            return settings | {"filters": [name for name in words[1].split(",") if name != "none"]}
        case _:
            return settings | {words[0].removeprefix("--"): words[1]}


def test_a_quota_of_a_mixture_names_the_mixture(tmp_path: Path) -> None:
    run = make_run(
        tmp_path / "run", [*(group(f"m{n}", "pass 3") for n in range(3)), group("c", "pass 3", domain="code")]
    )
    (tmp_path / "math.yaml").write_text("name: math\nquotas: [{rows: 1, domain: math}]\n")
    found = by_reason(chosen(run, mixture=str(tmp_path / "math.yaml")))
    assert found["its quota is full"].option == f"a --mixture with larger quotas than {tmp_path / 'math.yaml'}"
    assert found["no quota holds its prompt"].num_prompts == 1
    assert f"without --mixture {tmp_path / 'math.yaml'}" in found["no quota holds its prompt"].option


def test_unverified_samples_are_named_by_run_with_the_command_that_verifies_them(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", [group("a", "pass 5")])
    other = make_run(tmp_path / "the other", [group("b", "none 5", "none 6")])
    facts = chosen(one, other)
    assert list(unverified_lines(facts, ["runs/one", "runs/the other"])) == [
        "runs/the other holds samples without a verdict (2). Verify them: distill verify 'runs/the other'"
    ]
    [found] = left_out(facts, ["runs/one", "runs/the other"])
    assert (found.reason, found.option) == ("not verified", "distill verify 'runs/the other'")


def test_without_paths_an_option_shows_the_name_of_the_run(mixed: RunFolder) -> None:
    found = by_reason(chosen(mixed))
    assert found["not verified"].option == "distill verify mixed"
    assert found["abstained"].option == "distill verify mixed --judge NAME --judge-endpoint URL"
    assert found["refused by the endpoint"].option == "distill generate … --run mixed --redraw refused"
    assert found["failed"].option == ""


def test_it_is_a_table_that_fits_a_terminal_of_80_columns(mixed: RunFolder) -> None:
    lines = list(left_out_lines(chosen(mixed), ["runs/mixed"]))
    table = lines[: lines.index("What would change it:")]
    assert max(map(len, table)) <= 80
    assert table[1].split() == ["kept", "as", "rows", "1", "8.3%"]
    assert table[-1].split() == ["all", "12", "6"]
    assert "  not verified: distill verify runs/mixed" in lines


def test_selection_json_holds_the_table_and_reads_back(tmp_path: Path, mixed: RunFolder) -> None:
    facts = select([mixed], tmp_path / "out", SelectSection(), tools=TOOLS)
    assert CardFacts.model_validate_json((tmp_path / "out" / "selection.json").read_bytes()) == facts
    assert json.loads((tmp_path / "out" / "selection.json").read_text())["left_out"][0]["reason"] == "failed"


def test_where_nothing_can_be_kept_it_is_told_what_would_change_that(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "none 5", "fail 4")])
    with pytest.raises(RunError, match=r"1 not verified.*not verified: distill verify \S+/run\.$"):
        chosen(run)
