import re
from math import prod
from pathlib import Path

import pytest

from distill.errors import RecipeError
from distill.recipe.loading import recipes_folder
from distill.teacher.engines.catalogue import load_teacher, section
from distill.training.machine.gpus import GPUS, gpu_named

NAMES = sorted(path.stem for path in (recipes_folder() / "teachers").glob("*.yaml"))
PLACES = [(name, hardware) for name in NAMES for hardware in load_teacher(name).hardware]


def memory_gb(hardware: str) -> int:
    """All the memory of `8xH100` or `2x8xH100`; a laptop has 16."""
    *counts, kind = hardware.split("x")
    return prod(map(int, counts)) * (16 if kind == "cpu" else GPUS[gpu_named(kind)].memory_gb)


def number(args: tuple[str, ...], option: str) -> int:
    return int(args[args.index(option) + 1]) if option in args else 1


@pytest.mark.parametrize(("name", "hardware"), PLACES)
def test_weights_fit_with_room_for_samples_and_every_gpu_has_work(name: str, hardware: str) -> None:
    teacher = load_teacher(name)
    args = teacher.hardware[hardware].args
    replicas = 1 if "--enable-expert-parallel" in args else number(args, "--data-parallel-size")
    assert replicas * teacher.weights_gb < 0.8 * memory_gb(hardware)
    num_gpus = 1
    for count in hardware.split("x")[:-1]:
        num_gpus *= int(count)
    sizes = (number(args, f"--{kind}-parallel-size") for kind in ("data", "tensor", "pipeline"))
    product = 1
    for size in sizes:
        product *= size
    assert product == num_gpus
    assert teacher.context_length > teacher.sampling.max_tokens
    assert section(name, hardware, node=0, head="10.0.0.1").weights == teacher.weights


def test_the_second_node_joins_the_first() -> None:
    args = section("deepseek-r1", "2x8xH100", node=1, head="10.0.0.1").args
    assert args[-7:] == ("--nnodes", "2", "--node-rank", "1", "--master-addr", "10.0.0.1", "--headless")
    with pytest.raises(RecipeError, match="takes 2 nodes; give --node N and --head ADDRESS"):
        section("deepseek-r1", "2x8xH100")


def test_hardware_is_named_where_there_is_a_choice() -> None:
    with pytest.raises(RecipeError, match="set up for 8xH200, 8xB200, 2x8xH100; say which with --on"):
        section("deepseek-r1", "8xH100")
    with pytest.raises(RecipeError, match="say which"):
        section("deepseek-r1", None)
    assert section("smollm2", None).engine == "llama.cpp"


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_how_large_and_how_free_its_model_is(name: str) -> None:
    text = Path(recipes_folder() / "teachers" / f"{name}.yaml").read_text()
    assert re.match(r"# .*(\d+(\.\d+)? GB).*\.$", text.splitlines()[0])
