"""Where the prompts of a dataset come from, what applies to them, and who judged."""

from pathlib import Path

import pytest
import yaml

from distill.dataset.card.page import dataset_card
from distill.dataset.select import select
from distill.recipe.sections import JudgeSection, SelectSection, VerifySection
from distill.rows.prompt_origin import NotedSource, Origin
from distill.store import RunFolder
from tests.runs import group, make_run


def test_licences_that_the_hub_knows_are_a_list(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10", license="MIT"), group("b", "pass 10", license="CC BY 4.0")])
    text = dataset_card(select([run], tmp_path / "out", SelectSection()))
    header = yaml.safe_load(text.split("---")[1])
    assert header["license"] == ["cc-by-4.0", "mit"]
    assert "license_name" not in header
    assert not (tmp_path / "out" / "LICENSE.md").exists()


def test_sources_that_are_presets_are_named_and_cited(tmp_path: Path) -> None:
    groups = [group("a", "pass 10", source="math:geometry"), group("b", "pass 10", source="org/mine")]
    text = dataset_card(select([make_run(tmp_path / "run", groups)], tmp_path / "out", SelectSection()))
    place = "[EleutherAI/hendrycks_math](https://huggingface.co/datasets/EleutherAI/hendrycks_math)"
    assert f"| math:geometry | 1 | {place} | Hendrycks et al. 2021, arXiv 2103.03874 |" in text
    assert "| org/mine | 1 |  |  |" in text


def test_it_tells_what_the_prompts_were_kept_apart_from(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run", [group("a", "pass 10")])
    assert "`run`: not known" in dataset_card(select([made], tmp_path / "before", SelectSection()))
    origin = Origin(
        distill="1.0",
        sources=(NotedSource(name="mine", dataset="org/mine", split="train", citation="Me 2026"),),
        benchmarks=("aime24",),
        num_benchmark_problems=30,
        fates={"read": 200, "contaminated": 3, "duplicate": 7, "kept": 190},
    )
    with RunFolder.open(made.path, lambda _: None) as run:
        run.note_origin("prompts", origin)
    text = dataset_card(select([RunFolder.at(made.path)], tmp_path / "out", SelectSection()))
    assert "- `run`: compared with `aime24` (30 problems); 3 (1.5%) of the rows read were dropped as contam" in text
    assert "- `mine` ([org/mine](https://huggingface.co/datasets/org/mine), train): Me 2026" in text
    assert "190 of 200 rows stayed (3 (1.5%) contaminated, 7 (3.5%) duplicates)." in text


def test_it_names_the_judge_and_warns_where_that_is_the_teacher(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run", [group("a", "pass 10")], model="toy")
    with RunFolder.open(made.path, lambda _: None) as run:
        judge = JudgeSection(endpoints=("http://there/v1",), model="toy", votes=1, audit_share=0.25)
        run.begin("verify", VerifySection(judge=judge).digested())
    facts = select([RunFolder.at(made.path)], tmp_path / "out", SelectSection())
    text = dataset_card(facts)
    assert "- `run`: `toy`, on prompts without a reference (template `general`)" in text
    assert "beside the rule, 25% of the prompts" in text
    assert "**The judge of `run` is the teacher itself.**" in text
    assert "http://there" not in text
    assert facts.runs[0].judge is not None
    other = facts.runs[0].model_copy(update={"judge": facts.runs[0].judge.model_copy(update={"is_teacher": False})})
    assert "the teacher itself" not in dataset_card(facts.model_copy(update={"runs": (other,)}))


def test_a_known_teachers_licence_is_told(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10")], model="deepseek-ai/DeepSeek-R1")
    text = dataset_card(select([run], tmp_path / "out", SelectSection()))
    assert "`deepseek-ai/DeepSeek-R1` is under [MIT](https://spdx.org/licenses/MIT.html)." in text


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
