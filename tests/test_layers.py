"""The order of the house: wings import one way, nothing imports in a circle, pure modules touch nothing outside."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

import distill

ROOT = Path(distill.__file__).parent
GROUND = {"errors", "records", "references", "reasoning", "language", "metrics", "progress", "linux", "files",
          "ordered", "formatting"}  # fmt: skip
"""Files at the top, which every wing may import and which import no wing."""
WINGS = (
    "recipe rows store hub cluster sandbox teacher verifiers prompts sampling dataset export training evaluation "
    "report audit shards pipeline cli"
).split()
"""A wing imports only wings before it. This is the one list of the order."""
PURE = (
    "errors records references reasoning metrics hub.sections hub.front_matter hub.card_merge hub.plan "
    "recipe.sections recipe.stages rows.parse rows.language_names rows.license_names "
    "audit.trace_row audit.reading audit.roles sampling.policy "
    "sampling.agenda sampling.messages sampling.purse "
    "dataset.candidates dataset.preference dataset.picking dataset.mixture dataset.card dataset.card_facts "
    "dataset.left_out dataset.commands dataset.changes dataset.comparing "
    "prompts.overlap prompts.funnel prompts.difficulty prompts.order "
    "audit.facts audit.worst audit.measures "
    "training.grpo.scoring shards.plan verifiers.math_answer.reading verifiers.math_answer.comparing "
    "verifiers.math_answer.numbers verifiers.math_answer.extracting verifiers.choice verifiers.scorer.statement "
    "verifiers.scorer.programs "
    "audit.page_words audit.page_shapes audit.page_sections audit.page_tiles audit.page_histogram"
).split()
"""Modules and folders that are values and functions over values: no network, no processes, no tables."""
OUTSIDE = {"aiohttp", "asyncio", "datasets", "huggingface_hub", "multiprocessing", "pyarrow", "ray", "socket",
           "subprocess", "sympy", "torch", "transformers", "trl", "urllib"}  # fmt: skip
MAX_FILE, MAX_FUNCTION, MAX_AT_THE_TOP = 300, 40, 14


def name_of(path: Path) -> str:
    """`store.table` for store/table.py, `store` for store/__init__.py."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


FILES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def imports(name: str) -> frozenset[str]:
    """Every module that a module imports, at its top or inside a function; ours without `distill.`."""
    return frozenset(_imports(ast.parse(FILES[name].read_text(encoding="utf-8"))))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("distill.") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = node.module.removeprefix("distill").removeprefix(".") if _is_ours(node.module) else node.module
            names = (f"{module}.{alias.name}".removeprefix(".") for alias in node.names)
            yield from (name if name in FILES else module for name in names)


def _is_ours(module: str) -> bool:
    return module == "distill" or module.startswith("distill.")


def wing_of(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("name", FILES)
def test_a_wing_imports_only_wings_before_it(name: str) -> None:
    own = WINGS.index(wing_of(name)) if wing_of(name) in WINGS else -1
    wings = {wing_of(other) for other in imports(name) if other in FILES} & set(WINGS)
    if name != "__main__":
        assert {wing for wing in wings if WINGS.index(wing) > own} == set()


def test_nothing_imports_in_a_circle() -> None:
    graph = {name: {other for other in imports(name) if other in FILES and other != name} for name in FILES}
    TopologicalSorter(graph).prepare()  # raises CycleError with the circle


def is_pure(name: str) -> bool:
    return any(name == pure or name.startswith(f"{pure}.") for pure in PURE)


@pytest.mark.parametrize("name", [name for name in FILES if is_pure(name)])
def test_pure_modules_touch_nothing_outside(name: str) -> None:
    assert {other.partition(".")[0] for other in imports(name)} & OUTSIDE == set()


def test_every_pure_module_exists() -> None:
    assert set(PURE) <= set(FILES)


def test_every_module_is_in_a_wing_or_on_the_ground() -> None:
    assert {wing_of(name) for name in FILES} - {"", "__main__"} == GROUND | set(WINGS)


def test_few_files_lie_at_the_top() -> None:
    assert len(list(ROOT.glob("*.py"))) <= MAX_AT_THE_TOP


@pytest.mark.parametrize("name", FILES)
def test_files_and_functions_are_short(name: str) -> None:
    """Commands are exempt from the second: their options are arguments."""
    text = FILES[name].read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE
    if wing_of(name) != "cli":
        lengths = {
            node.name: (node.end_lineno or 0) - node.lineno + 1
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert {function: length for function, length in lengths.items() if length > MAX_FUNCTION} == {}


def test_the_name_of_a_class_has_one_meaning() -> None:
    homes: dict[str, list[str]] = {}
    for name, path in FILES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(name)
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_the_page_about_the_house_names_every_wing_in_order() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [room for room in GROUND if f"{room}.py" not in page] == []
    places = [page.index(f"├── {wing}/") for wing in WINGS[:-1]]
    assert all(first < second for first, second in pairwise(places))
