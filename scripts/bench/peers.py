"""The systems that benchmarks compare with, each in a virtual environment of its own under `.venvs/`."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venvs"
DATATROVE = ("datatrove[io]", "spacy", "orjson", "regex", "nltk", "tokenizers", "xxhash<4")
"""What its pipelines import; its hashes give strings to xxhash, which takes bytes alone since 4."""


class Failed(Exception):  # noqa: N818 - an outcome that a table may show
    """A command failed; the last line is its own last one."""


def python(name: str, *requirements: str, without: Sequence[str] = ()) -> Path:
    """The interpreter of `.venvs/NAME`, made on first use with what pip finds for the requirements. Raises Failed.

    `without` are packages that come along but break what they come with; they are removed again.
    """
    home = HOME / name
    interpreter, stamp = home / "bin" / "python", home / "installed.txt"
    wanted = "\n".join([*requirements, *(f"without {package}" for package in without)])
    HOME.mkdir(exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
            output([str(interpreter), "-m", "pip", "install", "--quiet", *requirements])
            if without:
                output([str(interpreter), "-m", "pip", "uninstall", "--quiet", "--yes", *without])
            stamp.write_text(wanted)
    return interpreter


def output(command: Sequence[str | Path], stdin: str | None = None) -> str:
    """What a command prints, this repository on its path. Raises Failed."""
    line, environment = [str(part) for part in command], {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, input=stdin, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(line)[:500]} ended with {done.returncode}:\n{done.stderr.strip()[-3000:]}")
    return done.stdout.strip()


@cache
def version(package: str, interpreter: Path | None = None) -> str:
    """The installed version of a package, in another environment or in this one."""
    if interpreter is None:
        return metadata.version(package)
    return output([str(interpreter), "-c", f"from importlib.metadata import version; print(version({package!r}))"])


def ours() -> tuple[str, str]:
    """The name and version of what is measured here."""
    import distill

    return "distill", distill.__version__
