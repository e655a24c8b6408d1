"""One page of results: every benchmark beside its peers, as JSON and as a table in the README.

    scripts/bench/all                                # everything, three rounds; scripts/bench/results.json
    scripts/bench/all --only startup,math_answer     # some of it; the other parts of the file stay
    scripts/bench/all --readme                       # and the table into README.md

Runs in the environment of the Python that starts it (`. scripts/setup train,llama-cpp,prompts,dev` makes one); peers
get environments of their own under `.venvs/` and are installed on first use. A part that fails is told and does not
stop the others; the exit status is 1 then.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import results

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PARTS = (
    "startup", "math_answer", "verifiers", "serve_verifier", "programs", "generate", "prompts", "contamination",
    "dataset", "audit", "sft", "policies", "scale",
)  # fmt: skip
ONLY_BY_NAME = ("million", "real_prompts")
"""Parts that take minutes, or files of the reader's."""
BEGIN, END = "<!-- results: made by scripts/bench/all --readme -->", "<!-- end of results -->"


class Part(TypedDict):
    """One benchmark's run."""

    name: str
    command: str
    date: str
    commit: str
    rounds: int
    seconds: float
    load_average: float
    """Of the minute before it began; what a quiet machine has is near 0."""
    error: str | None
    notes: list[str]
    figures: list[dict[str, object]]


class Page(TypedDict):
    """The whole file."""

    machine: dict[str, str | int]
    is_quick: bool
    parts: list[Part]


def main() -> None:
    """Run the parts, keep what was there of the others, write."""
    options = _options()
    page: Page = {"machine": machine(), "is_quick": options.quick, "parts": []}
    done = _earlier(options.json, page)
    for name in options.only:
        print(f"\n{name}", flush=True)
        done[name] = run(name, options)
        page["parts"] = [done[each] for each in (*PARTS, *ONLY_BY_NAME) if each in done]
        options.json.write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n")
    text = markdown(page)
    print(f"\n{text}")
    if options.readme:
        options.readme.write_text(with_table(options.readme.read_text(), text))
    sys.exit(any(done[name]["error"] for name in options.only))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only",
        type=_names,
        default=PARTS,
        metavar="NAMES",
        help=f"{', '.join(PARTS)}; also {', '.join(ONLY_BY_NAME)}",
    )
    parser.add_argument("--files", type=Path, metavar="DIR", help="public files, as real_prompts.py names them")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=HERE / "results.json", metavar="FILE")
    parser.add_argument(
        "--readme", type=Path, nargs="?", const=ROOT / "README.md", metavar="FILE", help="put the table into this page"
    )
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in (*PARTS, *ONLY_BY_NAME)]:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return names


def _earlier(path: Path, page: Page) -> dict[str, Part]:
    """The parts of an earlier run that stay: those of the same machine and the same sizes."""
    earlier: Page | None = json.loads(path.read_text()) if path.exists() else None
    if earlier is None or {**earlier, "parts": []} != page:
        return {}
    return {part["name"]: part for part in earlier["parts"]}


def machine() -> dict[str, str | int]:
    """What it ran on."""
    lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    model = next((value.strip() for key, _, value in lines if key.strip() == "model name"), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found: dict[str, str | int] = {
        "processor": model,
        "cores": os.cpu_count() or 1,
        "memory_gib": round(memory / 2**30),
    }
    return found | {"system": f"Linux {platform.release()}", "python": platform.python_version()}


def run(name: str, options: argparse.Namespace) -> Part:
    """Run one benchmark in a process of its own."""
    line = [f"scripts/bench/{name}.py", "--rounds", str(options.rounds), *(["--quick"] if options.quick else [])]
    line += ["--files", str(options.files)] if name == "real_prompts" else []
    load, start, date = os.getloadavg()[0], time.monotonic(), datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as errors:
        file = Path(folder, "figures.json")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, *line, "--json", str(file)]
        status = subprocess.run(command, cwd=ROOT, env=environment, stderr=errors, check=False).returncode
        errors.seek(0)
        said = errors.read()
        error = (said[-2000:].strip() or f"status {status}") if status else None
        figures = [] if error else [each._asdict() for each in results.read(file)]
    if error:
        print(f"{name} failed: {error}", file=sys.stderr, flush=True)
    return {
        "name": name,
        "command": f"python {' '.join(line)}",
        "date": date.isoformat(timespec="seconds"),
        "commit": _commit(),
        "rounds": options.rounds,
        "seconds": round(time.monotonic() - start, 1),
        "load_average": round(load, 2),
        "error": error,
        "notes": list(dict.fromkeys(line for line in said.splitlines() if line.startswith(results.NOTE))),
        "figures": figures,
    }


def _commit() -> str:
    line = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "no repository"


def markdown(page: Page) -> str:
    """The caption, the table, and what failed."""
    parts, facts = page["parts"], page["machine"]
    figures = [results.Figure(**row) for part in parts for row in part["figures"]]  # type: ignore[arg-type]
    minutes = sum(part["seconds"] for part in parts) / 60
    rounds = sorted({part["rounds"] for part in parts})
    loads = [part["load_average"] for part in parts]
    days = sorted({part["date"][:10] for part in parts})
    versions = sorted({f"{each.system.partition(',')[0]} {each.version}" for each in figures if each.version})
    lines = [
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gib']} GiB, Python {facts['python']}; "
        f"{_span(days)}; load average {_span(sorted(loads))} when the parts "
        f"began (0 is a quiet machine); {minutes:.0f} minutes in all. Both sides of a line ran in one run. Values are "
        f"medians [lowest–highest]; rounds: {_span(rounds)}"
        + ("; **small sizes (`--quick`), which say that it runs, not how fast**." if page["is_quick"] else "."),
        "",
        results.table(figures),
        "",
        f"Versions: {', '.join(versions)}.",
    ]
    said = [f"- `{part['name']}`, {line}" for part in parts for line in part["notes"]]
    said += [f"- `{part['name']}` failed: {part['error'].splitlines()[-1]}" for part in parts if part["error"]]
    return "\n".join([*lines, *(["", *said] if said else [])])


def _span(values: Sequence[object]) -> str:
    """The first and the last, once where they are the same."""
    return " to ".join(dict.fromkeys(str(value) for value in (values[0], values[-1])))


def with_table(page: str, text: str) -> str:
    r"""The page with what stands between its two markers replaced.

    >>> with_table(f"above {BEGIN} old {END} below", "new") == f"above {BEGIN}\n\nnew\n\n{END} below"
    True
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        sys.exit(f"The page needs the lines {BEGIN} and {END}, once each.")
    above, _, rest = page.partition(BEGIN)
    return f"{above}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    main()
