import pytest

from distill.training.settings.keys import wrong_keys
from distill.training.settings.owned import Method


@pytest.mark.parametrize(
    ("settings", "idle"),
    [
        ({"lora_r": 64}, "lora_r"),
        ({"use_dora": True}, "use_dora"),
        ({"use_rslora": True}, "use_rslora"),
        ({"load_in_4bit": True}, "load_in_4bit"),
        ({"use_peft": True, "use_bnb_nested_quant": True}, "use_bnb_nested_quant"),
        ({"packing_strategy": "bfd_split"}, "packing_strategy"),
        ({"eval_steps": 10}, "eval_steps"),
        ({"metric_for_best_model": "loss"}, "metric_for_best_model"),
        (
            {"report_to": "wandb", "trackio_space_id": "a"},
            "trackio_space_id",
        ),
        ({"optim_target_modules": ["attn"]}, "optim_target_modules"),
        ({"dataloader_prefetch_factor": 2}, "dataloader_prefetch_factor"),
    ],
)
def test_a_key_without_effect_is_refused(settings: dict[str, object], idle: str) -> None:
    assert wrong_keys(settings).keys() == {idle}


@pytest.mark.parametrize(
    ("settings", "idle"),
    [
        ({"loss_type": "dapo", "sapo_temperature_pos": 2.0}, "sapo_temperature_pos"),
        ({"loss_type": "sapo", "epsilon_high": 0.28}, "epsilon_high"),
        ({"ref_model_sync_steps": 400}, "ref_model_sync_steps"),
        ({"sync_ref_model": True}, "sync_ref_model"),
        ({"vllm_gpu_memory_utilization": 0.4}, "vllm_gpu_memory_utilization"),
        ({"use_vllm": True, "vllm_server_port": 9000}, "vllm_server_port"),
        ({"use_vllm": True, "cache_implementation": "static"}, "cache_implementation"),
        ({"entropy_target": 0.1}, "entropy_target"),
        ({"log_unique_prompts": True}, "log_unique_prompts"),
    ],
)
def test_so_is_one_of_reinforcement_learning(settings: dict[str, object], idle: str) -> None:
    assert wrong_keys(settings, "grpo").keys() == {idle}


@pytest.mark.parametrize(
    ("settings", "method"),
    [
        ({"use_peft": True, "lora_r": 64, "load_in_4bit": True, "bnb_4bit_quant_type": "fp4"}, "sft"),
        ({"use_peft": False, "lora_r": 64}, "sft"),
        ({"lora_r": 16, "load_in_4bit": False}, "sft"),
        ({"eval_strategy": "no", "eval_steps": 10}, "sft"),
        ({"activation_checkpointing_kwargs": {"offload": True}}, "sft"),
        ({"report_to": ["wandb", "trackio"], "trackio_space_id": "a"}, "sft"),
        ({"beta": 0.001, "sync_ref_model": False, "ref_model_sync_steps": 400}, "grpo"),
        ({"use_vllm": True, "vllm_mode": "server", "vllm_server_port": 9000}, "grpo"),
        ({"loss_type": "cispo", "epsilon_high": 5.0}, "grpo"),
    ],
    ids=str,
)
def test_what_takes_effect_or_is_said_to_be_off_stands(settings: dict[str, object], method: Method) -> None:
    assert not wrong_keys(settings, method)


def test_the_reason_says_what_would_give_it_effect() -> None:
    found = wrong_keys({"lora_r": 64, "loss_type": "sapo", "epsilon": 0.3}, "grpo")
    assert found["lora_r"] == "has no effect without `use_peft`. Set use_peft=true, or leave it out"
    assert "Set loss_type=dapo, leave it out, or write 0.2, its default" in found["epsilon"]
