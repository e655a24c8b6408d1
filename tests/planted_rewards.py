"""Rewards that misbehave, as a recipe may name them: `tests.planted_rewards:raises`."""

import asyncio

from distill.training.grpo.rewards import ScoredCompletion


def raises(completion: ScoredCompletion) -> float:
    """Fails on every completion."""
    raise ValueError(f"planted: {completion.prompt.id}")


async def hangs(_: ScoredCompletion) -> float:
    """Never answers."""
    await asyncio.sleep(3600)
    return 1.0


def length(completion: ScoredCompletion) -> float:
    """A reward of one's own that works."""
    return float(len(completion.text))


def share_of_digits(completion: ScoredCompletion) -> float:
    """What a student without any knowledge can learn to earn."""
    return sum(letter.isdigit() for letter in completion.text) / max(1, len(completion.text))


def boundless(completion: ScoredCompletion) -> float:
    """No number that a mean could be taken of: infinite, and for empty completions none at all."""
    return float("-inf" if completion.text else "nan")


def of_right_answers(completion: ScoredCompletion) -> float | None:
    """Says nothing of a completion without a B."""
    return 1.0 if completion.text.endswith("B") else None


def as_a_tensor(completion: ScoredCompletion) -> object:
    """A number as torch has it, and for empty completions more than one."""
    import torch

    return torch.tensor(0.5) if completion.text else torch.tensor([0.5, 0.5])
