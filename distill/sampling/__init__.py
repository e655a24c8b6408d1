"""Prompts ─▶ samples (`distill generate`): policies, requests under way, verdicts that flow back."""
