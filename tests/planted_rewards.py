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
