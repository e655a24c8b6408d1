"""The card's front matter: what the Hub reads of it, ours and the maintainer's."""

import re

import yaml
from pydantic import JsonValue

from distill.dataset.card.words import NOT_STATED, shares
from distill.dataset.card_facts import CardFacts
from distill.rows.license_links import license_link
from distill.rows.license_names import HUB_LICENSES

LICENSE_FILE = "LICENSE.md"
"""Beside the card, where no identifier of the Hub says what applies."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))
_LARGER = ((10**8, "10M<n<100M"), (10**9, "100M<n<1B"))
_LICENSE_KEYS = ("license", "license_name", "license_link")

Matter = dict[str, JsonValue]


def front_matter(facts: CardFacts) -> str:
    """The block between lines of `---`, of which it has both."""
    return f"---\n{yaml.safe_dump(matter_of(facts), sort_keys=False, allow_unicode=True)}---\n"


def matter_of(facts: CardFacts) -> Matter:
    """Our keys, each replaced by the maintainer's where there is one; then the maintainer's others."""
    own = facts.own.front_matter
    ours: Matter = {
        "pretty_name": facts.name,
        **_languages(facts),
        **({} if "license" in own else _license(facts)),
        "task_categories": ["text-generation"],
        "size_categories": [next((name for size, name in (*_SIZES, *_LARGER) if facts.num_rows < size), "n>1B")],
        "tags": ["distill", "reasoning", "synthetic", *sorted(facts.domains)],
        "configs": [{"config_name": "default", "data_files": _files(facts)}],
    }
    merged = {**{key: own.get(key, value) for key, value in ours.items()}, **own}
    merged["tags"] = _joined(ours["tags"], own.get("tags"))
    if "license" in own:  # in the place where ours would stand
        licenses = {key: merged.pop(key) for key in _LICENSE_KEYS if key in merged}
        merged = {"pretty_name": merged.pop("pretty_name"), **licenses, **merged}
    return merged


def needs_license_file(facts: CardFacts) -> bool:
    """Whether the front matter names a file of licences beside the card."""
    return matter_of(facts).get("license_link") == LICENSE_FILE


def _files(facts: CardFacts) -> list[JsonValue]:
    sizes = {"train": facts.num_rows - facts.num_test_rows, "test": facts.num_test_rows}
    return [{"split": split, "path": f"data/{split}-*.parquet"} for split, size in sizes.items() if size]


def _languages(facts: CardFacts) -> Matter:
    """The languages of the prompts, the most frequent first; nothing where none is known."""
    known: list[JsonValue] = [
        str(name) for name, *_ in shares(facts.languages, facts.num_rows) if name not in (NOT_STATED, "")
    ]
    return {"language": known} if known else {}


def _license(facts: CardFacts) -> Matter:
    """The Hub's identifiers of all rows; else a name, and where the licences are written out."""
    found = {each.license for each in facts.licenses}
    known = sorted(name for name in found if name in HUB_LICENSES)
    if len(known) == len(found):
        return {"license": known[0] if len(known) == 1 else [*known]}
    if found == {None}:
        return {"license": "unknown"}
    only = next(iter(found)) if len(found) == 1 else None
    name = "-".join(re.findall(r"[a-z0-9.]+", only.lower())) if only else ""
    where = license_link(only) if only else None
    return {"license": "other", "license_name": name or "by-row", "license_link": where or LICENSE_FILE}


def _joined(ours: JsonValue, theirs: JsonValue) -> JsonValue:
    """The words of both lists, each once."""
    words = [word for each in (ours, theirs) for word in (each if isinstance(each, list) else [each] if each else [])]
    return list(dict.fromkeys(str(word) for word in words))
