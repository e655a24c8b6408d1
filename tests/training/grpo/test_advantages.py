"""What TRL's own trainer makes of our rewards: completions that nothing could decide on do not move the policy."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from distill.recipe.sections import VerifySection
from distill.records import Message, Prompt
from distill.references import Choice
from distill.training.grpo.prompts import read_written, rendered, write_prompts
from distill.training.grpo.recipe import Settings, load
from distill.training.grpo.rewards import Rewards
from distill.training.recipe import load as load_student
from distill.training.student import student
from tests.training.tiny import tiny_base, tiny_recipe

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated and will be removed in v6.*:FutureWarning")  # TRL's own

RIGHT, WRONG, SILENT = "r</think>B", "r</think>A", "r</think>hm"
"""Answers to QUESTION: the verifier passes the first, fails the second and abstains on the third."""
Aggregation = Literal["sum_then_normalize", "normalize_then_sum"]
QUESTION = Prompt(
    id="q",
    messages=(Message(role="user", content="Which is blue? A. grass B. the sky"),),
    domain="stem",
    reference=Choice(answer="B", choices=("grass", "the sky")),
)


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")


def advantages(
    folder: Path,
    rewards: dict[str, float],
    answers: Sequence[str],
    scaling: str = "group",
    aggregation: Aggregation = "sum_then_normalize",
) -> list[float]:
    """The advantages that TRL's trainer gives to one group whose completions are `answers`."""
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer  # type: ignore[attr-defined]
    from trl.trainer.utils import shutdown_event_loop_in_daemon

    base = student.prepare(load_student(tiny_recipe(folder / "toy.yaml", tiny_base(folder / "base"))).distill).folder
    tokenizer = AutoTokenizer.from_pretrained(base)
    block = load("r1-stage1", ["distill.base=students/cold"]).distill.model_copy(update={"rewards": rewards})
    verify = VerifySection(workers=1)
    settings = Settings(
        block=block, verify=verify, max_completion_length=64, eos_token_id=tokenizer.eos_token_id, is_prefilled=True
    )
    made = Rewards(settings)
    write_prompts((QUESTION,), folder)

    def planted(prompts: list[Any], _: object) -> dict[str, Any]:
        asked = [tokenizer.encode(rendered(prompt, tokenizer)) for prompt in prompts]
        ids = [[*tokenizer.encode(text), tokenizer.eos_token_id] for text in answers]
        return {"prompt_ids": asked, "completion_ids": ids, "logprobs": None}

    size = len(answers)
    config = GRPOConfig(
        output_dir=str(folder / "out"),
        use_cpu=True,
        bf16=False,
        activation_checkpointing=False,
        max_steps=1,
        num_generations=size,
        per_device_train_batch_size=size,
        max_completion_length=64,
        reward_weights=list(rewards.values()),
        report_to="none",
        save_strategy="no",
        scale_rewards=scaling,
        multi_objective_aggregation=aggregation,
    )
    trainer = GRPOTrainer(
        model=str(base),
        reward_funcs=list[Any](made.functions),
        args=config,
        train_dataset=Dataset.from_list(read_written(folder)),
        rollout_func=planted,
    )
    trainer.train()
    asyncio.run_coroutine_threadsafe(made.close(), trainer.async_loop).result()
    shutdown_event_loop_in_daemon(trainer.async_loop_thread, trainer.async_loop)
    return list(trainer._logs["advantages"])


def test_the_undecided_do_not_move_the_policy_and_others_learn_as_if_they_were_not_there(tmp_path: Path) -> None:
    rewards = {"accuracy": 1.0, "format": 1.0}
    found = advantages(tmp_path, rewards, [RIGHT, WRONG, SILENT, SILENT])
    assert found[2:] == [0.0, 0.0]
    (tmp_path / "alone").mkdir()
    assert found[:2] == advantages(tmp_path / "alone", rewards, [RIGHT, WRONG])
    assert found[0] == pytest.approx(0.7070, abs=1e-4)


@pytest.mark.parametrize(
    ("scaling", "aggregation"),
    [
        ("group", "sum_then_normalize"),
        ("batch", "sum_then_normalize"),
        ("none", "sum_then_normalize"),
        ("group", "normalize_then_sum"),
    ],
)
def test_undecided_completions_have_an_advantage_of_exactly_nothing_however_rewards_are_scaled(
    tmp_path: Path, scaling: str, aggregation: Aggregation
) -> None:
    found = advantages(tmp_path, {"accuracy": 1.0, "format": 0.5}, [RIGHT, SILENT, WRONG, SILENT], scaling, aggregation)
    assert (found[1], found[3]) == (0.0, 0.0)
    assert found[0] == -found[2] > 0


def test_a_group_of_which_one_or_nothing_is_decided_teaches_nothing(tmp_path: Path) -> None:
    rewards = {"accuracy": 1.0, "format": 1.0}
    assert advantages(tmp_path, rewards, [RIGHT, SILENT, SILENT, SILENT]) == [0.0] * 4
    (tmp_path / "none").mkdir()
    assert advantages(tmp_path / "none", rewards, [SILENT] * 4) == [0.0] * 4


def test_where_a_reward_of_ones_own_says_nothing_it_neither_pays_nor_costs(tmp_path: Path) -> None:
    rewards = {"format": 1.0, "tests.planted_rewards:of_right_answers": 1.0}
    assert advantages(tmp_path, rewards, [RIGHT, WRONG, WRONG, RIGHT]) == [0.0] * 4
