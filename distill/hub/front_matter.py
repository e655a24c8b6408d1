"""A card's YAML header as text, a piece a key, so that a maintainer's words keep their comments and form. Pure."""

import re
from typing import NamedTuple

import yaml
from pydantic import JsonValue

_HEADER = re.compile(r"---[ \t]*\n(?:(.*?)\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"""["']?([A-Za-z_][\w.-]*)["']?[ \t]*:(?:[ \t]|$)""")
_LICENSE = ("license", "license_name", "license_link")
"""Keys that make sense together only."""


class Header(NamedTuple):
    """The keys of a header, each with the text that says it, its name included."""

    comment: str
    """What stands before the first key."""
    keys: dict[str, str]

    def value(self, key: str) -> JsonValue:
        """What the key says, as YAML; None where it is not there, or where its text is not valid."""
        try:
            read = yaml.safe_load(self.keys.get(key, ""))
        except yaml.YAMLError:
            return None
        found: JsonValue = read.get(key) if isinstance(read, dict) else None
        return found

    def said(self, key: str) -> tuple[bool, JsonValue]:
        """Whether the key is there, for it may say `null`, and what it says."""
        return key in self.keys, self.value(key)

    def text(self) -> str:
        """The header between its dashes; nothing where it says nothing."""
        body = self.comment + "".join(self.keys.values())
        return f"---\n{body}---\n" if body else ""


def split_card(card: str) -> tuple[Header, str]:
    """A card's header and its body."""
    card = card.replace("\r\n", "\n").removeprefix("\ufeff")
    found = _HEADER.match(card)
    if found is None:
        return Header("", {}), card
    comment, last = "", None
    keys: dict[str, str] = {}
    for line in found[1].split("\n") if found[1] is not None else ():
        key = _KEY.match(line)
        last = key[1] if key else last
        if last is None:
            comment += line + "\n"
        else:
            keys[last] = keys.get(last, "") + line + "\n"
    return Header(comment, keys), card[found.end() :]


def merge_headers(base: Header | None, ours: Header, theirs: Header) -> tuple[Header, tuple[str, ...]]:
    """The header to push, and the keys in which the maintainer's word stands against ours.

    `base` is ours of the last push. What the maintainer changed since stays, what they did not follows ours; tags of
    both are kept. The sizes and the files of our configs are always ours, and what the Hub once noted of our configs'
    columns (`dataset_info`) is dropped, since readers trust it more than the files.
    """
    keys, kept = dict(theirs.keys), []
    for key in [*theirs.keys, *(key for key in ours.keys if key not in theirs.keys)]:
        text = _merged(key, base, ours, theirs)
        if text is None:
            keys.pop(key, None)
        else:
            keys[key] = text
        if key in ours.keys and text != ours.keys[key] and key not in ("tags", "configs"):
            kept.append(key)
    return Header(theirs.comment or ours.comment, keys), tuple(kept)


def _merged(key: str, base: Header | None, ours: Header, theirs: Header) -> str | None:
    match key:
        case "size_categories":
            return ours.keys.get(key) or theirs.keys.get(key)
        case "configs":
            return _configs(ours, theirs)
        case "dataset_info":
            return _dataset_info(ours, theirs)
        case "tags":
            return _tags(base, ours, theirs)
    together = _LICENSE if key in _LICENSE else (key,)
    before = base if base is not None else Header("", {})
    is_edited = any(theirs.said(each) != before.said(each) for each in together)
    return theirs.keys.get(key) if is_edited else ours.keys.get(key)


def _configs(ours: Header, theirs: Header) -> str | None:
    """Our configs, and theirs of other names."""
    own = _names(ours)
    others = [each for each in _records(theirs.value("configs")) if each.get("config_name", "default") not in own]
    if "configs" not in ours.keys or not others:
        return ours.keys.get("configs") or theirs.keys.get("configs")
    return yaml.safe_dump({"configs": [*_records(ours.value("configs")), *others]}, sort_keys=False, allow_unicode=True)


def _dataset_info(ours: Header, theirs: Header) -> str | None:
    """What is noted of other configs than ours."""
    if "configs" not in ours.keys:
        return theirs.keys.get("dataset_info")
    found = _records(theirs.value("dataset_info"))
    others = [each for each in found if each.get("config_name", "default") not in _names(ours)]
    if len(others) == len(found):
        return theirs.keys.get("dataset_info")
    return yaml.safe_dump({"dataset_info": others}, sort_keys=False, allow_unicode=True) if others else None


def _tags(base: Header | None, ours: Header, theirs: Header) -> str | None:
    """Tags of both, without those that one side took away since the last push."""
    own, there = _words(ours.value("tags")), _words(theirs.value("tags"))
    before = _words(base.value("tags")) if base is not None else []
    stay = [tag for tag in there if tag in own or tag not in before]
    wanted = stay + [tag for tag in own if tag not in there and tag not in before]
    if wanted == there:
        return theirs.keys.get("tags")
    return yaml.safe_dump({"tags": wanted}, sort_keys=False, allow_unicode=True) if wanted else None


def _names(header: Header) -> set[JsonValue]:
    return {each.get("config_name", "default") for each in _records(header.value("configs"))}


def _records(value: JsonValue) -> list[dict[str, JsonValue]]:
    each = value if isinstance(value, list) else [value]
    return [record for record in each if isinstance(record, dict)]


def _words(value: JsonValue) -> list[str]:
    each = value if isinstance(value, list) else [value]
    return [word for word in each if isinstance(word, str)]
