from pathlib import Path

import pytest
import yaml
from huggingface_hub import DatasetCard

from distill.dataset.card.page import dataset_card
from distill.dataset.card_facts import OwnCard
from distill.dataset.select import select
from distill.recipe.sections import Price, SelectSection, VerifySection
from distill.records import Outcome, Sampling
from distill.store import RunFolder
from tests.runs import Drawn, group, make_run


def card(folder: Path, own: OwnCard = OwnCard(), **settings: object) -> str:
    run = make_run(
        folder / "run",
        [
            group("a", "pass 10", "fail 9", "judge 8"),
            group("b", "pass 20", source="odd | name", license="MIT", language="German"),
            group("c", "pass 30", domain="code", source=None, license=None),
        ],
    )
    facts = select([run], folder / "out", SelectSection.model_validate(settings), own)
    text = (folder / "out" / "README.md").read_text()
    assert text == dataset_card(facts)
    return text


def test_the_header_is_the_hubs(tmp_path: Path) -> None:
    data = DatasetCard(card(tmp_path)).data.to_dict()  # type: ignore[no-untyped-call]
    assert (data["license"], data["license_name"]) == ("other", "by-row")
    assert data["language"] == ["de"]
    assert data["size_categories"] == ["n<1K"]
    assert data["task_categories"] == ["text-generation"]
    assert data["tags"] == ["distill", "reasoning", "synthetic", "code", "math"]
    assert data["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}
    ]


def test_a_held_out_split_is_in_the_header(tmp_path: Path) -> None:
    header = yaml.safe_load(card(tmp_path, held_out=0.9).split("---")[1])
    assert {"split": "test", "path": "data/test-*.parquet"} in header["configs"][0]["data_files"]


@pytest.mark.parametrize(
    ("stated", "identifier", "name"),
    [
        ("Apache-2.0", "apache-2.0", None),
        ("CC BY 4.0", "cc-by-4.0", None),
        (None, "unknown", None),
        ("my own; see site", "other", "my-own-see-site"),
    ],
)
def test_one_licence_becomes_the_hubs_identifier(
    tmp_path: Path, stated: str | None, identifier: str, name: str | None
) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10", license=stated)])
    card = dataset_card(select([run], tmp_path / "out", SelectSection()))
    header = yaml.safe_load(card.split("---")[1])
    assert (header["license"], header.get("license_name")) == (identifier, name)
    assert "language" not in header


def test_it_tells_what_was_counted(tmp_path: Path) -> None:
    text = card(tmp_path, rows=5, allow_short=True)
    for line in (
        "| math | 2 | 66.7% |",
        "| odd \\| name | 1 | 33.3% |",
        "| all rows | 5 | 3 | 2 |",
        "| pass rate of the decided probes, which no policy ends | 3 (75.0%) |",
        "| abstained (undecided, in no pass rate) | 1 (20.0%) |",
        "| `math_answer` | 3 (75.0%) | 1 (25.0%) | 0 (0.0%) |",
        "| `judge` | 0 (0.0%) | 0 (0.0%) | 1 (100.0%) |",
        "| `unanswered` | 3 | 0 (0.0%) |",
        "| failed | 1 (20.0%) |",
        "| math | 15 | 15 | 20 | 20 |",
        "| de | 1 | 33.3% |",
        "| not stated | 2 | 66.7% |",
        "| apache-2.0 | toy | 1 | 33.3% |",
        "| mit | odd \\| name | 1 | 33.3% |",
        "| not stated | not stated | 1 | 33.3% |",
        "Of 1 rows the source states no licence; they may not be free to use.",
        "distill select run --out out",
    ):
        assert line in text, line


def test_it_tells_how_a_judge_agrees_with_the_rules(tmp_path: Path) -> None:
    judged = [
        Drawn("pass", 10, "Thought.", "4", second_opinion=Outcome.PASS),
        Drawn("fail", 10, "Thought.", "5", second_opinion=Outcome.PASS),
        Drawn("pass", 10, "Thought.", "4", second_opinion=Outcome.ABSTAIN),
    ]
    run = make_run(tmp_path / "run", [group("a", *judged, "pass 10")])
    text = dataset_card(select([run], tmp_path / "out", SelectSection()))
    assert "Of 2 samples that both decided they agree on\n50.0%" in text
    assert "passed 1 that it failed" in text


def test_its_pictures_are_there(tmp_path: Path) -> None:
    text = card(tmp_path)
    for name in ("funnel", "pass_rates", "lengths"):
        assert f"(pictures/{name}.png)" in text
        assert (tmp_path / "out" / "pictures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_it_says_what_scores_a_puzzle(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10")])
    facts = select([run], tmp_path / "out", SelectSection())
    assert "`scorer` is the scoring function" not in dataset_card(facts)
    scored = facts.model_copy(update={"verifiers": {"scorer": (1, 0, 0)}})
    assert "`scorer` is the scoring function of the package that made a puzzle" in dataset_card(scored)


def test_it_names_the_tolerance_that_answers_were_given(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run", [group("a", "pass 10")])
    with RunFolder.open(made.path, lambda _: None) as run:
        run.begin("verify", VerifySection(tolerance="reference-digits").digested())
    facts = select([RunFolder.at(made.path)], tmp_path / "out", SelectSection())
    assert "Policy `reference-digits` in `run`" in dataset_card(facts)
    assert "reference-digits" not in card(tmp_path / "exact")


def test_it_tells_the_price_the_cost_and_what_else_the_teacher_read(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10", "fail 10")])
    facts = select([run], tmp_path / "out", SelectSection())
    assert "cost" not in dataset_card(facts)
    told = {
        "price": Price(prompt=0.5, completion=2.0),
        "cost": 3.0,
        "system": "Think.",
        "wording": "{prompt}\n\nBox *it*.",
    }
    priced = facts.model_copy(update={"runs": (facts.runs[0].model_copy(update=told),)})
    text = dataset_card(priced)
    for line in (
        "| cost, all samples | 3 |",
        "| cost of a row | 3 |",
        "Price in `run`: 0.5 a million prompt tokens, 2 a million completion tokens.",
        "    Think.",
        "    Box *it*.",
    ):
        assert line in text, line


def test_what_was_left_to_the_endpoint_is_said(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10")])
    facts = select([run], tmp_path / "out", SelectSection())
    sampling = Sampling(temperature=None, top_p=None, stop=("END",), extra_body={"reasoning_effort": "high"})
    drawn = facts.model_copy(update={"runs": (facts.runs[0].model_copy(update={"sampling": sampling}),)})
    assert "temperature left out, top-p left out" in dataset_card(drawn)
    assert 'reasoning_effort "high"' in dataset_card(drawn)
