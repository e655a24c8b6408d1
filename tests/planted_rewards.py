"""Rewards that misbehave, as a recipe may name them: `tests.planted_rewards:raises`."""

import asyncio

from distill.training.grpo.rewards import Completion


def raises(completion: Completion) -> float:
    """Fails on every completion."""
    raise ValueError(f"planted: {completion.prompt.id}")


async def hangs(_: Completion) -> float:
    """Never answers."""
    await asyncio.sleep(3600)
    return 1.0


def length(completion: Completion) -> float:
    """A reward of one's own that works."""
    return float(len(completion.text))
