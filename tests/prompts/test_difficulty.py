"""Bands of pass rates: which prompts of a pilot are kept, and that the command says what became of the others."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from distill.cli import app
from distill.dataset.select import select
from distill.errors import InputError, RecipeError
from distill.prompts.difficulty import BandCount, Pilot, PilotRun, Rating, content_key, cut_by_difficulty
from distill.prompts.order import Band
from distill.recipe.sections import SelectSection
from distill.rows.parse import Row
from distill.rows.read import read_prompts, read_rows
from tests.runs import Group, group, make_run


def rows(*names: str) -> list[tuple[int, Row]]:
    return list(enumerate({"id": name, "prompt": f"What is {name}?", "answer": "4"} for name in names))


def pilot(ratings: Mapping[str, tuple[float | None, int]]) -> Pilot:
    """A pilot of prompts as `rows` makes them."""
    known = {content_key(row): Rating(*ratings[str(row["id"])]) for _, row in rows(*ratings)}
    run = PilotRun(
        run="runs/pilot", digests={}, model="toy", policy="fixed(4)", num_probes=4, max_tokens=9, num_prompts=0,
        num_unfinished=0, num_samples=0, num_decided=0, num_truncated=0,
    )  # fmt: skip
    return Pilot(known, frozenset(ratings), (run,))


def kept(names: Sequence[str], rates: Mapping[str, float | None], *bands: str, seed: int = 0) -> set[str]:
    found = pilot({name: (rate, 4 if rate is not None else 0) for name, rate in rates.items()})
    given = rows(*names)
    cut = cut_by_difficulty(given, list(map(Band.parse, bands)), seed, found)
    return {str(row["id"]) for number, row in given if number not in cut.reasons}


RATES = {"never": 0.0, "rarely": 0.2, "half": 0.5, "mostly": 0.8, "always": 1.0, "unclear": None}


def test_a_band_holds_both_its_ends_and_nothing_that_was_not_decided_or_not_tried() -> None:
    assert kept([*RATES, "new"], RATES, "0.2-0.8") == {"rarely", "half", "mostly"}


def test_several_bands_are_kept_together() -> None:
    assert kept([*RATES, "new"], RATES, "0-0", "0.8-1") == {"never", "mostly", "always"}


def test_without_bands_everything_is_kept() -> None:
    assert kept([*RATES, "new"], RATES) == {*RATES, "new"}


def test_which_rows_fill_a_band_depends_on_ids_and_seed_not_on_order() -> None:
    names = [f"q{number}" for number in range(100)]
    rates = dict.fromkeys(names, 0.5)
    taken = kept(names, rates, "0.2-0.8=30")
    assert len(taken) == 30
    assert kept(names[::-1], rates, "0.2-0.8=30") == taken
    assert kept(names, rates, "0.2-0.8=20") < taken
    assert kept(names[10:], rates, "0.2-0.8=30") >= taken - set(names[:10])
    assert kept(names, rates, "0.2-0.8=30", seed=1) != taken


def test_a_row_counts_in_the_first_band_that_holds_it() -> None:
    names = [f"q{number}" for number in range(10)]
    rates = {name: 0.0 if number < 5 else 0.5 for number, name in enumerate(names)}
    assert len(kept(names, rates, "0-0.1=2", "0-1")) == 2 + 5


def test_counts_say_what_bands_hold_give_and_lack() -> None:
    found = pilot({name: (rate, 4) for name, rate in RATES.items()})
    cut = cut_by_difficulty(rows(*RATES, "new"), [Band.parse("0-0.2=1"), Band.parse("1-1=3")], 0, found)
    assert cut.counts == (
        BandCount("0-0.2", 2, 1),
        BandCount("1", 1, 1, num_missing=2),
        BandCount("in no band", 2, 0),
        BandCount("undecided", 1, 0),
        BandCount("not tried", 1, 0),
    )
    assert sorted(set(cut.reasons.values())) == [
        "band 0-0.2 is full",
        "no pass rate: not tried by the pilot",
        "pass rate in no band",
        "the pilot decided on none of its samples",
    ]


def test_a_rate_belongs_to_text_and_reference_and_not_to_an_id() -> None:
    found = pilot({"1": (0.5, 4), "2": (0.5, 4)})
    same: Row = {"id": "other", "prompt": "What is 1?", "answer": "4", "source": "elsewhere"}
    other_text: Row = {"id": "1", "prompt": "What is one?", "answer": "4"}
    other_answer: Row = {"id": "2", "prompt": "What is 2?", "answer": "5"}
    cut = cut_by_difficulty(enumerate([same, other_text, other_answer]), [Band.parse("0-1")], 0, found)
    assert set(cut.reasons) == {1, 2}


def test_the_rate_of_another_pilot_is_replaced_or_taken_away() -> None:
    found = pilot({"a": (0.25, 4)})
    given = [(number, {**row, "pass_rate": 1.0, "num_pilot_samples": 8}) for number, row in rows("a", "new")]
    cut = cut_by_difficulty(given, [], 0, found)
    lines = [json.loads(cut.with_rate(number, json.dumps(row).encode())) for number, row in given]
    assert (lines[0]["pass_rate"], lines[0]["num_pilot_samples"]) == (0.25, 4)
    assert not {"pass_rate", "num_pilot_samples"} & set(lines[1])


RAW = (0.1, "0.5", "n/a")
"""Rates as data sets write them."""


def test_without_a_pilot_bands_go_by_what_rows_state() -> None:
    given = [(number, {**row, "pass_rate": rate}) for (number, row), rate in zip(rows(*"abc"), RAW, strict=True)]
    assert set(cut_by_difficulty(given, [Band.parse("0.2-0.8")], 0).reasons) == {0, 2}
    with pytest.raises(InputError, match=r"no row states a `pass_rate`.*--pilot RUN.*--map pass_rate=COLUMN"):
        cut_by_difficulty(rows("a"), [Band.parse("0-1")], 0)


def test_a_pilot_of_another_file_is_an_error() -> None:
    with pytest.raises(InputError, match=r"has tried none of these 2 prompts .nor their ids.: it was made of another"):
        cut_by_difficulty(rows("a", "b"), [], 0, pilot({"c": (0.5, 4)}))
    renumbered: Row = {"id": "c", "prompt": "Another question?", "answer": "4"}
    with pytest.raises(InputError, match="1 have an id of its prompts, but another text or reference"):
        cut_by_difficulty([(0, renumbered)], [], 0, pilot({"c": (0.5, 4)}))


@pytest.mark.parametrize(
    ("text", "low", "high", "num_rows"),
    [("0.2-0.8", 0.2, 0.8, None), ("0-.25=1_000", 0, 0.25, 1000), ("1-1", 1, 1, None), ("0.5 - 1", 0.5, 1, None)],
)
def test_bands_are_read(text: str, low: float, high: float, num_rows: int | None) -> None:
    assert Band.parse(text) == Band(low=low, high=high, num_rows=num_rows)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0.8-0.2", "wrong way round: --band 0.2-0.8"),
        ("20-80", "shares of 0 to 1, not percent: --band 0.2-0.8"),
        ("80%-20%", "not percent: --band 0.2-0.8"),
        ("0.2-0.8=0", "asks for no rows"),
        ("0.5", "reads LOW-HIGH or LOW-HIGH=ROWS"),
        ("0.2,0.8", "reads LOW-HIGH or LOW-HIGH=ROWS"),
        ("0.2-0.8=many", "reads LOW-HIGH or LOW-HIGH=ROWS"),
        ("-0.2-0.8", "reads LOW-HIGH or LOW-HIGH=ROWS"),
    ],
)
def test_a_band_that_makes_no_sense_is_told_what_is_meant(text: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        Band.parse(text)


GROUPS = [
    group("easy", *["pass 5"] * 4),
    group("middle", "pass 5", "pass 9", "fail 9", "fail 9"),
    group("rough", "pass 5", "abstain 5", "fail 9", "abstain 9"),
    group("hard", *["fail 5"] * 4),
    group("unclear", *["abstain 5"] * 4),
]


def command(tmp_path: Path, *options: str, groups: Sequence[Group] = GROUPS, policy: str = "fixed(4)") -> Result:
    """`distill prompts` on the pilot's prompts and one that it never tried."""
    make_run(tmp_path / "pilot", groups, policy)
    names = [*(str(each.prompt["id"]) for each in groups), "new"]
    sources = tmp_path / "prompts.jsonl"
    sources.write_text("".join(f"{json.dumps(row)}\n" for _, row in rows(*names)))
    return CliRunner().invoke(app, ["prompts", str(sources), "--pilot", str(tmp_path / "pilot"), *options])


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_the_command_writes_rates_and_says_what_bands_drop(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    result = command(tmp_path, "--out", str(out), "--band", "0.2-0.8=5", "--band", "1-1")
    assert result.exit_code == 0, result.output
    found = {prompt.id: (prompt.pass_rate, prompt.num_pilot_samples) for prompt in read_prompts(out)}
    assert found == {"easy": (1.0, 4), "middle": (0.5, 4), "rough": (0.5, 2)}
    assert "0.2-0.8 lacks 3" in result.output
    drops = [json.loads(line) for line in (tmp_path / f"{name}.dropped.jsonl").read_text().splitlines()]
    assert {row["id"]: (row["why"], row["pass_rate"]) for row in drops} == {
        "hard": ("pass rate in no band", 0.0),
        "unclear": ("the pilot decided on none of its samples", None),
        "new": ("no pass rate: not tried by the pilot", None),
    }
    manifest = json.loads((tmp_path / f"{name}.manifest.json").read_text())
    assert manifest["funnel"]["outside the bands"] == 3
    assert manifest["funnel"]["bands"][0] == {"name": "0.2-0.8", "num_prompts": 2, "num_kept": 2, "num_missing": 3}
    assert manifest["pilot"][0]["run"] == str(tmp_path / "pilot")
    assert set(manifest["pilot"][0]["digests"]) >= {"prompts", "generate"}
    assert [band["high"] for band in manifest["order"]["bands"]] == [0.8, 1.0]


def test_rates_stay_with_prompts_that_are_imported_again(tmp_path: Path) -> None:
    rated, again, cut = (tmp_path / name for name in ("rated.parquet", "again.jsonl", "cut.jsonl"))
    assert command(tmp_path, "--out", str(rated)).exit_code == 0
    assert [row["pass_rate"] for row, _ in read_rows(rated) if isinstance(row, dict)] == [
        1.0,
        0.5,
        0.5,
        0.0,
        None,
        None,
    ]
    runner = CliRunner()
    assert runner.invoke(app, ["prompts", str(rated), "--out", str(again)]).exit_code == 0
    assert list(read_prompts(again)) == list(read_prompts(rated))
    assert runner.invoke(app, ["prompts", str(again), "--out", str(cut), "--band", "0.2-0.8"]).exit_code == 0
    assert [prompt.id for prompt in read_prompts(cut)] == ["middle", "rough"]


def test_bands_that_leave_nothing_say_how_to_see_the_rates(tmp_path: Path) -> None:
    result = command(tmp_path, "--out", str(tmp_path / "out.jsonl"), "--band", "0.6-0.7")
    assert "Without --band all are kept, and a table shows how their pass rates lie." in str(result.exception)


def test_rows_of_a_dataset_have_the_rate_of_their_probes_unless_a_column_is_named(tmp_path: Path) -> None:
    """The fifth sample was no probe, so that its rightness may be the doing of the policy."""
    run = make_run(tmp_path / "run", [
        group("lucky", "pass 5", "fail 9", "fail 9", "fail 9", "pass 5"),
        group("sure", "pass 5", "pass 9", "pass 9", "pass 9", "pass 5"),
    ], "shortest_of(5, 4)")  # fmt: skip
    select([run], tmp_path / "dataset", SelectSection(policy="all(1)", filters=(), held_out=0))
    (file,) = (tmp_path / "dataset" / "data").glob("*.parquet")
    row = next(row for row, _ in read_rows(file) if isinstance(row, dict) and row["id"] == "lucky")
    assert (row["pass_rate"], row["probe_pass_rate"]) == (0.4, 0.25)
    assert rates_of(file, tmp_path / "probes.jsonl") == {"lucky": 0.25, "sure": 1.0}
    assert rates_of(file, tmp_path / "band.jsonl", "--band", "0.2-0.3") == {"lucky": 0.25}
    everything = ("--map", "pass_rate=num_passed", "--band", "0-1")
    assert CliRunner().invoke(app, ["prompts", str(file), "--out", str(tmp_path / "x.jsonl"), *everything]).exit_code
    assert {prompt.pass_rate for prompt in read_prompts(file)} == {0.25, 1.0}


def rates_of(source: Path, out: Path, *options: str) -> dict[str, float | None]:
    result = CliRunner().invoke(app, ["prompts", str(source), "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    return {prompt.id: prompt.pass_rate for prompt in read_prompts(out)}
