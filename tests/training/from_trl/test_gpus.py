import pytest

from distill.training.from_trl.gpus import gpus_of
from distill.training.from_trl.line import Settings
from distill.training.settings.owned import Method

ROWS: Settings = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4}


@pytest.mark.parametrize(
    ("asked", "more", "head", "method", "number", "said"),
    [
        (None, {}, "", "sft", 8, "8 GPUs are assumed"),
        (3, {"num_processes": 4}, "1 node of 8 H100s", "sft", 3, ""),
        (None, {"num_processes": 4}, "1 node of 8 H100s", "sft", 4, "4 GPUs, as num_processes says"),
        (None, {}, "Config for 1 node of 4 x A100s", "sft", 4, "4 GPUs, as its head says"),
        (None, {}, "Config for 16 nodes of 8 H100s with FSDP1", "sft", 128, "128 GPUs, as its head says"),
        (None, {}, "Config for 8 nodes, with GBS 128", "sft", 16, "16 GPUs, as its head says"),
        (None, {}, "Config for 8 nodes, with GBS 100", "sft", 8, "8 GPUs are assumed"),
        (None, {"use_cpu": True}, "", "sft", 1, ""),
        (None, {"num_generations": 14}, "", "grpo", 7, "over which 14 completions a prompt divide"),
        (None, {"num_generations": 6, "num_processes": 4}, "", "grpo", 6, "6 GPUs are assumed"),
        (None, {"num_generations": 11}, "", "grpo", 8, "8 GPUs are assumed"),
    ],
)
def test_gpus_are_those_of_the_command_the_file_or_a_machine(
    asked: int | None, more: Settings, head: str, method: Method, number: int, said: str
) -> None:
    found = gpus_of(asked, ROWS | more, head, method)
    assert found.number == number
    assert found.said.startswith(said) or said in found.said
    assert bool(found.said) == bool(said)
