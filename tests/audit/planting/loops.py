"""Texts that run in circles, and texts that repeat for a reason."""

import random

from tests.audit.planting.texts import filled
from tests.audit.planting.words import ASIDES, WORDS


def phrase(chance: random.Random) -> str:
    """One sentence or two, without end."""
    return " ".join([" ".join(filled(chance, text) for text in chance.sample(ASIDES, 2))] * chance.randint(12, 40))


def lines(chance: random.Random) -> str:
    """One line, again and again."""
    line = f"So the answer is {chance.randint(10, 999)}, and I should check it."
    return "\n".join([line] * chance.randint(8, 30))


def paragraph(chance: random.Random) -> str:
    """A longer passage that comes back."""
    passage = " ".join(filled(chance, text) for text in chance.sample(ASIDES, 9))
    return "\n\n".join([passage] * chance.randint(5, 12))


def digits(chance: random.Random) -> str:
    """A decimal that never ends."""
    period = str(chance.randint(1, 999_999))
    return f"As a decimal this is 0.{period * chance.randint(400, 900)}"


def attempts(chance: random.Random) -> str:
    """The same attempt under a number that grows."""
    text = " ".join(filled(chance, each) for each in chance.sample(ASIDES, 2))
    return "\n".join(f"Attempt {number}: {text}" for number in range(2, chance.randint(20, 50)))


def word(chance: random.Random) -> str:
    """One word."""
    return " ".join([chance.choice(WORDS)] * chance.randint(300, 900))


def table(chance: random.Random) -> str:
    """A table of values."""
    head = "| n | value | square | remark |\n| --- | --- | --- | --- |"
    rows = [
        f"| {n} | {chance.randint(10, 9_999)} | {n * n} | {chance.choice(('even', 'odd', 'prime', '–'))} |"
        for n in range(1, chance.randint(8, 25))
    ]
    return f"I put the values into a table.\n\n{head}\n" + "\n".join(rows)


def matrices(chance: random.Random) -> str:
    """Row operations on a matrix."""
    size = chance.randint(3, 4)

    def drawn() -> str:
        rows = (" & ".join(str(chance.randint(-9, 9)) for _ in range(size)) for _ in range(size))
        return "\\begin{pmatrix} " + " \\\\ ".join(rows) + " \\end{pmatrix}"

    return " ".join(f"Next we get $${drawn()}$$" for _ in range(chance.randint(3, 5)))


def code(chance: random.Random) -> str:
    """Tests and branches of a program."""
    name = chance.choice(WORDS)
    tests = [
        f"assert {name}({chance.randint(1, 999)}) == {chance.randint(1, 999)}" for _ in range(chance.randint(6, 15))
    ]
    branches = [
        f"        }}\n    }}\n    if (n == {n}) {{\n        {{\n            return {n * n};" for n in range(1, 5)
    ]
    return "```\n" + "\n".join([*tests, *branches, "        }", "    }", "}"]) + "\n```"


def cases(chance: random.Random) -> str:
    """Every case is tried, and each gives something else."""
    modulus = chance.randint(7, 13)
    return "\n".join(
        f"- If $n \\equiv {rest}$, then $n^2 + {rest} \\equiv {(rest * rest + rest) % modulus} \\pmod{{{modulus}}}$"
        f"{', as wanted.' if rest % 3 == 0 else f', and {filled(chance, chance.choice(ASIDES)).lower()}'}"
        for rest in range(modulus)
    )
