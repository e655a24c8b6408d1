"""A trace to be measured."""

from distill import reasoning
from distill.audit.trace_row import TraceRow


def trace(completion: str, prompt: str = "What is 2 + 2?", finish: str | None = None) -> TraceRow:
    """What the audit reads of a row with this completion."""
    parts = reasoning.split(completion)
    return TraceRow(
        where="rows.jsonl, row 1",
        prompt=prompt,
        completion=completion,
        reasoning=parts.reasoning,
        answer=parts.answer,
        reference=None,
        label=None,
        finish=finish,
        num_tokens=None,
        domain=None,
        source=None,
        license=None,
        language=None,
    )


def thought(reasoning_text: str, answer: str = "The answer is 4.", prompt: str = "What is 2 + 2?") -> TraceRow:
    """A trace with reasoning in tags."""
    return trace(f"<think>\n{reasoning_text}\n</think>\n\n{answer}", prompt)
