"""`distill sft --from-trl` and `distill grpo --from-trl`, as a user runs them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from distill.cli import app
from distill.training.grpo import recipe as grpo
from distill.training.recipe import load
from tests.training.from_trl.files import GRPO, SFT, TEMPLATE, trl_file


def distill(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_recipe_is_printed(tmp_path: Path) -> None:
    done = distill("sft", "--from-trl", trl_file(tmp_path, SFT | {"chat_template": None}), "--gpus", 2)
    (tmp_path / "new.yaml").write_text(done.stdout)
    assert load(tmp_path / "new.yaml").distill.batch.size == 16
    assert "Left out: hub_model_id: somebody/model" in done.stderr


def test_a_template_that_is_not_written_is_said(tmp_path: Path) -> None:
    done = distill("sft", "--from-trl", trl_file(tmp_path, SFT))
    assert "distill-config.jinja is not written; --recipe NEW.yaml writes both." in done.stderr


def test_a_recipe_is_written_with_its_template_and_never_over_another(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    line = ("sft", "--from-trl", trl_file(tmp_path, SFT), "--recipe", new, "--report-to", "trackio")
    done = distill(*line)
    assert (done.stdout, done.exit_code) == ("", 0)
    recipe = load(new)
    assert recipe.trl["report_to"] == "trackio"
    assert Path(recipe.distill.template).read_text() == TEMPLATE
    assert f"distill sft --recipe {new} --dataset somebody/sums:hard --gpus 8" in done.stderr
    assert "is there already" in str(distill(*line).exception)


def test_a_recipe_for_grpo_is_written(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    distill("grpo", "--from-trl", trl_file(tmp_path, GRPO), "--recipe", new, "distill.unit_tests=share")
    assert grpo.load(new).distill.unit_tests == "share"


@pytest.mark.parametrize(("command", "kind"), [("sft", "a student"), ("grpo", "a recipe")])
def test_a_training_needs_a_recipe(command: str, kind: str) -> None:
    assert f"needs {kind}; name one with --recipe" in str(distill(command).exception)


def test_figures_go_where_the_option_says() -> None:
    shown = distill("sft", "--recipe", "smollm2-135m", "--report-to", "wandb", "--dry-run").stdout
    assert "report_to: wandb" in shown
