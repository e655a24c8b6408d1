from pathlib import Path

import pytest

from distill.errors import MissingExtraError, RecipeError
from distill.training.machine import fit
from distill.training.machine.hardware import need_gpus, need_machine, need_packages, refuse_hardware
from distill.training.recipe import load


def nothing(name: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("override", "package"),
    [
        ("distill.accelerate=zero3", "deepspeed"),
        ("attn_implementation=flash_attention_2", "kernels"),
        ("attn_implementation=kernels-community/flash-attn3", "kernels"),
        ("model_init_kwargs={use_kernels: true}", "kernels"),
        ("optim=paged_adamw_8bit", "bitsandbytes"),
        ("use_peft=true", "peft"),
        ("report_to=[none, wandb]", "wandb"),
        ("report_to=trackio", "trackio"),
    ],
)
def test_a_setting_names_the_package_that_it_lacks(override: str, package: str) -> None:
    with pytest.raises(MissingExtraError, match=f"needs {package}, .* Run: pip install {package}"):
        need_packages(load("qwen-7b", [override]), nothing)
    need_packages(load("qwen-7b", [override]), lambda name: name == package)


def test_a_quantized_base_needs_what_quantizes_it() -> None:
    recipe = load("qwen-7b", ["use_peft=true", "load_in_4bit=true"])
    with pytest.raises(MissingExtraError, match="`load_in_4bit: true` needs bitsandbytes"):
        need_packages(recipe, nothing)
    need_packages(recipe, lambda name: name in {"bitsandbytes", "peft"})


def test_either_of_two_packages_will_do() -> None:
    need_packages(load("qwen-7b", ["attn_implementation=flash_attention_2"]), lambda name: name == "flash_attn")


@pytest.mark.parametrize("name", ["qwen-1.5b", "qwen-7b", "qwen-14b", "qwen-32b", "llama-8b", "llama-70b"])
def test_the_six_students_need_nothing_beside_the_extra(name: str) -> None:
    need_packages(load(name), nothing)


def test_several_nodes_are_started_by_slurm(tmp_path: Path) -> None:
    recipe = load("llama-70b")
    with pytest.raises(RecipeError, match=r"8 nodes.* sbatch --nodes 8 --gpus-per-node 8 .*out.work/launch.sh"):
        refuse_hardware(recipe, 64, tmp_path / "out.work", lambda: fit.estimate(recipe, 64))


def test_a_machine_without_gpus_is_told_so_and_how_to_go_on() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    recipe = load("qwen-7b")
    with pytest.raises(RecipeError, match=r"has none .* --check, or train on CPU with use_cpu=true"):
        need_gpus(recipe, 8, lambda: fit.estimate(recipe, 8))


def test_packing_without_flash_attention_says_what_its_mask_costs(capsys: pytest.CaptureFixture[str]) -> None:
    packed = ["packing=true", "distill.batch.unit=tokens", "distill.batch.size=2097152"]
    recipe = load("llama-70b", packed)
    need_machine(recipe, 64, lambda: fit.estimate(recipe, 64))
    assert "needs a mask of 1.1 GB" in capsys.readouterr().err
    flash = load("llama-70b", [*packed, "attn_implementation=kernels-community/flash-attn3"])
    need_machine(flash, 64, lambda: fit.estimate(flash, 64))
    assert capsys.readouterr().err == ""
