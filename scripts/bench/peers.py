"""The systems that benchmarks compare with, each in a virtual environment of its own under `.venvs/`."""

import fcntl
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venvs"


def python(name: str, *requirements: str) -> Path:
    """The interpreter of `.venvs/NAME`, made on first use with what pip finds for the requirements.

    Ends the program with pip's last words if they do not install.
    """
    home = HOME / name
    interpreter, stamp = home / "bin" / "python", home / "installed.txt"
    wanted = "\n".join(requirements)
    HOME.mkdir(exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
            line = [str(interpreter), "-m", "pip", "install", "--quiet", *requirements]
            done = subprocess.run(line, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{name} does not install: {done.stderr[-2000:]}")
            stamp.write_text(wanted)
    return interpreter


@cache
def version(package: str, interpreter: Path | None = None) -> str:
    """The installed version of a package, in another environment or in this one."""
    if interpreter is None:
        return metadata.version(package)
    line = [str(interpreter), "-c", f"from importlib.metadata import version; print(version({package!r}))"]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()


def ours() -> tuple[str, str]:
    """The name and version of what is measured here."""
    import distill

    return "distill", distill.__version__
