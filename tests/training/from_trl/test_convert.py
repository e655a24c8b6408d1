from pathlib import Path

import pytest
import yaml

from distill.errors import RecipeError
from distill.training import recipe as sft
from distill.training.from_trl.convert import Converted, convert
from distill.training.grpo import recipe as grpo
from tests.training.from_trl.files import COMMON, GRPO, SFT, TEMPLATE, trl_file


def keys(converted: Converted) -> dict[str, object]:
    found = yaml.safe_load(converted.text)
    assert isinstance(found, dict)
    return found


def block(converted: Converted) -> dict[str, object]:
    found = keys(converted)["distill"]
    assert isinstance(found, dict)
    return found


def test_a_file_for_sft_becomes_a_recipe_that_loads(tmp_path: Path) -> None:
    out = tmp_path / "new.yaml"
    converted = convert(trl_file(tmp_path, SFT), "sft", out=out)
    out.write_text(converted.text)
    recipe = sft.load(out)
    student = recipe.distill
    assert (student.base, student.eos, student.revision) == ("somebody/Qwen2.5-7B-longer", "<|im_end|>", None)
    assert (student.template, converted.template.text) == (str(tmp_path / "new.jinja"), TEMPLATE)
    assert (student.batch.unit, student.batch.size, recipe.rows_per_device) == ("examples", 2 * 4 * 8, 2)
    assert (student.license, student.shape.layers, student.accelerate) == ("apache-2.0", 28, "fsdp2")
    assert recipe.max_length == 4096
    assert recipe.trl["dtype"] == "bfloat16"
    assert recipe.trl["warmup_steps"] == 0.05
    assert recipe.trl["activation_checkpointing"] is True
    assert recipe.trl["activation_checkpointing_kwargs"] == {"use_reentrant": False}
    assert recipe.trl["model_init_kwargs"] == {"use_kernels": True}
    assert recipe.trl["report_to"] == ["wandb"]


def test_a_written_recipe_says_where_its_values_come_from(tmp_path: Path) -> None:
    text = convert(trl_file(tmp_path, SFT), "sft", num_gpus=16).text
    assert "# from per_device_train_batch_size 2 × gradient_accumulation_steps 4 × 16 GPUs" in text
    assert "max_length: 4096" in text
    assert "# from max_seq_length" in text


def test_what_has_no_meaning_here_is_listed_with_its_reason(tmp_path: Path) -> None:
    converted = convert(trl_file(tmp_path, SFT), "sft")
    reasons = {one.key: one.reason for one in converted.left_out}
    assert set(reasons) == {
        *("dataset_name", "dataset_config", "dataset_num_proc"),
        *("hub_model_id", "hub_strategy", "push_to_hub", "output_dir", "overwrite_output_dir"),
    }
    assert "--dataset somebody/sums:hard" in reasons["dataset_name"]
    assert "distill push" in reasons["hub_model_id"]
    assert all(f"{key}: " in converted.text.partition("# Left out:")[2] for key in reasons)


def test_a_switch_that_is_off_needs_no_reason(tmp_path: Path) -> None:
    assert "do_eval" not in convert(trl_file(tmp_path, SFT | {"do_eval": False}), "sft").text


def test_packed_rows_make_a_batch_of_tokens(tmp_path: Path) -> None:
    converted = convert(trl_file(tmp_path, SFT | {"packing": True} | {"packing_strategy": "ffd"}), "sft")
    assert block(converted)["batch"] == {"unit": "tokens", "size": 2 * 4 * 8 * 4096}
    assert "packing_strategy" in {one.key for one in converted.left_out}


def test_the_heads_machine_is_said(tmp_path: Path) -> None:
    converted = convert(trl_file(tmp_path, SFT, head="# Config for 4 nodes with GBS 256\n"), "sft")
    assert "Its head says: Config for 4 nodes with GBS 256" in converted.assumed
    assert "32 GPUs, as its head says" in converted.assumed[-1]
    assert block(converted)["batch"] == {"unit": "examples", "size": 256}


def test_a_file_for_a_cpu_has_the_layout_of_one(tmp_path: Path) -> None:
    changes = {"use_cpu": True, "bf16": False, "attn_implementation": None, "use_liger_kernel": False}
    converted = convert(trl_file(tmp_path, SFT | changes), "sft")
    assert block(converted)["accelerate"] == "cpu"
    assert block(converted)["batch"] == {"unit": "examples", "size": 8}


def test_trls_defaults_stand_where_a_file_is_silent(tmp_path: Path) -> None:
    silent = {"model_name_or_path": "Qwen/Qwen2.5-0.5B", "dataset_name": "a/b", "learning_rate": 1e-4}
    converted = convert(trl_file(tmp_path, silent), "sft")
    assert keys(converted)["max_length"] == 1024
    assert block(converted)["batch"] == {"unit": "examples", "size": 64}
    assert "max_length: 1024 – TRL's default, since the file is silent." in converted.assumed


def test_keys_of_the_command_line_win(tmp_path: Path) -> None:
    path = trl_file(tmp_path, SFT)
    given = ["max_length=2048", "distill.license=mit", "distill.template=base", "distill.shape.layers=14"]
    converted = convert(path, "sft", overrides=given)
    assert keys(converted)["max_length"] == 2048
    found = block(converted)
    assert (found["license"], found["template"], converted.template.text) == ("mit", "base", None)
    assert isinstance(found["shape"], dict)
    assert (found["shape"]["layers"], found["shape"]["hidden"]) == (14, 3584)
    assert converted.text.count("given on the command line") == 4


def test_all_that_is_missing_is_asked_for_at_once(tmp_path: Path) -> None:
    path = trl_file(
        tmp_path,
        SFT | {"model_name_or_path": "no-hub-id"} | {"chat_template": None} | {"chat_template_path": "elsewhere"},
    )
    with pytest.raises(RecipeError) as refusal:
        convert(path, "sft")
    for flag in ("distill.license=NAME", "distill.shape=", "distill.base=FOLDER", "distill.template=FILE.jinja"):
        assert flag in str(refusal.value)


def test_missing_values_may_come_from_the_command_line(tmp_path: Path) -> None:
    shape = "distill.shape={layers: 2, hidden: 64, intermediate: 128, heads: 4, kv_heads: 2, vocab: 320}"
    path = trl_file(tmp_path, SFT | {"model_name_or_path": "no-hub-id"})
    assert "license: mit" in convert(path, "sft", overrides=["distill.license=mit", shape]).text


def test_values_that_trl_refuses_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="lr_scheduler_type"):
        convert(trl_file(tmp_path, SFT | {"lr_scheduler_type": "cosinus"} | {"lr_scheduler_kwargs": None}), "sft")


def test_loss_on_all_assistant_turns_is_kept(tmp_path: Path) -> None:
    assert block(convert(trl_file(tmp_path, SFT | {"assistant_only_loss": True}), "sft"))["trained_turns"] == "all"
    assert any("TRL's covers prompts, too" in text for text in convert(trl_file(tmp_path, SFT), "sft").assumed)


def test_details_of_lora_need_lora(tmp_path: Path) -> None:
    lora = {"lora_r": 32, "lora_alpha": 64}
    assert "lora_r" in {one.key for one in convert(trl_file(tmp_path, SFT | lora), "sft").left_out}
    assert keys(convert(trl_file(tmp_path, SFT | {"use_peft": True} | lora), "sft"))["lora_r"] == 32


def test_the_next_command_is_said(tmp_path: Path) -> None:
    commands = convert(trl_file(tmp_path, SFT), "sft", out=Path("mine.yaml"), num_gpus=4).commands
    assert commands == ("distill sft --recipe mine.yaml --dataset somebody/sums:hard --gpus 4",)


def test_a_file_for_grpo_becomes_a_recipe_that_loads(tmp_path: Path) -> None:
    out = tmp_path / "new.yaml"
    converted = convert(trl_file(tmp_path, GRPO), "grpo", out=out)
    out.write_text(converted.text)
    recipe = grpo.load(out)
    assert recipe.name == "new"
    assert recipe.distill.rewards == {"accuracy": 1.0, "format": 0.5}
    assert (recipe.batch_size, recipe.group_size, recipe.rollout) == (64, 8, 64)
    assert (recipe.distill.max_prompt_tokens, recipe.max_completion_length) == (300, 900)
    assert recipe.trl["vllm_importance_sampling_mode"] == "token_truncate"
    assert set(COMMON) - set(recipe.trl) == {
        *("model_revision", "torch_dtype", "do_eval", "gradient_accumulation_steps", "gradient_checkpointing"),
        *("gradient_checkpointing_kwargs", "hub_model_id", "hub_strategy", "output_dir", "overwrite_output_dir"),
        *("push_to_hub", "warmup_ratio"),
    }


def test_what_grpo_has_no_key_for_is_listed(tmp_path: Path) -> None:
    converted = convert(trl_file(tmp_path, GRPO), "grpo")
    reasons = {one.key: one.reason for one in converted.left_out}
    assert "role `system`" in reasons["system_prompt"]
    assert "WANDB_PROJECT" in reasons["wandb_project"]
    assert "vllm_mode" in reasons["vllm_device"]
    assert "vLLM had a GPU of its own" in reasons["vllm_gpu_memory_utilization"]
    assert "a script of its own" in reasons["code_language"]
    assert "`format` is all of it or nothing" in reasons["reward tag_count"]
    assert converted.commands == (
        "distill prompts somebody/sums --out prompts.jsonl --map prompt=question",
        "distill grpo --recipe distill-config.yaml --prompts prompts.jsonl --gpus 8",
    )


def test_what_older_versions_had_as_defaults_is_said(tmp_path: Path) -> None:
    assumed = convert(trl_file(tmp_path, GRPO), "grpo").assumed
    assert any(text.startswith("beta: 0.0") for text in assumed)
    assert any(text.startswith("vllm_mode: colocate") for text in assumed)
    given = convert(trl_file(tmp_path, GRPO | {"beta": 0.04} | {"vllm_mode": "server"}), "grpo").assumed
    assert not any(text.startswith(("beta", "vllm_mode")) for text in given)


def test_checkpoints_stand_at_the_end_of_a_rollout(tmp_path: Path) -> None:
    changes = {"steps_per_generation": 16, "save_strategy": "steps", "save_steps": 0.1}
    found = keys(convert(trl_file(tmp_path, GRPO | changes), "grpo"))
    assert (found["generation_batch_size"], found["save_steps"]) == (2 * 16 * 8, 500)
    found = keys(convert(trl_file(tmp_path, GRPO | changes | {"save_steps": 51}), "grpo"))
    assert found["save_steps"] == 52
    found = keys(convert(trl_file(tmp_path, GRPO | changes | {"max_steps": 200}), "grpo"))
    assert found["save_steps"] == 20
