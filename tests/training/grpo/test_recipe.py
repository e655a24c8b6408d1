from pathlib import Path

import pytest
import yaml

from distill.errors import RecipeError
from distill.recipe.loading import recipes_folder
from distill.training.grpo.grpo import plan
from distill.training.grpo.recipe import load

GPUS = {"qwen-1.5b": 8, "qwen-7b": 8, "llama-8b": 8, "qwen-14b": 16, "qwen-32b": 32, "llama-70b": 64, "smollm2-135m": 1}
COLD = "distill.base=students/cold"
RECIPES = ("r1-zero", "r1-stage1", "r1-stage2", "modern")


def test_the_shipped_recipes() -> None:
    assert {path.stem for path in (recipes_folder() / "grpo").glob("*.yaml")} == {*RECIPES, "smollm2-135m"}
    assert {path.stem for path in (recipes_folder() / "students").glob("*.yaml")} == set(GPUS)


@pytest.mark.parametrize("student", GPUS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_trls_own_parser_reads_every_recipe_for_every_student(recipe: str, student: str, tmp_path: Path) -> None:
    from trl import GRPOConfig  # type: ignore[attr-defined]

    from distill.training.settings.parser import parse

    planned = plan(recipe, out=tmp_path / "out", overrides=[f"distill.student={student}", COLD], num_gpus=GPUS[student])
    # bf16 needs a GPU, which the parser looks for, and it sees one process; everything else is read as on many.
    path = tmp_path / "train.yaml"
    path.write_text(yaml.safe_dump({**planned.trl, "bf16": False, "use_cpu": True}), encoding="utf-8")
    training, model = parse(path, GRPOConfig)
    assert training.generation_batch_size == 8192
    assert training.max_completion_length == planned.recipe.max_completion_length
    assert training.reward_weights == list(planned.recipe.distill.rewards.values())
    assert training.use_vllm is (student != "smollm2-135m")
    assert model.dtype == "float32"


def test_the_cpu_recipe_is_read_too(tmp_path: Path) -> None:
    from trl import GRPOConfig  # type: ignore[attr-defined]

    from distill.training.settings.parser import parse

    path = tmp_path / "train.yaml"
    path.write_text(yaml.safe_dump(plan("smollm2-135m", out=tmp_path / "out", num_gpus=1).trl), encoding="utf-8")
    assert parse(path, GRPOConfig)[0].use_cpu


def test_r1_zero_has_the_papers_settings() -> None:
    recipe = load("r1-zero")
    assert (recipe.batch_size, recipe.rollout, recipe.group_size, recipe.steps_per_rollout) == (512, 8192, 16, 16)
    assert recipe.max_length == 32768
    wanted = {"learning_rate": 3e-6, "beta": 1e-3, "epsilon": 10, "ref_model_sync_steps": 400, "temperature": 1.0}
    assert {key: recipe.trl[key] for key in wanted} == wanted
    assert recipe.distill.rewards == {"accuracy": 1.0, "format": 1.0}


def test_a_student_brings_base_layout_and_machine() -> None:
    recipe = load("r1-stage1", ["distill.student=llama-8b", COLD])
    assert recipe.name == "r1-stage1-llama-8b"
    assert recipe.distill.shape.hidden == 4096
    assert recipe.distill.template == "deepseek-r1"
    assert recipe.trl["activation_checkpointing"] is True
    assert recipe.trl["learning_rate"] == 3e-6


def test_r1_zero_poses_its_own_prompt_in_the_bases_own_tokens() -> None:
    block = load("r1-zero", ["distill.student=llama-8b"]).distill
    assert (block.template, block.tokens, block.bos, block.eos) == ("r1-zero", {}, None, None)


def test_overrides_reach_what_the_student_brought() -> None:
    recipe = load("modern", ["distill.base=students/cold", "distill.rope.theta=10000", "learning_rate=2e-6"])
    assert recipe.distill.base == "students/cold"
    assert recipe.distill.rope is not None
    assert (recipe.distill.rope.theta, recipe.distill.rope.max_position_embeddings) == (10000, 32768)
    assert recipe.trl["learning_rate"] == 2e-6


@pytest.mark.parametrize("recipe", ["r1-stage1", "r1-stage2", "modern"])
def test_a_raw_base_that_never_saw_the_templates_tokens_is_refused_with_the_way_out(recipe: str) -> None:
    with pytest.raises(RecipeError, match=r"never seen .*<think> </think>.*distill.base=DIR.*--recipe r1-zero"):
        load(recipe)
    assert load(recipe, ["distill.tokens={}"]).distill.base == "Qwen/Qwen2.5-Math-7B"


@pytest.mark.parametrize("student", GPUS)
def test_r1_zero_keeps_the_bases_own_rope(student: str) -> None:
    rope = load("r1-zero", [f"distill.student={student}"]).distill.rope
    is_math = student in {"qwen-1.5b", "qwen-7b"}
    assert (rope and (rope.theta, rope.max_position_embeddings)) == ((10000, 32768) if is_math else None)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_token_is_weighed_by_its_own_ratio_and_not_by_that_of_its_whole_completion(recipe: str) -> None:
    assert load(recipe, [COLD]).trl["vllm_importance_sampling_mode"] == "token_truncate"


def test_a_right_answer_at_full_length_earns_more_than_a_wrong_one() -> None:
    weights = load("modern", [COLD]).distill.rewards
    longest = -1.0  # what `overlong` gives at the limit
    assert weights["accuracy"] + longest * weights["overlong"] > 0


def test_a_server_has_settings_of_its_own() -> None:
    served = load("r1-zero", ["vllm_mode=server", "vllm_server_port=9000"]).trl
    assert served["vllm_server_port"] == 9000
    assert not {"vllm_enable_sleep_mode", "vllm_gpu_memory_utilization", "vllm_tensor_parallel_size"} & served.keys()


def test_on_a_cpu_there_is_no_vllm() -> None:
    assert not [key for key in load("r1-zero", ["distill.student=smollm2-135m"]).trl if "vllm" in key]


def test_gspo_is_a_matter_of_keys() -> None:
    gspo = ["importance_sampling_level=sequence", "loss_type=grpo", "epsilon=3e-4", "epsilon_high=4e-4"]
    assert load("modern", [COLD, *gspo]).trl["importance_sampling_level"] == "sequence"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("distill.student=qwen-8b", "There is no recipe 'qwen-8b'"),
        ("distill.rewards.akkuracy=1", "there is no reward 'akkuracy'"),
        ("distill.rewards={accuracy: 1, 'mine:accuracy': 1}", "two rewards have one name"),
        ("distill.rewards={accuracy: 0}", "nothing would be learnt"),
        ("distill.batch.unit=tokens", "distill.batch.unit=examples"),
        ("generation_batch_size=1000", "does not divide into steps of 512"),
        ("num_generations=24", "groups of 24"),
        ("save_steps=100", "multiple of 16"),
        ("distill.accelerate=zero3", "fsdp2, or sync_ref_model=false"),
        ("max_completion_length=65536", "do not fit `distill.rope.max_position_embeddings"),
        ("reward_weights=[1]", "set `distill.rewards`"),
        ("use_peft=true", "with an adapter the reference is the base itself"),
        ("distill.held_out.prompts=a", "are of `distill sft`"),
        ("distill.trained_turns=all", "are of `distill sft`"),
        ("distill.rewards.accuracy=.inf", "finite"),
        ("logging_steps=10", "every step is logged"),
        ("steps_per_generation=4", "set `generation_batch_size`"),
        ("max_prompt_length=512", "set `distill.max_prompt_tokens`"),
        ("packing=true", "is no key of TRL's GRPO"),
    ],
)
def test_a_mistake_is_refused_with_what_to_write(override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load("r1-zero", [override])


def test_a_recipe_that_names_no_student_asks_for_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("distill: {rewards: {accuracy: 1.0}}\nlearning_rate: 1.0e-6\n")
    with pytest.raises(RecipeError, match="Add --student NAME"):
        load(path)


def test_groups_that_processes_would_split_are_refused_where_lengths_are_compared(tmp_path: Path) -> None:
    cut = ["distill.rewards.length=0.5", "generation_batch_size=512", "num_generations=128", "save_steps=80"]
    with pytest.raises(RecipeError, match="splits them"):
        plan("r1-zero", out=tmp_path / "out", overrides=cut, num_gpus=8)


def test_a_layout_that_cannot_fit_is_refused_with_the_arithmetic(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"(?s)does not fit 8 × H100.*smaller max_completion_length.*reference"):
        plan("r1-zero", out=tmp_path / "out", overrides=["distill.student=qwen-32b"], num_gpus=8)


def test_planning_without_trl_loads_neither_torch_nor_what_needs_it(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = f"""
import sys
from pathlib import Path
from distill.training.grpo.grpo import plan
from distill.training.settings import known
known.find_spec = lambda name: None
plan("r1-zero", out=Path({str(tmp_path)!r}) / "out", num_gpus=8)
sys.exit(len({{"torch", "transformers", "trl", "datasets", "pyarrow"}} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_name_keeps_its_dots() -> None:
    assert load("modern", ["distill.student=qwen-1.5b", COLD]).name == "modern-qwen-1.5b"
