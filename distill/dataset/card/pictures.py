"""The card's pictures, each for light and for dark pages, with a text that says what they show."""

from html import escape

from distill.dataset.card_facts import CardFacts
from distill.formatting import share

DARK = "-dark"
"""Behind the name of a picture that is meant for a dark page."""


def picture(name: str, text: str) -> str:
    """Both versions of a picture, of which the Hub shows the one that suits its page."""
    shown = escape(" ".join(text.split()), quote=True)
    return (
        f'<img class="dark:hidden" src="pictures/{name}.png" alt="{shown}">\n'
        f'<img class="hidden dark:block" src="pictures/{name}{DARK}.png" alt="{shown}">'
    )


def funnel_text(facts: CardFacts) -> str:
    """What the funnel shows."""
    steps = [f"{step} {number:,} ({share(number, facts.num_samples)})" for step, number in facts.funnel.items()]
    return f"From samples to rows: {', '.join(steps)}."


def rates_text(facts: CardFacts) -> str:
    """What the pass rates show."""
    rates = facts.rates
    if rates is None:
        return "Pass rates of the prompts."
    between = rates.num_prompts - rates.num_never - rates.num_always
    return (
        f"Pass rates of {rates.num_prompts:,} prompts, beside those with a row, {facts.num_kept_prompts:,}: "
        f"{rates.num_never:,} never solved, {between:,} sometimes, {rates.num_always:,} always."
    )


def lengths_text(facts: CardFacts) -> str:
    """What the lengths show."""
    parts = [
        f"{domain} median {round(each.median):,}, 95 % up to {round(each.p95):,}, longest {each.longest:,}"
        for domain, each in sorted(facts.lengths.items())
    ]
    return f"Tokens of the rows by domain: {'; '.join(parts)}."
