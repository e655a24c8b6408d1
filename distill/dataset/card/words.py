"""What several sections of the card say alike: shares, names of teachers, code and quoted text."""

import re
from collections.abc import Mapping

from distill.dataset.card_facts import CardFacts
from distill.formatting import Cells, share

NOT_STATED = "not stated"
_FENCE = re.compile(r"`{3,}")


def shares(counts: Mapping[str, int], total: int) -> list[Cells]:
    """Rows of a table: name, number and share, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(name, number, share(number, total)) for name, number in ordered]


def teachers(facts: CardFacts) -> str:
    """The names of all teachers, as code."""
    return ", ".join(f"`{name}`" for name in sorted({run.teacher for run in facts.runs}))


def quoted(text: str) -> str:
    """A text as it is, whatever Markdown would make of it."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def code(text: str, language: str = "") -> str:
    """A block of code, whatever backticks it holds."""
    longest = max((len(match[0]) for match in _FENCE.finditer(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def link(text: str, address: str | None) -> str:
    """A link where there is an address, else the text."""
    return f"[{text}]({address})" if address else text


def hub_dataset(name: str) -> str:
    """A Hub dataset as a link to its page."""
    return link(name, f"https://huggingface.co/datasets/{name}")
