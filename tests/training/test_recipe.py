from pathlib import Path

import pytest
import yaml

from distill.errors import RecipeError
from distill.recipe.loading import recipes_folder
from distill.training.machine.parameters import num_parameters
from distill.training.recipe import load

STUDENTS = ("qwen-1.5b", "qwen-7b", "qwen-14b", "qwen-32b", "llama-8b", "llama-70b")
SHIPPED = sorted(path.stem for path in (recipes_folder() / "students").glob("*.yaml"))


def test_the_six_students_are_shipped() -> None:
    assert set(STUDENTS) < set(SHIPPED)


@pytest.mark.parametrize(
    ("name", "base", "learning_rate", "parameters"),
    [
        ("qwen-1.5b", "Qwen/Qwen2.5-Math-1.5B", 1e-4, 1_543_714_304),
        ("qwen-7b", "Qwen/Qwen2.5-Math-7B", 8e-5, 7_615_616_512),
        ("qwen-14b", "Qwen/Qwen2.5-14B", 7e-5, 14_770_033_664),
        ("qwen-32b", "Qwen/Qwen2.5-32B", 6e-5, 32_763_876_352),
        ("llama-8b", "meta-llama/Llama-3.1-8B", 5e-5, 8_030_261_248),
        ("llama-70b", "meta-llama/Llama-3.3-70B-Instruct", 2e-5, 70_553_706_496),
    ],
)
def test_a_student_has_the_papers_settings(name: str, base: str, learning_rate: float, parameters: int) -> None:
    recipe = load(name)
    assert recipe.distill.base == base
    assert recipe.trl["learning_rate"] == learning_rate
    assert recipe.trl["lr_scheduler_kwargs"] == {"min_lr_rate": 0.1}
    assert (recipe.max_length, recipe.distill.batch.unit, recipe.distill.batch.size) == (32768, "examples", 64)
    assert num_parameters(recipe.distill.shape) == parameters  # what the Hub counts in the base's safetensors


@pytest.mark.parametrize("name", SHIPPED)
def test_only_the_math_bases_get_another_rope(name: str) -> None:
    assert (load(name).distill.rope is not None) == (name in {"qwen-1.5b", "qwen-7b"})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("max_seq_length=4096", "use `max_length`"),
        ("torch_dtype=bfloat16", "use `dtype`"),
        ("warmup_ratio=0.1", "use `warmup_steps`"),
        ("chat_template=x", "use `distill.template`"),
        ("learning_rat=1e-5", "did you mean `learning_rate`"),
        ("gradient_accumulation_steps=4", "distill.batch"),
        ("assistant_only_loss=true", "the loss covers what the assistant says"),
        ("distill.tempalte=base", "tempalte"),
        ("distill.batch.unit=rows", "batch.unit"),
        ("max_length=long", "`max_length` must be a whole number"),
    ],
)
def test_a_mistake_in_an_override_is_refused_with_what_to_write(override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load("qwen-7b", [override])


def test_any_trl_key_can_be_overridden() -> None:
    recipe = load("qwen-7b", ["learning_rate=1e-5", "report_to=wandb", "distill.rope.theta=10000", "use_peft=true"])
    assert (recipe.trl["learning_rate"], recipe.trl["report_to"], recipe.trl["use_peft"]) == (1e-5, "wandb", True)
    assert recipe.distill.rope is not None
    assert recipe.distill.rope.theta == 10000


def test_no_is_a_word_where_trl_wants_one() -> None:
    assert load("qwen-7b", ["save_strategy=no"]).trl["save_strategy"] == "no"


def test_the_digest_follows_the_settings() -> None:
    assert load("qwen-7b").digest == load("qwen-7b").digest != load("qwen-7b", ["seed=1"]).digest


def test_a_resolved_recipe_reads_back_as_itself(tmp_path: Path) -> None:
    path = tmp_path / "qwen-7b.yaml"
    path.write_text(load("qwen-7b", ["seed=7"]).to_yaml(), encoding="utf-8")
    assert load(path) == load("qwen-7b", ["seed=7"])


def test_a_plain_trl_file_lacks_the_block(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text("learning_rate: 1.0e-5\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="no `distill:` block"):
        load(path)


@pytest.mark.parametrize("name", SHIPPED)
def test_trls_own_parser_reads_every_recipe(name: str, tmp_path: Path) -> None:
    from trl import SFTConfig  # type: ignore[attr-defined]

    from distill.training.settings.parser import parse

    # bf16 needs a GPU, which the parser looks for; everything else is read as on one.
    path = tmp_path / "train.yaml"
    ours = {"output_dir": str(tmp_path), "bf16": False, "use_cpu": True}
    path.write_text(yaml.safe_dump({**load(name).trl, **ours}), encoding="utf-8")
    training, model = parse(path, SFTConfig)
    assert training.max_length == load(name).max_length
    assert training.learning_rate == load(name).trl["learning_rate"]
    assert model.dtype == "float32"
