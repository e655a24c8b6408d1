"""`scripts/bench/all`: what it writes, not how fast anything is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALL = ROOT / "scripts" / "bench" / "all"
BEGIN, END = "<!-- results: made by scripts/bench/all --readme -->", "<!-- end of results -->"


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with small sizes, its files in `folder`."""
    line = [sys.executable, str(ALL), "--quick", "--json", str(folder / "results.json"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_the_readme_has_a_place_for_the_table() -> None:
    page = (ROOT / "README.md").read_text()
    assert (page.count(BEGIN), page.count(END)) == (1, 1)


def test_parts_become_json_and_a_table_in_a_page_and_add_up(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    shutil.copy(ROOT / "README.md", page)
    for part, readme in (("startup", []), ("policies", ["--readme", str(page)])):
        done = bench(tmp_path, "--rounds", "2", "--only", part, *readme)
        assert done.returncode == 0, done.stderr

    written = json.loads((tmp_path / "results.json").read_text())
    assert written["is_quick"]
    assert written["machine"]["cores"] >= 1
    assert [part["name"] for part in written["parts"]] == ["startup", "policies"]
    for part in written["parts"]:
        assert part["rounds"] == 2
        assert part["error"] is None and part["seconds"] > 0 and part["load_average"] >= 0
        assert part["date"] and part["commit"] and part["command"].startswith("python scripts/bench/")
    startup = {figure["system"]: figure for figure in written["parts"][0]["figures"]}
    assert startup.keys() == {"distill", "hf", "python -c pass"}
    assert startup["python -c pass"]["is_limit"] and not startup["distill"]["is_limit"]
    for figure in startup.values():
        assert figure["unit"] == "CPU ms" and figure["version"]
        assert 0 < figure["low"] <= figure["value"] <= figure["high"]

    own, shown = (ROOT / "README.md").read_text(), page.read_text()
    assert shown.partition(BEGIN)[0] == own.partition(BEGIN)[0]
    assert shown.partition(END)[2] == own.partition(END)[2]
    table = shown.partition(BEGIN)[2].partition(END)[0]
    assert "| startup: `--help` | CPU ms, less is better |" in table
    assert "load average" in table and "--quick" in table


def test_a_part_that_fails_is_told_and_kept_in_the_file(tmp_path: Path) -> None:
    copy = tmp_path / "scripts" / "bench"
    copy.mkdir(parents=True)
    for name in ("all", "page.py", "results.py"):
        shutil.copy(ALL.with_name(name), copy)
    (copy / "startup.py").write_text("raise SystemExit('no such luck')")
    done = subprocess.run(
        [sys.executable, str(copy / "all"), "--only", "startup"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "- `startup` failed: no such luck" in done.stdout
    assert json.loads((copy / "results.json").read_text())["parts"][0]["error"] == "no such luck"


@pytest.mark.parametrize("module", ["results", "page"])
def test_its_modules_do_what_their_examples_show(module: str) -> None:
    line = [sys.executable, "-m", "doctest", f"{module}.py"]
    assert subprocess.run(line, cwd=ALL.parent, capture_output=True, text=True, check=True).stdout == ""


def test_an_unknown_part_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "speed")
    assert done.returncode == 2
    assert "there is no speed; there are startup, math_answer" in done.stderr
