r"""Healthy traces from a seeded generator: problems with true answers, and reasoning that reads like reasoning.

Sentences are drawn from lists with numbers and words put in. No two draws are alike, and none repeats itself more than
real traces do (20-word phrases that come again: below 9%; the last 2,000 characters compress to 27% or more).
"""

import math
import random
import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from tests.audit.planting.words import ASIDES, CHECKS, FOREIGN, OPENINGS, PROSE, TOPICS, WORDS


class Problem(NamedTuple):
    """A question, how it is solved, and what is right."""

    prompt: str
    steps: tuple[str, ...]
    answer: str
    """Empty where there is no short one."""
    domain: str


def _linear(chance: random.Random) -> Problem:
    a, b, c = chance.randint(3, 97), chance.randint(11, 989), chance.randint(11, 9_989)
    x = Fraction(c - b, a)
    wording = chance.choice(
        ("Solve ${a}x + {b} = {c}$ for $x$.", "For which number $x$ is ${a}x + {b}$ equal to ${c}$?")
    )
    steps = (
        f"Subtracting ${b}$ from both sides leaves ${a}x = {c - b}$.",
        f"Dividing by ${a}$ gives $x = {latex(x)}$.",
    )
    return Problem(wording.format(a=a, b=b, c=c), steps, latex(x), "math")


def _rectangle(chance: random.Random) -> Problem:
    a, b = chance.randint(12, 899), chance.randint(12, 899)
    thing = chance.choice(WORDS)
    steps = (f"Twice the sum of ${a}$ and ${b}$ is $2({a} + {b}) = {2 * (a + b)}$.", "The area plays no part here.")
    prompt = f"A rectangular {thing} is {a} cm long and {b} cm wide. What is its perimeter in centimetres?"
    return Problem(prompt, steps, str(2 * (a + b)), "math")


def _series(chance: random.Random) -> Problem:
    first, step, count = chance.randint(2, 99), chance.randint(2, 49), chance.randint(8, 199)
    last = first + (count - 1) * step
    total = count * (first + last) // 2
    steps = (
        f"The last term is ${first} + {count - 1} \\cdot {step} = {last}$.",
        f"The mean of the first and the last term is $\\frac{{{first} + {last}}}{{2}}$, so the sum is ${total}$.",
    )
    prompt = f"An arithmetic sequence starts with {first} and grows by {step}. Find the sum of its first {count} terms."
    return Problem(prompt, steps, str(total), "math")


def _power(chance: random.Random) -> Problem:
    base, exponent, modulus = chance.randint(2, 99), chance.randint(20, 999), chance.choice((7, 11, 13, 17, 19, 23))
    rest = pow(base, exponent, modulus)
    steps = (
        f"Modulo ${modulus}$ the base is ${base % modulus}$.",
        f"By Fermat the exponent may be taken modulo ${modulus - 1}$, which leaves ${exponent % (modulus - 1)}$.",
    )
    return Problem(
        f"Determine the remainder of ${base}^{{{exponent}}}$ on division by ${modulus}$.", steps, str(rest), "math"
    )


def _choose(chance: random.Random) -> Problem:
    people, seats = chance.randint(9, 60), chance.randint(2, 4)
    thing = chance.choice(WORDS)
    steps = (f"The order plays no part, so the count is $\\binom{{{people}}}{{{seats}}}$.",)
    others = chance.randint(65, 999)
    prompt = f"In how many ways can a collector of {others} other things pick {seats} of {people} different {thing}s?"
    return Problem(prompt, steps, str(math.comb(people, seats)), "math")


def _draw(chance: random.Random) -> Problem:
    red, blue = chance.randint(3, 60), chance.randint(3, 60)
    found = Fraction(math.comb(red, 2), math.comb(red + blue, 2))
    thing = chance.choice(WORDS)
    steps = (
        f"The first one is red with probability $\\frac{{{red}}}{{{red + blue}}}$.",
        f"Then ${red - 1}$ red ones are left among ${red + blue - 1}$.",
    )
    prompt = (
        f"A box holds {red} red and {blue} blue {thing}s. Two are taken at random. With which probability are both red?"
    )
    return Problem(prompt, steps, latex(found), "math")


def _root(chance: random.Random) -> Problem:
    p, q = chance.sample(range(2, 89), 2)
    steps = (f"The roots have the sum ${p + q}$ and the product ${p * q}$.", f"These are ${p}$ and ${q}$.")
    prompt = f"What is the larger root of $x^2 - {p + q}x + {p * q} = 0$?"
    return Problem(prompt, steps, str(max(p, q)), "math")


def _determinant(chance: random.Random) -> Problem:
    a, b, c, d = (chance.randint(-49, 49) for _ in range(4))
    matrix = rf"\begin{{pmatrix}} {a} & {b} \\ {c} & {d} \end{{pmatrix}}"
    steps = (f"The products of the diagonals are ${a * d}$ and ${b * c}$.",)
    return Problem(f"Compute the determinant of ${matrix}$.", steps, str(a * d - b * c), "math")


def _code(chance: random.Random) -> Problem:
    a, b = chance.randint(2, 99), chance.randint(100, 999)
    first, second = chance.sample(WORDS, 2)
    prompt = (
        f"Write a Python function `{first}_{second}(values)` that adds {a} to each even number of a list, drops what "
        f"is then above {b}, and returns the {chance.choice(('sorted', 'reversed', 'unchanged'))} rest."
    )
    steps = (f"An even number `n` has `n % 2 == 0`, and only those grow by {a}.", f"The test against {b} comes last.")
    return Problem(prompt, steps, "", "code")


def _prose(chance: random.Random) -> Problem:
    one, other, third = chance.sample(TOPICS, 3)
    thing, place = chance.choice(WORDS), chance.choice(WORDS)
    wording = chance.choice(PROSE)
    prompt = wording.format(one=one, other=other, third=third, thing=thing, place=place)
    steps = (
        f"The link from {one} to {other} needs a picture, and a {thing} may serve.",
        f"I keep {third} for the end.",
    )
    return Problem(prompt, steps, "", "general")


MATHS: tuple[Callable[[random.Random], Problem], ...] = (
    _linear, _rectangle, _series, _power, _choose, _draw, _root, _determinant,
)  # fmt: skip
OTHERS = (_code, _prose)


class Problems:
    """Different problems, one after another. Two never have the same numbers: other nouns make no other problem."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._seen: set[tuple[str, ...]] = set()

    def draw(self, *, with_answer: bool) -> Problem:
        """A problem that was not drawn before."""
        while True:
            makers = MATHS if with_answer else (*MATHS, *OTHERS, *OTHERS)
            maker = self._chance.choice(makers)
            found = maker(self._chance)
            sign = (maker.__name__, *(re.findall(r"\d+", found.prompt) or [found.prompt]))
            if sign not in self._seen:
                self._seen.add(sign)
                return found


def latex(number: Fraction) -> str:
    """`3`, `-3`, `\\frac{3}{4}`."""
    if number.denominator == 1:
        return str(number.numerator)
    return f"{'-' if number < 0 else ''}\\frac{{{abs(number.numerator)}}}{{{number.denominator}}}"


def reasoning(chance: random.Random, problem: Problem, num_asides: int | None = None) -> str:
    """How somebody may have come to the answer."""
    number = chance.randint(6, 18) if num_asides is None else num_asides
    asides = [filled(chance, text) for text in chance.sample(ASIDES, min(number, len(ASIDES)))]
    parts = [filled(chance, chance.choice(OPENINGS)), *problem.steps]
    for aside in asides:
        parts.insert(chance.randint(1, len(parts)), aside)
    parts.append(filled(chance, chance.choice(CHECKS)))
    lines = [" ".join(parts[start : start + 4]) for start in range(0, len(parts), 4)]
    return "\n\n".join(lines)


def answer(chance: random.Random, problem: Problem, said: str | None = None) -> str:
    """What a reader is told; `said` instead of what is right."""
    if problem.domain == "code":
        low, high = chance.randint(1, 99), chance.randint(100, 999)
        name = chance.choice(WORDS)
        body = f"    {name} = [n + {low} if n % 2 == 0 else n for n in values]\n"
        body += f"    return [n for n in {name} if n <= {high}]"
        return f"Here is the function.\n\n```python\ndef solve(values):\n{body}\n```\n\nIt reads each number once."
    if problem.domain == "general":
        return " ".join(filled(chance, text) for text in chance.sample(ASIDES, 4)) + f" {problem.steps[0]}"
    lead = chance.choice(("So the answer is", "Altogether we get", "The result is", "Hence the final answer is"))
    return f"{problem.steps[-1]} {lead} $\\boxed{{{problem.answer if said is None else said}}}$."


def filled(chance: random.Random, text: str) -> str:
    """The sentence with numbers and words in it."""
    return text.format(
        a=chance.randint(11, 999), b=chance.randint(2, 99), one=chance.choice(TOPICS), thing=chance.choice(WORDS),
        other=chance.choice(WORDS),
    )  # fmt: skip


def foreign(chance: random.Random, language: str, number: int = 9) -> str:
    """Sentences of another language."""
    return " ".join(text.format(a=chance.randint(11, 999)) for text in chance.sample(FOREIGN[language], number))
