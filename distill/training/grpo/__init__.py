"""Reinforcement learning with verifiers: recipe, prompts, rewards, worker, card."""
