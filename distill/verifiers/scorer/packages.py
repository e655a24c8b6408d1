"""The packages whose scoring functions a row may name: the one place where another is added."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from distill.errors import MissingExtraError
from distill.references import ScorerPackage

_PROGRAMS = Path(__file__).parent / "programs"


class ScoringPackage(NamedTuple):
    """How answers are scored by a package."""

    module: str
    """What is imported of it."""
    extra: str
    """The extra of ours that installs it."""
    program: Path
    """What runs in the sandbox; see `programs/` for its input and output."""


PACKAGES: dict[ScorerPackage, ScoringPackage] = {
    "reasoning-gym": ScoringPackage("reasoning_gym", "prompts", _PROGRAMS / "reasoning_gym.py"),
}


def installed(name: ScorerPackage) -> ScoringPackage:
    """The package of a name. Raises MissingExtraError where it is not installed: then no row of it can be decided."""
    package = PACKAGES[name]
    if find_spec(package.module) is None:
        raise MissingExtraError(
            f"{name}, whose scorer a row names, is not installed; install it with "
            f"`pip install 'distill[{package.extra}]'` and run the command again."
        )
    return package


def described(name: ScorerPackage) -> str:
    """The package and its version."""
    return f"{name} {version(name)}"
