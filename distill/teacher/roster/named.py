"""What names a teacher's endpoints while a run goes on; here a file of them."""

from pathlib import Path
from typing import NamedTuple, Protocol

from distill.errors import TeacherError


class Present(NamedTuple):
    """The endpoints that are named now."""

    urls: tuple[str, ...]
    reason: str = ""
    """Why there is none, where there is none."""


class Roster(Protocol):
    """What names endpoints; its text is what the user called it."""

    async def read(self) -> Present:
        """The base URLs as they are now. Raises TeacherError where that cannot be learnt."""
        ...


class FileRoster:
    """One URL a line; blank lines and what follows a `#` are left out."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __str__(self) -> str:
        return str(self._file)

    async def read(self) -> Present:
        """As `Roster` has it."""
        urls = _listed(self._file)
        return Present(urls, reason="" if urls else "no line of it is a URL")


def _listed(file: Path) -> tuple[str, ...]:
    if not file.is_file():
        raise TeacherError(f"There is no file of endpoints {file}; write one with a URL a line.")
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(dict.fromkeys(line.rstrip("/") for line in lines if line))
