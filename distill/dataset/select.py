"""traces ─▶ dataset: the chosen traces as Parquet with a card, ready for `load_dataset` and the Hub.

Numbers of every sample are read first, then, once, the texts of those that may be kept. The dataset is written beside
its place and takes it when it is whole, so an attempt that was killed leaves nothing but work to redo.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from distill.dataset.card.front_matter import LICENSE_FILE, needs_license_file
from distill.dataset.card.page import dataset_card, license_file
from distill.dataset.card_facts import CardFacts, OwnCard
from distill.dataset.detectors import Tools
from distill.dataset.example import example_row
from distill.dataset.facts import facts_of
from distill.dataset.files import write_decisions, written_rows
from distill.dataset.pictures import write_pictures
from distill.dataset.pool import read_pool
from distill.dataset.provenance import write_provenance
from distill.dataset.readers import Ask, here
from distill.dataset.reasons import default_tools
from distill.dataset.selection import Selection, choose, weigh
from distill.dataset.versions import diff
from distill.errors import RunError
from distill.files import replace_folder
from distill.hub.marker import MARKER
from distill.recipe.sections import SelectSection
from distill.store import RunFolder
from distill.store.manifest import PROVENANCE
from distill.store.pages import kept_pages

OURS = {"data", "README.md", "selection.json", "decisions.arrow", "pictures", PROVENANCE, LICENSE_FILE, MARKER}
"""What a dataset folder holds; a folder with anything else in it is never replaced."""


NOTHING_OWN = OwnCard()


def select(
    runs: Sequence[RunFolder],
    out: Path,
    settings: SelectSection,
    own: OwnCard = NOTHING_OWN,
    tools: Tools | None = None,
    ask: Ask = here,
) -> CardFacts:
    """Choose traces of all runs together, and write the dataset with its card to `out`.

    `own` is what the maintainer says on the card, and `ask` reads texts. An earlier version that the settings name, be
    it the one at `out`, is compared with this one for the card. Raises RunError where no sample has passed, or where a
    quota cannot be filled and `allow_short` is off.
    """
    _refuse_foreign(out)
    tools = tools or default_tools()
    lasting = settings.model_copy(update={"since": None})  # a path of this machine, and nothing that makes a row
    prospects = weigh(read_pool(runs), lasting, tools, ask)
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with kept_pages(), written_rows(prospects, partial) as take:
        selection = choose(prospects, tools, take, ask)
    write_decisions(partial / "decisions.arrow", prospects.pool, selection.reasons, str(prospects.preference))
    name = out.name if out.name != "dataset" else runs[0].path.name
    facts = facts_of(selection, name, own)
    since = None if settings.since is None else diff(settings.since, str(partial), name)
    facts = facts.model_copy(update={"example": example_row(partial), "since": since})
    write_provenance(runs, partial)
    _write_card(selection, facts, partial)
    replace_folder(partial, out)
    return facts


def _write_card(selection: Selection, facts: CardFacts, folder: Path) -> None:
    write_pictures(selection, facts, folder)
    if needs_license_file(facts):
        (folder / LICENSE_FILE).write_text(license_file(facts), encoding="utf-8")
    (folder / "README.md").write_text(dataset_card(facts), encoding="utf-8")
    (folder / "selection.json").write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _refuse_foreign(out: Path) -> None:
    if out.is_file():
        raise RunError(f"{out} is a file; a dataset needs a folder. Name another with --out.")
    strange = sorted({item.name for item in out.iterdir()} - OURS) if out.is_dir() else []
    if strange:
        raise RunError(
            f"{out} holds {', '.join(strange[:3])}, so it is no dataset that could be replaced. Name a new or empty "
            "folder with --out."
        )
