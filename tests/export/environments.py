"""Other trainers' own readers, each in a folder under `.venvs/`, beside the packages of this environment.

They are installed without what they ask for: their readers need a few small packages and what is here already, while
the trainers want other versions of torch and transformers, and engines that a machine without a GPU cannot have.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pydantic import JsonValue

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venvs"
ROW = "row "
"""In front of what a reader found, since the tools print as well."""
PACKAGES = {
    "axolotl": ("axolotl==0.19.0", "addict==2.4.0", "colorama==0.4.6"),
    "llama-factory": ("llamafactory==0.9.5", "omegaconf==2.4.0"),
    "verl": (
        "verl==0.9.1",
        "cloudpickle==3.1.3",
        "codetiming==1.4.0",
        "omegaconf==2.4.0",
        "pyvers==0.2.3",
        "tensordict==0.10.0",
    ),
}
"""Versions whose readers run on the packages of scripts/constraints.txt."""
EMPTY_MODULES = {
    "axolotl": ("posthog",),  # its telemetry, which is switched off
    "llama-factory": ("torchaudio",),  # for sounds
}
"""What a reader imports and does not call for rows of text."""


def packages(tool: str) -> Path:
    """The folder of a tool's packages, made on first use."""
    home, wanted = HOME / f"export-{tool}", "\n".join([*PACKAGES[tool], *EMPTY_MODULES.get(tool, ())])
    HOME.mkdir(exist_ok=True)
    with (HOME / f"export-{tool}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = home / "installed.txt"
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(home, ignore_errors=True)
            # Readers import few of the modules, which Python compiles as it meets them.
            options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--target", str(home)]
            subprocess.run([sys.executable, "-m", "pip", "install", *options, *PACKAGES[tool]], check=True)
            for module in EMPTY_MODULES.get(tool, ()):
                (home / f"{module}.py").touch()
            stamp.write_text(wanted)
    return home


def read_by(tool: str, *arguments: str | Path, cache: Path) -> dict[str, list[JsonValue]]:
    """What the tool's program of `readers/` prints, by what it read. It reaches no hub and sends nothing."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(packages(tool)), str(ROOT)]),
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(cache),
        "AXOLOTL_DO_NOT_TRACK": "1",
        "DISABLE_VERSION_CHECK": "1",  # LLaMA-Factory's own way to go on with a newer transformers
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": "1",
    }
    program = Path(__file__).with_name("readers") / f"read_{tool.replace('-', '_')}.py"
    line = [sys.executable, str(program), *map(str, arguments)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    found: dict[str, list[JsonValue]] = {}
    for printed in done.stdout.splitlines():
        if printed.startswith(ROW):
            what, value = json.loads(printed.removeprefix(ROW))
            found.setdefault(what, []).append(value)
    return found
