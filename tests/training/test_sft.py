import json
import sys
from pathlib import Path

import pytest

from distill.errors import DistillError, RecipeError, RunError
from distill.training.card import write_card
from distill.training.job import TrainingEvent
from distill.training.sft import check, plan, sft
from tests.training.tiny import kill_training, row, tiny_base, tiny_dataset, tiny_recipe

PACKED = ["packing=true", "distill.batch.unit=tokens", "distill.batch.size=256", "max_length=128"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def losses(out: Path) -> dict[int, float]:
    log = json.loads((out.with_name(f"{out.name}.work") / "metrics.json").read_text(encoding="utf-8"))["log"]
    return {entry["step"]: entry["loss"] for entry in log if "loss" in entry}


def test_a_layout_that_cannot_fit_is_refused_with_the_arithmetic(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"(?s)llama-70b does not fit 8 × H100.*optimizer +70.6 GB.*total"):
        plan("llama-70b", out=tmp_path / "out", num_gpus=8)


def test_a_layout_that_fits_gives_the_launch_line_and_what_trl_reads(tmp_path: Path) -> None:
    planned = plan("llama-70b", out=tmp_path / "out", num_gpus=64)
    assert "--num_processes 64 --num_machines 8" in planned.line
    assert planned.trl["gradient_accumulation_steps"] == 1
    assert not (tmp_path / "out.work").exists()


def test_planning_needs_neither_torch_nor_trl_and_says_that_values_were_not_checked(tmp_path: Path) -> None:
    import subprocess

    code = f"""
import sys
sys.modules |= dict.fromkeys(("torch", "transformers", "trl", "accelerate", "datasets", "pyarrow", "peft"))
from pathlib import Path
from distill.training.sft import plan
print(plan("qwen-32b", out=Path({str(tmp_path)!r}) / "out", num_gpus=32).is_checked)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


@pytest.mark.parametrize("asked", ["plan", "check", "sft"])
def test_a_wrong_value_is_refused_before_base_and_rows_are_prepared(tmp_path: Path, asked: str) -> None:
    recipe = tiny_recipe(tmp_path / "tiny.yaml", tmp_path / "no-base")
    wrong = ["lr_scheduler_type=foo"]
    with pytest.raises(RecipeError, match="foo"):
        if asked == "plan":
            plan(recipe, out=tmp_path / "out", overrides=wrong, num_gpus=1)
        elif asked == "check":
            check(recipe, tmp_path / "no-rows", out=tmp_path / "out", overrides=wrong)
        else:
            sft(recipe, tmp_path / "no-rows", out=tmp_path / "out", overrides=wrong)
    assert not (tmp_path / "out.work").exists()


def test_a_layout_that_would_not_start_is_refused_before_base_and_rows_are_prepared(tmp_path: Path) -> None:
    recipe = tiny_recipe(tmp_path / "tiny.yaml", tmp_path / "no-base")
    with pytest.raises(RecipeError, match="nothing to shard"):
        sft(recipe, tmp_path / "no-rows", out=tmp_path / "out", overrides=["distill.accelerate=fsdp2"], num_gpus=1)


def test_checking_trains_nothing_and_leaves_the_line_to_launch(tmp_path: Path) -> None:
    recipe, dataset = (
        tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base")),
        tiny_dataset(tmp_path / "rows.jsonl"),
    )
    checked = check(recipe, dataset, out=tmp_path / "out")
    assert checked.summary.num_rows == 16
    assert [span.is_trained for span in checked.document] == [False, True]
    assert "distill.training.worker.sft" in (tmp_path / "out.work" / "launch.sh").read_text(encoding="utf-8")
    assert not (tmp_path / "out").exists()


def test_a_machine_without_gpus_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    seen: list[TrainingEvent] = []
    with pytest.raises(RecipeError, match="qwen-7b trains on GPUs, and this machine has none"):
        sft("qwen-7b", tiny_dataset(tmp_path / "rows.jsonl"), out=tmp_path / "out", report=seen.append)
    assert not seen
    assert not (tmp_path / "cache" / "students").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "overrides"), [("qwen2", []), ("llama", PACKED)], ids=["qwen2", "llama packed"])
def test_a_tiny_student_goes_all_the_way(tmp_path: Path, kind: str, overrides: list[str]) -> None:
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = tiny_base(tmp_path / "base", kind)
    rope = {"theta": 300000, "max_position_embeddings": 8192} if kind == "qwen2" else None
    recipe, dataset = tiny_recipe(tmp_path / "tiny.yaml", base, kind, rope=rope), tiny_dataset(tmp_path / "rows.jsonl")
    out, seen = tmp_path / "out", list[TrainingEvent]()
    result = sft(recipe, dataset, out=out, overrides=overrides, report=seen.append)
    assert [p.stage for p in seen if p.stage != "train"] == ["base", "rows", "export"]
    assert (result.num_rows, result.rows_per_step) == (16, 4 if kind == "qwen2" else 2)
    assert result.last_loss < result.first_loss

    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    theta = 300000 if kind == "qwen2" else 10000
    assert config["rope_theta"] == config["rope_parameters"]["rope_theta"] == theta
    assert config["dtype"] == config["torch_dtype"] == "bfloat16"
    model = AutoModelForCausalLM.from_pretrained(out)
    assert set(load_file(out / "model.safetensors")) == set(model.state_dict())
    assert (str(model.dtype), model.config.rope_parameters["rope_theta"]) == ("torch.bfloat16", theta)
    tokenizer = AutoTokenizer.from_pretrained(out)
    assert model.generation_config.eos_token_id == model.config.eos_token_id == tokenizer.eos_token_id
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "2+2?"}], add_generation_prompt=True, tokenize=False
    )
    assert str(asked).endswith("<｜User｜>2+2?<｜Assistant｜><think>\n")

    assert sft(recipe, dataset, out=out, overrides=overrides) == result.model_copy(update={"was_done": True})
    with pytest.raises(RunError, match="a training with another recipe"):
        sft(recipe, dataset, out=out, overrides=[*overrides, "learning_rate=1e-4"])
    card = write_card(out).read_text(encoding="utf-8")
    assert "| teacher | toy-teacher |" in card
    assert "None measured yet" in card
    assert (out / "model.safetensors").stat().st_mode & 0o777 == 0o644
    assert str(tmp_path) not in card


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks transformers
def test_a_lora_adapter_is_merged_into_the_exported_model(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    base = tiny_base(tmp_path / "base")
    recipe, dataset = (
        tiny_recipe(tmp_path / "tiny.yaml", base, export_dtype="float32"),
        tiny_dataset(tmp_path / "rows.jsonl"),
    )
    overrides = ["use_peft=true", "lora_r=4", "lora_target_modules=[q_proj, v_proj]", "learning_rate=0.01"]
    sft(recipe, dataset, out=tmp_path / "out", overrides=overrides)
    before, after = load_file(base / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    assert before.keys() == after.keys()
    changed = {name.split(".")[-2] for name in before if not before[name].equal(after[name])}
    assert changed == {"q_proj", "v_proj", "embed_tokens", "lm_head"}  # of these two, the rows of new tokens


@pytest.mark.slow
def test_two_killed_processes_resume_to_the_same_loss_curve(tmp_path: Path) -> None:
    recipe, dataset = (
        tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base")),
        tiny_dataset(tmp_path / "rows.jsonl", 48),
    )
    saving = ["save_strategy=steps", "save_steps=4"]
    sft(recipe, dataset, out=tmp_path / "whole", overrides=saving, num_gpus=2)

    def kill(progress: TrainingEvent) -> None:
        if progress.stage == "train" and progress.done == 5:
            kill_training()

    with pytest.raises(DistillError, match="exit code"):
        sft(recipe, dataset, out=tmp_path / "broken", overrides=saving, num_gpus=2, report=kill)
    (tmp_path / "broken.work" / "checkpoint-11").mkdir()  # what a kill while writing leaves
    seen: list[TrainingEvent] = []
    sft(recipe, dataset, out=tmp_path / "broken", overrides=saving, num_gpus=2, report=seen.append)
    assert min(p.done for p in seen if p.stage == "train") in (5, 9)  # after a checkpoint, not from the start
    assert losses(tmp_path / "broken") == pytest.approx(losses(tmp_path / "whole"))
    assert len(losses(tmp_path / "whole")) == 12


@pytest.mark.slow
@pytest.mark.parametrize(
    "order",
    ["train_sampling_strategy=group_by_length", "distill.curriculum=easy_first"],
    ids=["by length", "curriculum"],
)
def test_rows_are_trained_in_the_order_that_was_asked_for(tmp_path: Path, order: str) -> None:
    recipe, rows = tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base")), tmp_path / "rows.jsonl"
    with rows.open("w", encoding="utf-8") as file:
        for n in range(16):
            text = f"<think>\n{'We go on. ' * n}\n</think>\n\n{n}"
            file.write(json.dumps(row(f"What is {n}?", text) | {"pass_rate": n / 16}) + "\n")
    out = tmp_path / "out"
    result = sft(recipe, rows, out=out, overrides=[order, "num_train_epochs=1"])
    assert (result.num_rows, result.num_steps) == (16, 4)
