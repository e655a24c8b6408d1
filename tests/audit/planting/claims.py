"""Answers, labels and licences that are wrong, and those that are only written otherwise."""

from tests.audit.planting.texts import answer
from tests.audit.planting.trace import Make, Maker, Planted


def off(maker: Maker, trace: Planted) -> str:
    """Another number than the right one."""
    return str(maker.chance.randint(10_000, 99_999)) + ".5"


def told_wrong(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(answer=answer(maker.chance, trace.problem, off(maker, trace)))


def gold_off(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(gold=off(maker, trace))


def written(maker: Maker, trace: Planted) -> Planted:
    """The right answer in another notation."""
    right = trace.problem.answer
    value = (
        right.replace(r"\frac", r"\dfrac")
        if "frac" in right
        else maker.chance.choice((f"{int(right):,}", f"x = {right}", rf"\text{{{right}}}", f"{right}.0"))
    )
    return trace._replace(answer=answer(maker.chance, trace.problem, value))


def in_words(maker: Maker, trace: Planted) -> Planted:
    right = trace.problem.answer
    said = f"${right}$" if "frac" in right else right
    return trace._replace(answer=f"{trace.problem.steps[0]}\n\n**Answer:** {said}")


def licensed(*names: str | None) -> Make:
    return lambda maker, trace: trace._replace(licence=maker.chance.choice(names))


def in_conflict(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(source="contest", licence=maker.chance.choice(("cc-by-nc-4.0", "cc-by-nc-nd-4.0")))


def spelt(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(
        source="exercises", licence=maker.chance.choice(("Apache License 2.0", "Apache-2.0", "apache 2"))
    )


def linked(maker: Maker, trace: Planted) -> Planted:
    return trace._replace(source="textbook", licence="https://creativecommons.org/licenses/by/4.0/")


def called_wrong(maker: Maker, trace: Planted) -> Planted:
    """Right, whatever the set says."""
    return trace._replace(label=False)
