"""Imports point down: cli → stages → edges → values. Values touch nothing outside."""

import ast
from pathlib import Path

import pytest

import distill

ROOT = Path(distill.__file__).parent
LAYERS = {
    "values": (
        "__init__ errors records reasoning rows sections recipe policy agenda selection metrics card overlap funnel "
        "picking eligibility filters voting mixture scoring pipeline shards"
    ),
    "edges": (
        "progress weights sandbox sources store teacher verifiers training verdict_file prompt_file language "
        "normalise intake self_check charts benchmarks models scores live storage mirror ray_cluster"
    ),
    "stages": (
        "generate sampler watch merge extend estimate verify dataset sft grpo sft_view evaluate run status prompts "
        "report push scoreboard deciders chain chain_view standing forecast shard_runner executors sharded"
    ),
    "cli": "cli __main__",
}
LAYER_OF = {module: layer for layer, modules in LAYERS.items() for module in modules.split()}
ORDER = list(LAYERS)
OUTSIDE = {"aiohttp", "asyncio", "datasets", "huggingface_hub", "pyarrow", "socket", "subprocess", "sympy", "torch",
           "transformers", "trl", "urllib"}  # fmt: skip
FILES = sorted(path for path in ROOT.rglob("*.py"))


def module_of(path: Path) -> str:
    """The part of distill that a file belongs to: `store` for store/table.py."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> list[str]:
    """Every module that a file imports, at its top or inside a function."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "distill":
            names += [f"distill.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    own = ORDER.index(LAYER_OF[module_of(path)])
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package == "distill" and rest.split(".")[0] in LAYER_OF:
            assert ORDER.index(LAYER_OF[rest.split(".")[0]]) <= own, f"{path.name} imports {name}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if LAYER_OF[module_of(path)] == "values"], ids=lambda p: p.stem
)
def test_values_touch_nothing_outside(path: Path) -> None:
    assert not OUTSIDE & {name.split(".")[0] for name in imports(path)}


def test_every_module_has_its_layer() -> None:
    assert {module_of(path) for path in FILES} == set(LAYER_OF)


def test_the_page_about_the_house_names_every_room() -> None:
    page = (ROOT / "README.md").read_text()
    rooms = {module_of(path) for path in FILES} - {"__init__", "__main__"}
    assert [room for room in sorted(rooms) if f"{room}.py" not in page and f"{room}/" not in page] == []
