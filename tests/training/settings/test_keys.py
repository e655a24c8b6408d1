import re
import subprocess
import sys
from pathlib import Path

import pytest

from distill.errors import RecipeError
from distill.training.settings.effects import CONDITIONS
from distill.training.settings.foreign import ELSEWHERE, RENAMED
from distill.training.settings.keys import check_keys, wrong_keys
from distill.training.settings.known import known_fields
from distill.training.settings.owned import OWNED, Method

METHODS: tuple[Method, ...] = ("sft", "grpo")

EFFECTIVE = {
    "transformers' Trainer": """
        activation_checkpointing adam_beta1 adam_beta2 adam_epsilon average_tokens_across_devices bf16
        dataloader_drop_last dataloader_in_order dataloader_num_workers dataloader_pin_memory data_seed ddp_backend
        ddp_broadcast_buffers ddp_bucket_cap_mb ddp_find_unused_parameters ddp_static_graph ddp_timeout debug
        eval_strategy fp16 full_determinism include_num_input_tokens_seen label_smoothing_factor learning_rate log_level
        log_level_replica log_on_each_node logging_first_step logging_steps logging_strategy lr_scheduler_kwargs
        lr_scheduler_type max_grad_norm max_steps neftune_noise_alpha num_train_epochs optim optim_args
        per_device_train_batch_size project report_to restore_callback_states_from_checkpoint run_name save_steps
        save_strategy save_total_limit seed skip_memory_metrics tf32 torch_compile torch_compile_backend
        torch_compile_mode torch_empty_cache_steps train_sampling_strategy use_cache use_cpu warmup_steps weight_decay
    """,
    "TRL's trainers": """
        activation_offloading loss_type max_length model_init_kwargs packing pad_to_multiple_of beta
        cast_lm_head_to_fp32 disable_dropout ds3_gather_for_generation entropy_coef generation_batch_size
        generation_kwargs importance_sampling_level log_completions mask_truncated_completions max_completion_length
        min_p multi_objective_aggregation num_generations num_iterations off_policy_mask_threshold repetition_penalty
        scale_rewards shuffle_dataset temperature top_entropy_quantile top_k top_p use_adaptive_entropy use_vllm
    """,
    "distill's worker": "attn_implementation dtype use_peft",
}
"""Keys that take effect whatever else is set, by who reads them."""


@pytest.mark.parametrize("method", METHODS)
def test_each_field_of_trl_takes_effect_does_so_under_a_condition_or_is_refused(method: Method) -> None:
    always = {key for keys in EFFECTIVE.values() for key in keys.split()}
    conditional = {key for condition in CONDITIONS for key in condition.keys}
    assert not always & conditional
    decided = always | conditional | OWNED[method].keys() | RENAMED.keys()
    assert known_fields(method).keys() <= decided  # a new version's field: decide which it is
    assert OWNED[method].keys() <= known_fields(method).keys()
    assert not ELSEWHERE[method].keys() & known_fields(method).keys()
    assert not (always | conditional) & (OWNED[method].keys() | RENAMED.keys()) & _only(method)


def _only(method: Method) -> set[str]:
    """Fields that the other trainer does not have."""
    other = known_fields("grpo" if method == "sft" else "sft")
    return known_fields(method).keys() - other.keys()


def test_what_is_said_to_take_effect_is_read_outside_of_where_it_is_declared() -> None:
    import transformers
    import trl

    folders = [Path(str(package.__file__)).parent for package in (transformers, trl)]
    rooms = [folders[0], folders[0] / "integrations", folders[1] / "trainer"]
    source = "".join(file.read_text(encoding="utf-8") for room in rooms for file in room.glob("*.py"))
    read = set(re.findall(r"(?:args|config|self)(?=\.(\w+))", source))
    keys = {key for reader in ("transformers' Trainer", "TRL's trainers") for key in EFFECTIVE[reader].split()}
    assert keys <= read


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("max_seq_length", "use `max_length`"),
        ("leraning_rate", "did you mean `learning_rate`"),
        ("gradient_accumulation_steps", "follows from `distill.batch`"),
        ("beta", "it is one of DPO, .*KTO.*also `distill grpo`'s"),
        ("rpo_alpha", "is no key of TRL's SFT"),
        ("reward_funcs", "`distill grpo`"),
        ("dataset_mixture", "on the command line"),
        ("system_prompt", "a message of the role `system`"),
        ("wandb_project", "WANDB_PROJECT"),
        ("cutoff_len", "use `max_length`"),
        ("model_revision", "set `distill.revision`"),
        ("dataset_num_proc", "all cores"),
        ("truncation_mode", "dropped, never cut"),
        ("deepspeed", "`distill.accelerate`"),
        ("save_only_model", "resumed"),
        ("push_to_hub", "`distill push`"),
    ],
)
def test_a_wrong_key_of_supervised_training_says_what_to_write(key: str, reason: str) -> None:
    assert re.search(reason, wrong_keys({key: "x"})[key])


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("reward_funcs", "set `distill.rewards`"),
        ("max_prompt_length", "set `distill.max_prompt_tokens`"),
        ("packing", "it is one of SFT, also `distill sft`'s"),
        ("eval_strategy", "logs its reward at every step"),
        ("chat_template_kwargs", "as inference does"),
    ],
)
def test_a_wrong_key_of_reinforcement_learning_says_what_to_write(key: str, reason: str) -> None:
    assert reason in wrong_keys({key: "x"}, "grpo")[key]


@pytest.mark.parametrize("method", METHODS)
def test_no_hint_leads_to_a_key_that_is_refused_next(method: Method) -> None:
    reasons = wrong_keys(dict.fromkeys([*RENAMED, *ELSEWHERE[method], *OWNED[method]], "x"), method).values()
    named = {key for reason in reasons for key in re.findall(r"(?:use|set) `(\w+)", reason)}
    assert "dtype" in named
    assert named <= known_fields(method).keys() | {"distill"}
    assert not named & (OWNED[method].keys() | RENAMED.keys() | ELSEWHERE[method].keys())


def test_all_wrong_keys_are_said_at_once() -> None:
    with pytest.raises(RecipeError) as refused:
        check_keys({"max_seq_length": 1, "leraning_rate": 1, "lora_r": 8, "seed": 1}, "mine.yaml")
    said = str(refused.value).splitlines()
    assert said[0] == "mine.yaml: 3 settings cannot stand."
    assert [line.split("`")[1] for line in said[1:]] == ["max_seq_length", "leraning_rate", "lora_r"]


def test_without_trl_only_keys_that_are_known_to_be_wrong_are_found_and_nothing_is_imported() -> None:
    code = """
import sys
from distill.training.recipe import load
from distill.training.settings import keys, known
from distill.training.settings.values import check_values
known.find_spec = lambda name: None
recipe = load("qwen-7b", ["leraning_rate=1", "lora_r=8"])
assert not check_values(recipe, recipe.trl)
assert keys.wrong_keys({"max_seq_length": 1, "output_dir": "x", "foo": 1}).keys() == {"max_seq_length", "output_dir"}
sys.exit(len({"torch", "transformers", "trl", "datasets", "pyarrow"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
