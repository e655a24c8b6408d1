"""Traces that end too early, and traces that only look cut."""

from tests.audit.planting.trace import Maker, Planted
from tests.audit.planting.words import WORDS

MAX_TOKENS = 4_096
"""What the teacher of the planted set was allowed to write; no healthy trace has so many."""


def half(text: str) -> str:
    return text[: len(text) * 2 // 3]


CUT = frozenset({"labels"})


def stated(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(answer=half(trace.answer), finish="length", label=False, also=CUT)


def unclosed(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(reasoning=half(trace.reasoning), answer="", is_closed=False, label=False, also=CUT)


def silent(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(answer="", label=False, also=CUT)


def limited(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(answer=half(trace.answer), num_tokens=MAX_TOKENS, label=False, also=CUT)


def boxless(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(
        answer=trace.problem.steps[0] + r" The final answer is $\boxed{\frac{1", label=False, also=CUT
    )


def fenceless(maker: Maker, trace: Planted) -> Planted:
    word = maker.chance.choice(WORDS)
    code = f"def {word}(values):\n    total = 0\n    for value in values:\n        total +="
    text = f"Here is the program.\n\n```python\n{code}"
    return trace._replace(answer=text, label=False, also=CUT)


def brief(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(reasoning=maker.chance.choice(("", "Easy.", trace.problem.steps[0])), also=frozenset())


def of_tags(maker: Maker, trace: Planted) -> Planted:
    said = (
        "Some models write `<think>` before they reason; others leave the tag out, or open a `\\boxed{` and close it."
    )
    return trace._replace(reasoning=f"{trace.reasoning}\n\n{said}")


def unstopped(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(answer=trace.answer.rstrip("."))


def fenced(maker: Maker, trace: Planted) -> Planted:
    word = maker.chance.choice(WORDS)
    code = f"````markdown\nA fence:\n```python\n{word} = [1, 2, 3]\n```\n````\n\n```\n{word}\n```"
    return trace._replace(answer=f"{trace.answer}\n\n{code}")
