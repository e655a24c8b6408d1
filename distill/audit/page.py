"""The page of an audit: what was found, as one file that needs no network and no scripts."""

from importlib.resources import files
from pathlib import Path

from distill.audit.facts import AuditFacts
from distill.audit.page_sections import sections
from distill.audit.page_tiles import tiles
from distill.audit.page_words import cut, most, percent, proportion
from distill.files import write_whole


def write_page(facts: AuditFacts, out: Path) -> None:
    """Write the page to `out`, whole or not at all."""
    write_whole(out, render(facts))


def render(facts: AuditFacts) -> str:
    """The page's text. All that comes from a dataset is escaped: it stays text, whatever it says."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(cut=cut, percent=percent, proportion=proportion)
    template = environment.from_string((files("distill.audit") / "page.html").read_text("utf-8"))
    style = "".join((files(f"distill.{wing}") / "page.css").read_text("utf-8") for wing in ("report", "audit"))
    return template.render(
        facts=facts, tiles=tiles(facts), sections=sections(facts), reasons=most(facts.set_aside), style=style
    )
