"""What a recipe may say about the dataset's card."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from distill.recipe.sections import Section


def _as_words(given: object) -> object:
    """A single word is a list of one."""
    return (given,) if isinstance(given, str) else given


Words = Annotated[tuple[str, ...], BeforeValidator(_as_words)]


class CardSection(Section):
    """What the dataset's card says in the maintainer's own words; the same at every push."""

    file: Path | None = None
    """Markdown, with or without front matter between lines of `---`, shown as it is; relative to the recipe, else to
    the working folder."""
    name: str | None = Field(None, min_length=1)
    """The title, and `pretty_name`; None: the folder's name."""
    license: Words = ()
    """One or several of the Hub's identifiers, or `other` with the next two; none: as the sources state it."""
    license_name: str | None = None
    license_link: str | None = None
    language: Words = ()
    """Codes or names; none: those of the prompts."""
    tags: Words = ()
    """Beside ours."""
    links: dict[str, str] = Field(default_factory=dict)
    """A word ─▶ an address: paper, code, demo."""
    citation: str | None = None
    """How to cite the dataset itself: BibTeX, or a line."""
    text: str | None = None
    """Markdown, as `file`; used where there is no file."""
