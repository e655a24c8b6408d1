"""Which files a dataset is: of this machine, or of the Hub."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from distill.errors import InputError
from distill.files import sha256
from distill.rows.hub import hub_files, is_hub_id

Datasets = str | Path | Sequence[str | Path]
"""Files, folders or Hub ids, one or several."""
SUFFIXES = (".parquet", ".jsonl", ".json", ".csv", ".arrow")


def dataset_files(dataset: Datasets) -> list[Path]:
    """The files of a dataset: a file, a folder of them, or what a Hub id names; see `hub_files` for its spelling.

    Of a folder as `distill select` writes it, what is held out is left alone; of one that `datasets` saved, the split
    `train` is taken. Of several datasets, the files of each in turn.
    """
    if not isinstance(dataset, str | Path):
        return [file for one in dataset for file in dataset_files(one)]
    path = Path(dataset)
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = _in_folder(path)
    elif is_hub_id(str(dataset)):
        files = hub_files(str(dataset))
    else:
        raise InputError(f"There is no dataset {dataset}. Make one with: distill select RUN --out {dataset}")
    if strange := [file for file in files if file.suffix not in SUFFIXES]:
        raise InputError(f"{strange[0]} is none of {', '.join(SUFFIXES)}, so it cannot be read as rows.")
    return files


def named(dataset: Datasets) -> str:
    """A dataset, or several, for people."""
    return str(dataset) if isinstance(dataset, str | Path) else " + ".join(map(str, dataset))


def digest(files: list[Path]) -> str:
    """Names the content of the files: 64 bits of the SHA-256 of theirs."""
    return combined([sha256(path) for path in files])


def combined(digests: Sequence[str]) -> str:
    """The digest of several files, given the SHA-256 of each."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()[:16]


def _in_folder(folder: Path) -> list[Path]:
    if (folder / "dataset_dict.json").is_file():
        folder /= "train"
    if (folder / "state.json").is_file():
        return sorted(folder.glob("data-*.arrow"))
    if written := sorted(folder.glob("data/train-*.parquet")):  # what is held out stands beside them
        return written
    for suffix in SUFFIXES[:-1]:
        if found := sorted(folder.rglob(f"*{suffix}")):
            return found
    raise InputError(
        f"The folder {folder} holds no rows ({', '.join(SUFFIXES)}). Make some with: distill select RUN --out {folder}"
    )
