"""A pilot's pass rates: what counts, and which runs give none."""

from pathlib import Path

import orjson
import pytest

from distill.dataset.pilot import read_pilot
from distill.errors import RunError
from distill.prompts.difficulty import Pilot, Rating, content_key
from distill.rows.columns import prompt_of
from distill.rows.prompt_file import prompt_line
from tests.runs import Group, drawn, group, make_run


def rating(pilot: Pilot, asked: Group) -> Rating | None:
    return pilot.ratings.get(content_key(orjson.loads(prompt_line(prompt_of(asked.prompt)))))


def test_rates_are_passed_of_decided_samples(tmp_path: Path) -> None:
    groups = [
        group("a", "pass 5", "fail 5", "fail 5", "abstain 5"),
        group("b", "abstain 5", "abstain 5", drawn("abstain 5")._replace(finish_reason="cancelled"), "abstain 5"),
    ]
    make_run(tmp_path / "run", groups, "fixed(4)")
    pilot = read_pilot([tmp_path / "run"])
    assert [rating(pilot, each) for each in groups] == [Rating(1 / 3, 3), Rating(None, 0)]


def test_only_samples_count_that_the_policy_never_stops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under `at_least` a hard prompt ends with its first pass or two, whatever its rate."""
    asked = group("a", "fail 5", "fail 5", "fail 5", "fail 5", "pass 5", "pass 5")
    make_run(tmp_path / "run", [asked], "at_least(2, 8)")
    assert rating(read_pilot([tmp_path / "run"]), asked) == Rating(0.0, 2)
    assert (
        "rates rest on the first 2 of each prompt, since at_least(2, 8) may stop the others" in capsys.readouterr().err
    )


def test_prompts_whose_samples_or_verdicts_are_missing_have_no_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What came first of an unfinished run is short, and passes more often."""
    groups = [group("whole", "pass 5", "fail 9"), group("half", "pass 5"), group("unverified", "pass 5", "none 9")]
    make_run(tmp_path / "run", groups, "fixed(2)")
    pilot = read_pilot([tmp_path / "run"])
    assert [rating(pilot, each) for each in groups] == [Rating(0.5, 2), None, None]
    assert "2 of 3 prompts count as not tried" in capsys.readouterr().err


def test_runs_that_were_made_alike_count_together(tmp_path: Path) -> None:
    shared = group("a", "pass 5", "fail 5")
    make_run(tmp_path / "one", [shared], "fixed(2)")
    make_run(tmp_path / "two", [group("a", "pass 5", "pass 5"), group("b", "fail 5", "fail 5")], "fixed(2)")
    pilot = read_pilot([tmp_path / "one", tmp_path / "two"])
    assert rating(pilot, shared) == Rating(0.75, 4)
    assert (len(pilot.runs), pilot.ids) == (2, frozenset({"a", "b"}))


def test_runs_of_two_models_do_not_add_up(tmp_path: Path) -> None:
    make_run(tmp_path / "one", [group("a", "pass 5")], "fixed(1)")
    make_run(tmp_path / "two", [group("a", "pass 5")], "fixed(1)", model="other")
    with pytest.raises(RunError, match=r"were not made alike .teacher 'toy' and 'other'."):
        read_pilot([tmp_path / "one", tmp_path / "two"])


def test_prompts_that_were_not_imported_are_known_as_they_would_be(tmp_path: Path) -> None:
    raw = group("a", "pass 5", prompt=[{"role": "user", "content": "What is  2?\r\n"}], answer=r"So \boxed{4}")
    make_run(tmp_path / "run", [raw], "fixed(1)")
    clean = group("b", prompt=[{"role": "user", "content": "What is  2?"}], answer="4")
    assert rating(read_pilot([tmp_path / "run"]), clean) == Rating(1.0, 1)


def test_runs_that_tell_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run folder"):
        read_pilot([tmp_path / "nowhere"])
    make_run(tmp_path / "unverified", [group("a", "none 5")], "fixed(1)")
    with pytest.raises(RunError, match=r"has no verdicts.*run `distill verify .*unverified`"):
        read_pilot([tmp_path / "unverified"])
    make_run(tmp_path / "race", [group("a", "pass 5")], "shortest_of(4, probes=0)")
    with pytest.raises(RunError, match="may stop every sample, so that no pass rate follows"):
        read_pilot([tmp_path / "race"])
