"""README.md of an export: what is there, how to train with it, what was set aside and what limits would lose."""

from distill.export.tool import ExportFacts
from distill.formatting import markdown_table


def readme(facts: ExportFacts, how: str) -> str:
    """The page as Markdown."""
    rows = [(f"`{file}`", number) for file, number in facts.rows.items()]
    parts = [
        f"# {', '.join(facts.dataset)} for {facts.tool}",
        markdown_table(("file", "rows"), rows),
        how.strip(),
        _lengths(facts),
        _set_aside(facts),
        f"Written by `distill export` {facts.distill}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lengths(facts: ExportFacts) -> str:
    lengths = facts.lengths
    return (
        f"## Lengths\n\nThe longest row has about {lengths.longest:,} tokens: its answer by the teacher's tokenizer, "
        "the prompt by the same bytes a token. Limits above are a tenth larger.\n\n"
        + markdown_table(("a limit of … tokens", "is too short for … rows"), lengths.num_longer.items(), "rr")
    )


def _set_aside(facts: ExportFacts) -> str:
    rows = [(number, part, why) for part, reasons in facts.set_aside.items() for why, number in reasons.items()]
    if not rows:
        return ""
    return f"## Set aside\n\n`set_aside.jsonl` has every row that {facts.tool} does not take.\n\n" + markdown_table(
        ("rows", "not in", "since"), rows, "rll"
    )
