"""`scripts/patterns`: which regular expressions may take more than linear time."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PATTERNS = Path(__file__).parent.parent / "scripts" / "patterns"
sys.path.insert(0, str(PATTERNS))

from ambiguity import ambiguity  # noqa: E402 - scripts are no package
from automaton import Automaton  # noqa: E402
from package import patterns  # noqa: E402


def growth(pattern: str, flags: int = 0, *, is_search: bool = True, is_full: bool = False) -> str:
    found = ambiguity(Automaton(pattern, flags, is_search=is_search, is_full=is_full))
    return found.growth if found else "linear"


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s+",
        r"(?<!\s)\s+$",
        r"\b\w+\s*+:",
        r"(?<!\d)\d++(?:\.\d++)?+%",
        r"(?<!\s)\s*,\s*",
        r"^\s*x",
        r"\[[^\[\]]*\]",
        r"a*+b*+c?",
        r"\d{1,400}",
        r"```.{0,300}```",
        r"x.{0,20}y.{0,20}z",
        r"(?:[^()]++|\([^()]*+\))*+",
        r"^(?:(?>a+))*b",
        r"a(?=b*c)",
        r"a(?:;a)*+(?=(b*+))",
        r"(?:ab|ac)*",
        r"^(?:,?[a-z])*+;",
    ],
)
def test_what_a_search_looks_at_a_bounded_number_of_times(pattern: str) -> None:
    assert growth(pattern) == "linear"


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s+$",
        r"\s*,",
        r"\d+\s*%",
        r"\s++x",
        r"^\s*\s*x",
        r"```.*?```",
        r"\d(?:\d+x)?",
        r"(?:a*b|a)*+",
        r"^(?:.(?=.*x))*",
        r"a(?=a*)b",
        r"^(a*)\1b",
        r"\d{1,500}x",
        r"^.{0,30}.{0,30}x",
        r"(?:\s+\w+)*",
        r"(?:[ab]b)+$",
    ],
)
def test_loops_that_match_what_others_matched_before_them_are_quadratic(pattern: str) -> None:
    assert growth(pattern) == "quadratic"


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a*)*b",
        r"(?:a+)+$",
        r"(?:a?b?)*c",
        r"(?:\d{1,9},?)+x",
        r"(?:(?>a)|a)*b",
        r"(?:x{1,30}){1,30}y",
        r"(?:[\s,]*\d[\d,]*)+$",
        r"(?:is|is)*x",
        r"(?:(?:a|b|ab)x?)*c",
    ],
)
def test_loops_that_go_round_in_two_ways_are_exponential(pattern: str) -> None:
    assert growth(pattern) == "exponential"


def test_it_matters_how_a_pattern_is_asked() -> None:
    assert growth(r"\s*x", is_search=False) == "linear"
    assert growth(r"\s*\w*\s*", is_search=False) == "linear", "nothing can fail behind it"
    assert growth(r"\s*\w?\s*", is_search=False, is_full=True) == "quadratic", "the text may go on"


def test_flags_count() -> None:
    assert growth(r"^x*A", re.IGNORECASE) == "linear"
    assert growth(r"^a*A*x") == "linear"
    assert growth(r"^a*A*x", re.IGNORECASE) == "quadratic"
    assert growth(r"<.*>\n*<", re.DOTALL) == "quadratic"


def test_an_example_says_what_to_repeat() -> None:
    found = ambiguity(Automaton(r"(?:a?b?)*c"))
    assert found is not None
    assert set(found.repeated) <= {"a", "b"}


MODULE = r"""
import re

_SPACE = r"\s+"
_ANCHORED = re.compile(rf"{_SPACE}x")
_SEARCHED = re.compile(rf"{_SPACE}y")
_BOTH = re.compile(r"\w+;")


def _made(word: str) -> re.Pattern[str]:
    return re.compile(word + r"\d*;")


_MADE = _made("z")


def uses(text: str, word: str) -> None:
    _ANCHORED.match(text)
    _SEARCHED.search(text)
    _BOTH.match(text)
    _MADE.fullmatch(text)
    re.sub(rf"{re.escape(word)}\d", "", text, flags=re.IGNORECASE)
    re.search(word, text)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "toy_of_patterns"
    root.mkdir()
    (root / "__init__.py").touch()
    (root / "one.py").write_text(MODULE)
    (root / "two.py").write_text("from toy_of_patterns.one import _BOTH\n\n_BOTH.findall('')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield root
    for name in [name for name in sys.modules if name.startswith("toy_of_patterns")]:
        del sys.modules[name]


def test_all_patterns_of_a_package_are_found_and_how_they_are_asked(package: Path) -> None:
    found = {pattern.text: pattern for pattern in patterns(package)}
    assert found.keys() == {r"\s+x", r"\s+y", r"\w+;", r"z\d*;", r"x\d", None}
    assert not found[r"\s+x"].is_search
    assert found[r"\s+y"].is_search
    assert found[r"\w+;"].methods == {"match", "findall"}, "also where another module asks it"
    assert found[r"z\d*;"].is_full, "also where a function makes it"
    assert found[r"x\d"].flags == re.IGNORECASE, "what is escaped counts as a letter"


def test_the_command_refuses_with_place_and_example(package: Path) -> None:
    line = [sys.executable, str(PATTERNS / "check.py"), str(package)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    shown = done.stdout.splitlines()
    assert r"toy_of_patterns/one.py:6: \s+y  takes quadratic time, for example with many ' '" in shown
    assert any("is only known when the program runs: make it a constant" in text for text in shown)
    assert len(shown) == 3, r"the third is \w+;"
