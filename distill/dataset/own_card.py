"""What a maintainer says on the card in words of their own: a section of a recipe, and a file in Markdown."""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import JsonValue

from distill.dataset.card_facts import OwnCard
from distill.errors import InputError
from distill.recipe.card_section import CardSection
from distill.rows.language_names import language_code
from distill.rows.license_names import HUB_LICENSES, license_id

COUNTED = ("configs", "size_categories", "dataset_info")
"""Front matter that follows from the rows."""
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


def read_own_card(section: CardSection) -> OwnCard:
    """What a recipe's section and the file that it names say; where both say it, the section is right.

    Raises InputError for a file that is not there, front matter that is not YAML or says what follows from the rows,
    and licences and languages that the Hub would refuse.
    """
    matter, text = _read_file(section.file) if section.file is not None else ({}, section.text)
    where = f"The front matter of {section.file}" if section.file is not None else "`card`"
    said: dict[str, JsonValue] = {
        "pretty_name": section.name,
        "license": list(section.license),
        "license_name": section.license_name,
        "license_link": section.license_link,
        "language": list(section.language),
        "tags": list(section.tags),
    }
    merged = {**matter, **{key: value for key, value in said.items() if value}}
    merged |= _licenses(merged, where) | _languages(merged, where)
    return OwnCard(
        front_matter=merged,
        text=(text or "").strip(),
        citation=(section.citation or "").strip(),
        links=section.links,
    )


def _read_file(file: Path) -> tuple[dict[str, JsonValue], str]:
    """The front matter of a Markdown file, and what follows it."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"There is no file {file} for the card; check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as Markdown in UTF-8 ({error}); save it so.") from None
    found = _FRONT_MATTER.match(text)
    if found is None:
        return {}, text
    return _front_matter(found["yaml"], file), text[found.end() :]


def _front_matter(text: str, file: Path) -> dict[str, JsonValue]:
    try:
        matter = yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 2}," if place is not None else ""
        raise InputError(
            f"The front matter of {file}{line} is not YAML; mend what stands between the lines of ---."
        ) from None
    if matter is None:
        return {}
    if not isinstance(matter, dict):
        raise InputError(f"The front matter of {file} should hold keys and values, such as `license: mit`.")
    counted = [key for key in COUNTED if key in matter]
    if counted:
        raise InputError(
            f"The front matter of {file} says `{counted[0]}`, which follows from the rows and is written by `distill "
            "select`; take it out."
        )
    return {str(key): _plain(value) for key, value in matter.items()}


def _plain(value: object) -> JsonValue:
    """What YAML holds, as JSON can: a date becomes its text."""
    match value:
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case str() | int() | float() | None:
            return value
        case _:
            return str(value)


def _licenses(matter: Mapping[str, JsonValue], where: str) -> dict[str, JsonValue]:
    """The licences in the Hub's spelling. Raises InputError for one that the Hub does not know."""
    given = _listed(matter.get("license"), "license", where)
    if not given:
        return {}
    found = [name if name in ("other", "unknown") else license_id(name) or name for name in given]
    unknown = [name for name in found if name not in HUB_LICENSES and name not in ("other", "unknown")]
    if unknown:
        raise InputError(
            f"{where} names the licence {unknown[0]!r}, which the Hub has no identifier for. Say `license: other` with "
            "`license_name: NAME` and `license_link: URL`, or LICENSE for a file of the repository."
        )
    if "other" in found and not (matter.get("license_name") and matter.get("license_link")):
        raise InputError(
            f"{where} says `license: other`, which needs `license_name: NAME` and `license_link: URL` beside it."
        )
    return {"license": found[0] if len(found) == 1 else [*found]}


def _languages(matter: Mapping[str, JsonValue], where: str) -> dict[str, JsonValue]:
    """The languages as codes. Raises InputError for what is no language."""
    given = _listed(matter.get("language"), "language", where)
    codes: list[JsonValue] = []
    for name in given:
        code = language_code(name)
        if code is None or not re.fullmatch(r"[a-z]{2,3}", code):
            raise InputError(f"{where} names the language {name!r}; give a code of two or three letters, such as en.")
        codes.append(code)
    return {"language": codes} if codes else {}


def _listed(value: JsonValue, key: str, where: str) -> list[str]:
    """One word or several as a list. Raises InputError for what is neither."""
    words = value if isinstance(value, list) else [] if value is None else [value]
    wrong = [word for word in words if not isinstance(word, str)]
    if wrong:
        raise InputError(f"{where} says {wrong[0]!r} under `{key}`, which is no word; put it in quotes, or mend it.")
    return [word for word in words if isinstance(word, str)]
