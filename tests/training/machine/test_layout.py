from pathlib import Path

import pytest
import yaml

from distill.errors import RecipeError
from distill.recipe.loading import recipes_folder
from distill.training.machine.layout import accelerate_config, check_processes, layout_of, num_nodes
from distill.training.recipe import load

LAYOUTS = sorted((recipes_folder() / "accelerate").glob("*.yaml"))
CPU = ["use_cpu=true", "bf16=false"]


def test_an_unknown_layout_names_the_known_ones() -> None:
    with pytest.raises(RecipeError, match="cpu, fsdp2, single, sp, zero3"):
        accelerate_config("fsdp3")


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: path.stem)
def test_accelerate_reads_every_layout(path: Path) -> None:
    from accelerate.commands.config.config_args import ClusterConfig

    known = set(ClusterConfig.__dataclass_fields__)
    assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) <= known
    ClusterConfig.from_yaml_file(str(path))


@pytest.mark.parametrize(
    ("overrides", "num_processes", "message"),
    [
        (["distill.accelerate=single"], 2, "starts one process, and 2 GPUs are asked for.* distill.accelerate=fsdp2"),
        (["distill.accelerate=cpu"], 1, "needs use_cpu=true"),
        ([*CPU, "distill.accelerate=zero3"], 2, "needs GPUs. `use_cpu: true` trains under `distill.accelerate: cpu`"),
        ([*CPU, "distill.accelerate=single"], 2, "starts one process, and 2 are asked for"),
        (CPU, 1, "nothing to shard `distill.accelerate: fsdp2` over. Add --gpus 2"),
        ([], 9, "9 GPUs do not divide over 2 nodes of at most 8"),
    ],
)
def test_what_accelerate_would_start_otherwise_is_refused(
    overrides: list[str], num_processes: int, message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        check_processes(load("qwen-7b", overrides), num_processes)


@pytest.mark.parametrize(
    ("overrides", "num_processes"),
    [
        ([], 1),
        ([], 8),
        ([], 64),
        (["distill.gpus_per_node=4"], 12),
        (["distill.accelerate=single"], 1),
        ([*CPU, "distill.accelerate=cpu"], 2),
        ([*CPU, "distill.accelerate=single"], 1),
        (CPU, 2),
    ],
)
def test_what_accelerate_starts_as_asked_is_taken(overrides: list[str], num_processes: int) -> None:
    check_processes(load("qwen-7b", overrides), num_processes)


def test_a_sharding_of_ones_own_that_accelerate_has_not_on_a_cpu_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "fsdp1.yaml"
    file.write_text("distributed_type: FSDP\nfsdp_config: {fsdp_version: 1}\n")
    with pytest.raises(RecipeError, match=r"`distill.accelerate: .*fsdp1.yaml` needs GPUs"):
        check_processes(load("qwen-7b", [*CPU, f"distill.accelerate={file}"]), 2)


def test_a_config_of_ones_own_may_shard_but_not_share_a_row(tmp_path: Path) -> None:
    file, given = tmp_path / "mine.yaml", [f"distill.accelerate={tmp_path / 'mine.yaml'}"]
    config = "distributed_type: FSDP\nfsdp_config: {fsdp_version: 2}\nparallelism_config:\n"
    file.write_text(f"{config}  parallelism_config_dp_shard_size: 2\n  parallelism_config_cp_size: 1\n")
    check_processes(load("qwen-7b", given), 2)
    file.write_text(f"{config}  parallelism_config_cp_size: 2\n")
    with pytest.raises(RecipeError, match=r"has `parallelism_config_cp_size` above 1, .* distill\.accelerate=sp"):
        check_processes(load("qwen-7b", given), 2)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("cpu", "whole"),
        ("single", "whole"),
        ("fsdp2", "FSDP2, SHARDED_STATE_DICT"),
        ("zero3", "DeepSpeed, 8 processes"),
    ],
)
def test_checkpoints_have_the_form_of_their_layout(name: str, form: str) -> None:
    assert layout_of(load("qwen-7b", [f"distill.accelerate={name}"])).form_of_checkpoints(8) == form


def test_a_node_has_as_many_gpus_as_the_recipe_says() -> None:
    recipe = load("qwen-7b", ["distill.gpus_per_node=4"])
    assert [num_nodes(recipe, number) for number in (1, 4, 8, 64)] == [1, 1, 2, 16]
