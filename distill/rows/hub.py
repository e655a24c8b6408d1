"""Datasets of the Hugging Face Hub, by name ─▶ their files on this machine."""

import hashlib
import json
import re
from functools import partial
from pathlib import Path
from typing import NamedTuple

from distill.errors import HubError, InputError
from distill.files import write_whole

_NAME = re.compile(r"([^:@#]+)(?::([^/@:#]+))?(?:@([^/@:#]+))?(?:#(.+))?")
_REPO = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")


class NameParts(NamedTuple):
    """`NAME[:config][@split][#revision]`, with None for what was left out."""

    name: str
    config: str | None
    split: str | None
    revision: str | None


def name_parts(text: str) -> NameParts | None:
    """Take the name of a dataset, of the Hub or of a preset, apart; None where it is none."""
    found = _NAME.fullmatch(text)
    return NameParts(*found.groups()) if found else None


class HubId(NamedTuple):
    """`org/name:config@split#revision`, as `distill prompts` has it; all but the name may be left out."""

    repo: str
    config: str | None
    split: str
    revision: str | None


def is_hub_id(name: str) -> bool:
    """Whether a name can be a dataset of the Hub; a path that begins with `.`, `/` or `~` cannot."""
    found = None if name.startswith((".", "/", "~")) else name_parts(name)
    return found is not None and _REPO.fullmatch(found.name) is not None


def parse_hub_id(name: str) -> HubId:
    """Take a name apart.

    >>> parse_hub_id("org/name:math@test#v1.0")
    HubId(repo='org/name', config='math', split='test', revision='v1.0')
    """
    found = name_parts(name)
    if found is None or not _REPO.fullmatch(found.name):
        raise InputError(f"{name} is no dataset of the Hub; write org/name, or org/name:config@split#revision.")
    return HubId(found.name, found.config, found.split or "train", found.revision)


def hub_files(name: str) -> list[Path]:
    """Fetch the files of a dataset's split into the Hub's own cache; once they lie there, it needs no Hub.

    Raises HubError where there is no such dataset, or where the Hub cannot be reached and the cache has none; and
    InputError where the dataset has no such config or split.
    """
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    wanted = parse_hub_id(name)
    memory = Path(constants.HF_HUB_CACHE) / "distill" / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
    try:
        try:
            inside, is_here = _data_files(wanted), False
        except ConnectionError:
            if not memory.is_file():
                raise
            inside, is_here = json.loads(memory.read_bytes()), True
        fetch = partial(snapshot_download, wanted.repo, repo_type="dataset", revision=wanted.revision)
        folder = Path(fetch(allow_patterns=inside, local_files_only=is_here))
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_whole(memory, json.dumps(inside))
        return [folder / file for file in inside]
    except (FileNotFoundError, ConnectionError, LocalEntryNotFoundError) as error:
        raise HubError(
            f"There is no file or folder {name} here, and no dataset of that name could be fetched from the Hub "
            f"({str(error).splitlines()[0]}) Correct the name, or log in with: hf auth login"
        ) from error


def _data_files(wanted: HubId) -> list[str]:
    """The files of the split in their repository, as `datasets` finds them by the dataset's card or their names."""
    from datasets import load_dataset_builder

    try:
        builder = load_dataset_builder(wanted.repo, wanted.config, revision=wanted.revision)
    except ValueError as error:  # `datasets` lists the configs
        seen = " ".join(str(error).splitlines()[:2])
        raise InputError(f"{wanted.repo}: {seen} Write {wanted.repo}:CONFIG.") from error
    files = builder.config.data_files or {}
    if wanted.split not in files:
        raise InputError(
            f"{wanted.repo} has no split {wanted.split}, but {', '.join(map(str, files)) or 'none'}. Write "
            f"{wanted.repo}{f':{wanted.config}' if wanted.config else ''}@SPLIT."
        )
    return [file.partition("@")[2].partition("/")[2] for file in files[wanted.split]]  # hf://datasets/NAME@COMMIT/FILE
