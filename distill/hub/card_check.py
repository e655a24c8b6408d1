"""Whether the Hub will take a card's header: what can be known here, then the Hub's own word."""

from typing import TYPE_CHECKING

import yaml

from distill.errors import HubError, InputError
from distill.hub.client import ask
from distill.hub.front_matter import split_card
from distill.hub.names import RepoKind
from distill.hub.remote import LIBRARY
from distill.progress import say
from distill.rows.license_names import HUB_LICENSES, license_id

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def check_header(card: str) -> None:
    """What needs no Hub: the header is valid YAML, and its licences are the Hub's. Raises InputError."""
    header, _ = split_card(card)
    try:
        read = yaml.safe_load(header.comment + "".join(header.keys.values()))
    except yaml.YAMLError as error:
        raise InputError(
            f"The header of README.md is no valid YAML: {' '.join(str(error).split())}. Mend it."
        ) from None
    if read is not None and not isinstance(read, dict):
        raise InputError("The header of README.md is no list of `key: value` lines. Mend it.")
    stated = (read or {}).get("license")
    for name in stated if isinstance(stated, list) else [stated]:
        if name is not None and name not in HUB_LICENSES | {"other", "unknown"}:
            better = license_id(str(name))
            hint = (
                f"write `license: {better}`" if better in HUB_LICENSES else "write `license: other`, and `license_name`"
            )
            raise InputError(f"The Hub has no licence {name!r}; in the header of README.md {hint}.")


def ask_about_header(api: "HfApi", card: str, repo: str, kind: RepoKind) -> None:
    """Have the Hub read the header. Raises HubError with what it finds wrong; says what it only warns of."""
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status  # type: ignore[attr-defined]

    def request() -> dict[str, list[dict[str, str]]]:
        reply = get_session().post(
            f"{api.endpoint}/api/validate-yaml",
            json={"content": card, "repoType": kind},
            headers=build_hf_headers(library_name=LIBRARY),
        )
        if reply.status_code != 400:
            hf_raise_for_status(reply)
        found: dict[str, list[dict[str, str]]] = reply.json()
        return found

    found = ask(request, repo)
    for warning in found.get("warnings", []):
        say(f"The Hub remarks on README.md: {warning.get('message')}")
    if errors := [str(error.get("message")) for error in found.get("errors", [])]:
        raise HubError(f"The Hub refuses the header of README.md: {'; '.join(errors)}. Mend it, then push again.")
