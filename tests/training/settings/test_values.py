import re
from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from distill.errors import RecipeError
from distill.training import recipe as students
from distill.training.grpo import recipe as grpo
from distill.training.settings.values import check_values

COLD = "distill.base=students/cold"


def sft(overrides: Sequence[str], name: str = "qwen-7b") -> None:
    recipe = students.load(name, overrides)
    ours: dict[str, JsonValue] = {"dataset_kwargs": {"skip_prepare_dataset": True}, "gradient_accumulation_steps": 8}
    assert check_values(recipe, recipe.trl | ours)


def reinforced(overrides: Sequence[str], name: str = "r1-stage1") -> None:
    recipe = grpo.load(name, [COLD, *overrides])
    ours: dict[str, JsonValue] = {"generation_batch_size": recipe.rollout, "reward_weights": [1.0, 1.0, 1.0]}
    assert check_values(recipe, recipe.trl | ours, "grpo")


@pytest.mark.parametrize("name", ["qwen-1.5b", "llama-70b", "smollm2-135m"])
def test_a_shipped_student_is_taken(name: str) -> None:
    sft([], name)


@pytest.mark.parametrize("name", ["r1-zero", "r1-stage2", "modern"])
def test_a_shipped_recipe_of_reinforcement_is_taken(name: str) -> None:
    reinforced([], name)


@pytest.mark.parametrize(
    "overrides",
    [
        ["use_peft=true", "lora_r=4", "lora_target_modules=all-linear", "use_dora=true"],
        ["use_peft=true", "load_in_4bit=true", "bnb_4bit_quant_type=nf4"],
        ["optim=adamw_8bit"],
        ["optim=adafactor", "tf32=true", "activation_offloading=true"],
        ["bf16=false", "fp16=true"],
        ["loss_type=dft", "neftune_noise_alpha=5", "train_sampling_strategy=group_by_length"],
        ["attn_implementation=flash_attention_2", "packing=true", "distill.batch={unit: tokens, size: 342739}"],
        ["model_init_kwargs={use_kernels: true, attention_dropout: 0.1}"],
        ["report_to=[wandb, trackio]", "trackio_space_id=me/space"],
        ["eval_strategy=steps", "eval_steps=50", "distill.held_out.share=0.01"],
    ],
    ids=str,
)
def test_what_another_machine_may_have_is_taken_on_this_one(overrides: list[str]) -> None:
    sft(overrides)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("learning_rate=abc", r"`learning_rate` cannot be abc: .*number"),
        ("num_train_epochs=two", "`num_train_epochs` cannot be two"),
        ("bf16=maybe", "`bf16` cannot be maybe"),
        ("lora_modules_to_save=3 use_peft=true", "`lora_modules_to_save` cannot be 3"),
        ("dtype=fp32", "`dtype` must be one of auto, bfloat16, float16, float32, not fp32"),
        ("loss_type=apo_zero", "`loss_type` must be one of nll, dft"),
        ("lr_scheduler_type=foo", "foo is not a valid SchedulerType"),
        ("lr_scheduler_kwargs={cycles: 3}", "unexpected keyword argument 'cycles'"),
        ("optim=muon", '`optim: "muon"`.*not a valid OptimizerNames'),
        ("optim_args=betas", '`optim_args: "betas"`'),
        ("optim_args=beta1=0.8", "`optim_args` has no effect with `optim: adamw_torch_fused`"),
        ("optim=sgd adam_beta2=0.95", "`adam_beta2` has no effect with `optim: sgd`"),
        ("save_strategy=sometimes", "not a valid SaveStrategy"),
        ("warmup_steps=-1", "`warmup_steps: -1`"),
        ("model_init_kwargs={foo: 5}", "unexpected keyword argument 'foo'"),
        ("use_peft=true lora_target_modules=[query]", r'`lora_target_modules: \["query"\]`.*not found'),
        ("use_peft=true lora_target_modules=[lm_head]", "lm_head"),
        ("router_aux_loss_coef=0.1", "students are dense"),
    ],
)
def test_a_value_that_trl_refuses_is_refused_before_any_row_is_prepared(override: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        sft(re.split(r" (?=\w+=)", override))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("loss_type=gpg", "`loss_type` must be one of grpo, dr_grpo"),
        ("scale_rewards=groups", "`scale_rewards` must be one of"),
        ("vllm_importance_sampling_mode=token", "`vllm_importance_sampling_mode` must be one of token_truncate"),
        ("importance_sampling_level=tokens", "must be one of token, sequence"),
        ("beta=small", "`beta` cannot be small"),
    ],
)
def test_so_is_one_of_reinforcement_learning(override: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        reinforced([override])


def test_every_wrong_type_and_choice_is_said_at_once() -> None:
    with pytest.raises(RecipeError, match=r"(?s)2 settings cannot stand.*`dtype` must.*`learning_rate` cannot"):
        sft(["learning_rate=abc", "dtype=fp32"])


def test_the_choices_of_reinforcement_learning_are_those_that_trl_names() -> None:
    from distill.training.settings.choices import CHOICES
    from distill.training.settings.known import known_fields

    for key, choices in CHOICES["grpo"].items():
        field = known_fields("grpo")[key]
        assert field.default in choices
        assert all(str(choice) in field.metadata["help"] for choice in choices)


def test_a_trial_leaves_nothing_behind_in_this_process(capsys: pytest.CaptureFixture[str]) -> None:
    import os

    from transformers.utils import logging

    before, verbosity = dict(os.environ), logging.get_verbosity()
    sft(["full_determinism=true"])
    assert dict(os.environ) == before
    assert logging.get_verbosity() == verbosity
    assert capsys.readouterr() == ("", "")
