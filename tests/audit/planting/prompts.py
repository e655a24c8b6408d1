"""Prompts of a benchmark, prompts that come twice, and prompts that only look so."""

import random
from collections.abc import Callable

from tests.audit.planting.texts import Problem, reasoning
from tests.audit.planting.trace import ORIGINAL, Make, Maker, Planted
from tests.audit.planting.words import WORDS


def asked(maker: Maker, trace: Planted, prompt: str) -> Planted:
    return trace._replace(problem=trace.problem._replace(prompt=prompt), also=frozenset({"duplicates"}))


def edited(edit: Callable[[str, random.Random], str]) -> Make:
    return lambda maker, trace: asked(maker, trace, edit(maker.of_benchmark(), maker.chance))


def unchanged(text: str, chance: random.Random) -> str:
    return text


def embedded(text: str, chance: random.Random) -> str:
    around = "You are a patient tutor. Read the exercise, think about it step by step, and end with the answer.\n\n"
    return f"{around}### Exercise\n{text}\n\n### Notes\nUse no calculator. Name each rule that you use."


def named(maker: Maker, trace: Planted) -> Planted:
    chance = maker.chance
    said = f"In the style of a well-known benchmark, though with {chance.randint(100, 999)} other words: "
    return asked(maker, trace, f"{said}{trace.problem.prompt}")._replace(also=frozenset())


def copied(edit: Callable[[str, random.Random], str], *, with_trace: bool = False) -> Make:
    def make(maker: Maker, trace: Planted) -> tuple[Planted, ...]:
        twin = maker.twin()
        prompt = edit(trace.problem.prompt, maker.chance)
        copy = trace._replace(problem=trace.problem._replace(prompt=prompt), twin=twin)
        if not with_trace:
            copy = copy._replace(reasoning=reasoning(maker.chance, trace.problem))
        return (trace._replace(twin=twin, kind=ORIGINAL), copy)

    return make


def prefaced(text: str, chance: random.Random) -> str:
    return f"{chance.choice(('Please help me with this:', 'Solve the following problem.', 'Question:'))} {text}"


def without_a_word(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    small = [place for place, word in enumerate(words) if word in {"the", "a", "of", "are", "is", "its", "for", "with"}]
    gone = chance.choice(small) if small else 0
    return " ".join(words[:gone] + words[gone + 1 :])


def turned(maker: Maker, trace: Planted) -> tuple[Planted, ...]:
    """The same words but for one, which asks for something else."""
    p, q = maker.chance.sample(range(90, 999), 2)
    one, other = (
        Problem(
            f"What is the {which} root of $x^2 - {p + q}x + {p * q} = 0$?",
            (f"The roots are ${p}$ and ${q}$.",),
            str(said),
            "math",
        )
        for which, said in (("larger", max(p, q)), ("smaller", min(p, q)))
    )
    return tuple(maker.healthy(with_answer=True, problem=each) for each in (one, other))


def renumbered(maker: Maker, trace: Planted) -> tuple[Planted, ...]:
    a, b, count = maker.chance.randint(1_000, 9_999), maker.chance.randint(11, 99), maker.chance.randint(11, 99)
    thing = maker.chance.choice(WORDS)
    made = (
        Problem(
            f"A {thing} costs {price} cents. What do {count} of them cost, in cents?",
            (f"We multiply ${price}$ by ${count}$.",),
            str(price * count),
            "math",
        )
        for price in (a, a + b)
    )
    return tuple(maker.healthy(with_answer=True, problem=each) for each in made)


def beside(maker: Maker, trace: Planted) -> Planted:
    """A prompt from a benchmark's template, with other numbers."""
    return asked(maker, trace, maker.beside_benchmark())
