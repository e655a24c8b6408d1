"""Who may be told which key: connects clients to endpoints with the keys and headers of a recipe."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from yarl import URL

from distill.errors import TeacherError
from distill.progress import say
from distill.recipe.sections import EndpointsSection
from distill.teacher.asking.client import Client
from distill.teacher.asking.connection import host_of
from distill.teacher.asking.form import EndpointForm

_VARIABLE = re.compile(r"\$\{(\w{1,200})\}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_OWN_KEYS = frozenset({"authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"})
"""Headers that are a key, in place of the usual `Authorization: Bearer`."""


class _Key(NamedTuple):
    host: str | None
    """A pattern; None: the host of the first endpoint."""
    variable: str
    value: str


def connector(
    section: EndpointsSection, model: str, idle_timeout_s: float, urls: Sequence[str], keys: Sequence[str]
) -> Callable[[str], Client]:
    """What makes the client of each URL; `urls` are those known at the start.

    `keys` are the variables that may hold a key where the section names none. Raises TeacherError for a key or header
    that is not there or cannot be sent, and for a URL that is none.
    """
    access = _Access(section, urls, keys)

    def connect(url: str) -> Client:
        headers, secrets = access.headers(url)
        form = EndpointForm(max_tokens_field=section.max_tokens_field)
        return Client(url, model, idle_timeout_s, form=form, headers=headers, secrets=secrets)

    return connect


class _Access:
    """Keys and headers, by host."""

    def __init__(self, section: EndpointsSection, urls: Sequence[str], keys: Sequence[str]) -> None:
        self._keys = [_named(entry) for entry in section.key_env] or _first_set(keys)
        expanded = {name: _expanded(name, value) for name, value in section.headers.items()}
        secret = {name for name, value in section.headers.items() if _VARIABLE.search(value) or _is_key(name)}
        self._plain = {name: value for name, value in expanded.items() if name not in secret}
        self._secret = {name: value for name, value in expanded.items() if name in secret}
        self._first: str | None = None
        self._has_told = False
        for url in urls:
            self.headers(url)

    def headers(self, url: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Those that anyone may see, and those that only this host gets."""
        place = _checked(url)
        host = host_of(place)
        self._first = self._first or host
        is_first = host == self._first
        secrets = dict(self._secret) if is_first else {}
        key = next((key for key in self._keys if self._is_for(key, place, is_first)), None)
        if key is not None and not any(_is_key(name) for name in secrets):
            secrets["Authorization"] = f"Bearer {key.value}"
        if not is_first and not secrets:
            self._tell_of_none(host)
        return self._plain, secrets

    def _is_for(self, key: _Key, place: URL, is_first: bool) -> bool:
        if key.host is None:
            return is_first
        names = {host_of(place), place.host or ""}
        return any(fnmatchcase(name, key.host.lower()) for name in names | {f"{name}:{place.port}" for name in names})

    def _tell_of_none(self, host: str) -> None:
        names = [key.variable for key in self._keys] + sorted(self._secret)
        if names and not self._has_told:
            self._has_told = True
            say(f"{host} is sent no key: what is in {' and '.join(names)} goes to {self._first} alone. To give it one, "
                f"add --key-env {host}=NAME, with the name of the variable that holds it (HOST may be a pattern, as in "
                "'*=NAME').")  # fmt: skip


def _checked(url: str) -> URL:
    if "://" not in url:
        raise TeacherError(f"{url!r} names no scheme; write http://{url} or https://{url}.")
    place = URL(url)
    if place.scheme not in ("http", "https") or not place.host:
        raise TeacherError(f"{url!r} is no address of an endpoint; write it as https://HOST/v1.")
    return place


def _named(entry: str) -> _Key:
    host, _, variable = entry.rpartition("=")
    value = os.environ.get(variable, "").strip()
    if not value:
        raise TeacherError(f"The variable {variable}, which --key-env names, is not set; export {variable}=… first.")
    return _Key(host or None, variable, _sendable(value, f"The key in {variable}"))


def _first_set(names: Sequence[str]) -> list[_Key]:
    """The key that is used without being named."""
    found = ((name, os.environ.get(name, "").strip()) for name in names)
    return [_Key(None, name, _sendable(value, f"The key in {name}")) for name, value in found if value][:1]


def _expanded(name: str, value: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise TeacherError(f"{name!r} cannot be the name of a header; write --header 'NAME: VALUE'.")
    for variable in _VARIABLE.findall(value):
        if not os.environ.get(variable, "").strip():
            raise TeacherError(f"The header {name} wants the variable {variable}, which is not set.")
    filled = _VARIABLE.sub(lambda match: os.environ[match[1]].strip(), value).strip()
    return _sendable(filled, f"The header {name}")


def _sendable(value: str, what: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    bad = next(character for character in value if not (character.isascii() and character.isprintable()))
    raise TeacherError(f"{what} holds the character {bad!r}, which cannot be sent; was it copied whole, and alone?")


def _is_key(name: str) -> bool:
    return name.lower() in _OWN_KEYS
