"""How rows were chosen among the samples, and what they are: composition, funnel, filters, lengths."""

from distill.dataset.card.pictures import lengths_text, picture
from distill.dataset.card.words import shares
from distill.dataset.card_facts import CardFacts
from distill.formatting import Cells, count_and_share, markdown_table, share


def composition(facts: CardFacts) -> str:
    """Rows by domain, source and language, and what a mixture asked for."""
    tables = [
        markdown_table((name, "rows", "share"), shares(counts, facts.num_rows))
        for name, counts in (
            ("domain", facts.domains),
            ("source", facts.sources),
            ("language of the prompts", facts.languages),
        )
    ]
    text = "## Composition\n\n" + "\n\n".join(tables)
    if facts.quotas:
        wanted = [
            (each.name, "all" if each.num_wanted is None else each.num_wanted, each.num_rows, each.num_missing)
            for each in facts.quotas
        ]
        mixture = f"The mixture `{facts.settings.mixture}` asks for" if facts.settings.mixture else "What was asked for"
        text += f"\n\n{mixture}:\n\n{markdown_table(('quota', 'wanted', 'rows', 'missing'), wanted)}"
    return text


def selection(facts: CardFacts) -> str:
    """Which of the right samples became rows, and what kept the others out."""
    settings = facts.settings
    counted = f"tokens of `{settings.tokenizer}`" if settings.tokenizer else "the teacher's own token count"
    preferred = f"Policy `{settings.policy}` over the samples of a prompt that passed, by {counted}"
    parts = [f"{preferred}; the first drawn among equals.", _funnel(facts), _filters(facts), _bands(facts)]
    text = "\n\n".join(part for part in (*parts, _left_out(facts)) if part)
    return f"## Selection and filters\n\n{text}"


def _funnel(facts: CardFacts) -> str:
    steps = [(step, number, share(number, facts.num_samples)) for step, number in facts.funnel.items()]
    return markdown_table(("step", "samples", "of all"), steps) if steps else ""


def _filters(facts: CardFacts) -> str:
    if not facts.filters:
        return "No text filter was on."
    filters = [
        (f"`{name}`", each.num_examined, count_and_share(each.num_dropped, each.num_examined))
        for name, each in facts.filters.items()
    ]
    table = markdown_table(("filter", "traces examined", "dropped"), filters)
    return f"A filter is asked about the preferred trace, then about the one that replaces it.\n\n{table}"


def _bands(facts: CardFacts) -> str:
    """What numbers had to lie in, where that was asked for."""
    settings = facts.settings
    bands = []
    if settings.min_tokens or settings.max_tokens is not None:
        most = "" if settings.max_tokens is None else f" to {settings.max_tokens:,}"
        bands.append(f"tokens of a trace from {settings.min_tokens:,}{most}")
    if settings.min_pass_rate > 0 or settings.max_pass_rate < 1:
        bands.append(f"pass rates of the prompt's probes from {settings.min_pass_rate:g} to {settings.max_pass_rate:g}")
    if settings.context_length is not None:
        bands.append(f"prompt and trace together at most {settings.context_length:,} tokens")
    return f"Bands: {'; '.join(bands)}." if bands else ""


def _left_out(facts: CardFacts) -> str:
    """What became of every sample, with the option that would change it."""
    kept = count_and_share(facts.num_rows, facts.num_samples)
    rows: list[Cells] = [("kept as rows", kept, "", "")]
    for each in facts.left_out:
        option = f"`{each.option}`" if each.option else ""
        rows.append((each.reason, count_and_share(each.num_samples, facts.num_samples), each.num_prompts, option))
    table = markdown_table(("fate", "samples", "prompts without a row", "what would change it"), rows, "lrrl")
    return f"What became of every sample (`decisions.arrow` says it of each):\n\n{table}"


def lengths(facts: CardFacts) -> str:
    """Tokens of the rows by domain."""
    rows: list[Cells] = [
        (name, *map(round, (each.mean, each.median, each.p95)), each.longest)
        for name, each in sorted(facts.lengths.items())
    ]
    return f"""## Token lengths

{markdown_table(("domain", "mean", "median", "95 %", "longest"), rows)}

{picture("lengths", lengths_text(facts))}"""
