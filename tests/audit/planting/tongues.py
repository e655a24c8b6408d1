"""Traces that leave the language of their prompt, and traces that do so for a reason."""

from tests.audit.planting.texts import Problem, foreign, reasoning
from tests.audit.planting.trace import Make, Maker, Planted
from tests.audit.planting.words import FOREIGN, FOREIGN_PROMPTS, WORDS


def abroad(languages: tuple[str, ...]) -> Make:
    return lambda maker, trace: trace._replace(reasoning=foreign(maker.chance, maker.chance.choice(languages)))


def switched(languages: tuple[str, ...]) -> Make:
    def make(maker: Maker, trace: Planted) -> Planted:
        lines = trace.reasoning.split("\n\n")
        lines.insert(len(lines) // 2, foreign(maker.chance, maker.chance.choice(languages), 4))
        return trace._replace(reasoning="\n\n".join(lines))

    return make


def answered_abroad(maker: Maker, trace: Planted) -> Planted:
    language = maker.chance.choice(("fr", "zh", "es"))
    return trace._replace(answer=foreign(maker.chance, language, 5))


def greek(maker: Maker, trace: Planted) -> Planted:
    said = "Let α, β and γ be the angles, so that α + β + γ = π. With λ = Δx/σ the sum Σ φ(ω) stays below θ."
    return trace._replace(reasoning=f"{said}\n\n{trace.reasoning}\n\nHence ε → 0 while Γ(½) = √π, and ∠ABC = 2δ.")


def quoting(maker: Maker, trace: Planted) -> Planted:
    said = maker.chance.choice(
        (
            'The German word "Eigenwert" and the French "théorème" are what the books call them.',
            "A Chinese reader would write “数学” here, which is a single term.",
            'The Russian name "Чебышёв" is spelt in many ways.',
        )
    )
    return trace._replace(reasoning=f"{trace.reasoning}\n\n{said}")


def translating(maker: Maker, trace: Planted) -> Planted:
    language, name = maker.chance.choice((("fr", "French"), ("de", "German"), ("es", "Spanish")))
    thing, weight = maker.chance.choice(WORDS), maker.chance.randint(1_000, 99_999)
    text = f"Translate into {name}: the {thing} weighs {weight} grams, and we begin with it."
    problem = Problem(text, (f"The sentence must be rendered in {name}.", "The number stays."), "", "general")
    said = reasoning(maker.chance, problem)
    return trace._replace(problem=problem, reasoning=said, answer=foreign(maker.chance, language, 3))


def at_home(maker: Maker, trace: Planted) -> Planted:
    language = maker.chance.choice(tuple(FOREIGN))
    text = FOREIGN_PROMPTS[language].format(a=maker.chance.randint(1_000, 9_999), b=maker.chance.randint(100, 999))
    said = foreign(maker.chance, language)
    problem = Problem(text, (said,), "", "math")
    return trace._replace(problem=problem, reasoning=said, answer=foreign(maker.chance, language, 3))
