"""Facts of a selection ─▶ the dataset's card, in the Hub's form. It counts nothing itself."""

from collections.abc import Callable

from distill.dataset.card.checking import verification
from distill.dataset.card.choosing import composition, lengths, selection
from distill.dataset.card.columns import columns, usage
from distill.dataset.card.drawing import teacher, yielded
from distill.dataset.card.front_matter import front_matter
from distill.dataset.card.pictures import funnel_text, picture
from distill.dataset.card.remaking import LIMITS, remaking
from distill.dataset.card.sources import citation, decontamination, licence_list, licences, sources
from distill.dataset.card.words import link, teachers
from distill.dataset.card_facts import CardFacts
from distill.dataset.changes import changes_section
from distill.hub.sections import section


def _title(facts: CardFacts) -> str:
    """The heading, unless the maintainer's text has one of its own."""
    return "" if facts.own.text.startswith("# ") else f"# {facts.own.front_matter.get('pretty_name') or facts.name}"


def _intro(facts: CardFacts) -> str:
    held_out = f", {facts.num_test_rows:,} of them held out as `test` (split by prompt)" if facts.num_test_rows else ""
    links = " · ".join(link(name, address) for name, address in facts.own.links.items())
    traces = f"{facts.num_rows:,} verified traces of {teachers(facts)} for {facts.num_kept_prompts:,} prompts"
    about = f"""{traces}{held_out}.
A row is a conversation, `prompt` and `completion`; the completion holds the reasoning in `<think>` tags and the answer
behind it."""
    return "\n\n".join(part for part in (about, links, picture("funnel", funnel_text(facts))) if part)


def _own(facts: CardFacts) -> str:
    return facts.own.text


SECTIONS: dict[str, Callable[[CardFacts], str]] = {
    "title": _title,
    "own": _own,
    "intro": _intro,
    "since": lambda facts: changes_section(facts.since) if facts.since else "",
    "use": usage,
    "columns": columns,
    "composition": composition,
    "sources": sources,
    "decontamination": decontamination,
    "yield": yielded,
    "teacher": teacher,
    "verification": verification,
    "selection": selection,
    "lengths": lengths,
    "licences": licences,
    "limits": lambda _: LIMITS,
    "reproduce": remaking,
    "citation": citation,
}
"""The sections of a card by their names, in their order; one that has nothing to say is left out."""


def dataset_card(facts: CardFacts) -> str:
    """The whole README.md of the dataset."""
    texts = ((name, make(facts).strip()) for name, make in SECTIONS.items())
    marked = [section(name, _unmarked(text)) for name, text in texts if text]
    return f"{front_matter(facts)}\n" + "\n\n".join(marked) + "\n"


def license_file(facts: CardFacts) -> str:
    """LICENSE.md of a dataset for which the Hub has no identifier."""
    return f"# Licences of {facts.name}\n\n{licence_list(facts)}\n"


def _unmarked(text: str) -> str:
    """A text of others in which nothing looks like a mark of ours."""
    return text.replace("<!-- distill:", "<!-- distill :")
