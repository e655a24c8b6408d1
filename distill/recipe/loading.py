"""How recipes are found, read, overridden and checked.

Unknown keys are errors that name the nearest known one. `key.path=value` overrides come from the command
line and are read as YAML, except that numbers such as `1e-5`, which YAML 1.1 takes for text, are numbers.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, JsonValue, ValidationError

from distill.errors import RecipeError

Tree = dict[str, object]
Model = TypeVar("Model", bound=BaseModel)


def recipes_folder() -> Path:
    """The recipes that ship with distill: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def find_recipe(name: str, kind: str = "") -> Path:
    """The file that a recipe's name stands for: a path, or a name under the shipped `recipes/KIND`."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    folder = recipes_folder() / kind
    shipped = folder / f"{name.removesuffix('.yaml').removeprefix('recipes/')}.yaml"
    if shipped.is_file():
        return shipped
    known = ", ".join(recipe_names(kind)) or "none"
    raise RecipeError(f"There is no recipe {name!r}; give a YAML file or one of {known}.")


def recipe_names(kind: str) -> list[str]:
    """The names of the recipes that ship under `recipes/KIND/`."""
    return sorted(file.stem for file in (recipes_folder() / kind).glob("*.yaml"))


def recipe_name(recipe: str | Path) -> str:
    """What a recipe is called: its file without folder and `.yaml`; other dots, as in `qwen-1.5b`, belong to it."""
    return Path(recipe).name.removesuffix(".yaml").removesuffix(".yml")


def is_recipe(name: str, kind: str) -> bool:
    """Whether `find_recipe` finds one of that name."""
    try:
        find_recipe(name, kind)
    except RecipeError:
        return False
    return True


def load_named(model: type[Model], name: str, kind: str) -> Model:
    """What a YAML file says, checked: a path, or a name under `recipes/KIND/`. Raises RecipeError."""
    path = find_recipe(name, kind)
    return validated(model, read_yaml(path), str(path))


def read_yaml(path: Path) -> Tree:
    """The mapping a YAML file holds."""
    tree = _read(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(tree, dict):
        raise RecipeError(f"{path} should hold keys and values, but holds {tree!r}.")
    return {key: _unshared(value) for key, value in tree.items()}


def set_key(tree: Tree, override: str) -> None:
    """Apply one `key.path=value` of the command line."""
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise RecipeError(f"An override reads key.path=value, but {override!r} was given.")
    *parents, last = path.split(".")
    node = tree
    for parent in parents:
        if node.get(parent) is None:  # missing, or a key with nothing behind it
            node[parent] = {}
        child = node[parent]
        if not isinstance(child, dict):
            raise RecipeError(f"{override!r} reaches into {parent!r}, which holds {child!r} and no keys.")
        node = child
    node[last] = _read(text, f"The value of {override!r}")


def parse_section(model: type[Model], tree: Mapping[str, object], overrides: Sequence[str]) -> Model:
    """Settings of one stage as the command line gives them."""
    merged = dict(tree)
    for override in overrides:
        set_key(merged, override)
    return validated(model, merged, "These options cannot be used")


def validated(model: type[Model], tree: Mapping[str, object], where: str) -> Model:
    """Check a tree against the recipe's types; every mistake is named in one message."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        mistakes = [_mistake(model, mistake["type"], mistake["loc"], mistake["msg"]) for mistake in error.errors()]
        raise RecipeError(f"{where}: {'; '.join(mistakes)}.") from None


def resolve(file: Path, recipe: Path) -> Path:
    """Where a file of a recipe lies: beside the recipe, else under the working folder."""
    beside = recipe.parent / file
    return (beside if beside.exists() else file).absolute()


def digest(*settings: Mapping[str, JsonValue]) -> str:
    """A short name for settings, equal for equal settings."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(text: str, where: str) -> object:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derives from SafeLoader
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 1}" if place and "\n" in text else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise RecipeError(f"{where}{line} is not YAML: {problem}.") from None


def _mistake(model: type[BaseModel], kind: str, place: tuple[int | str, ...], message: str) -> str:
    path = ".".join(str(part) for part in place)
    if kind != "extra_forbidden":
        return f"{f'`{path}`: ' if path else ''}{message[0].lower()}{message[1:]}"
    known = _keys(model, place[:-1])
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known keys are {', '.join(known)}"
    return f"`{path}` is no key of a recipe; {hint}"


def _keys(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The keys that are known at a place, by following the types down to it."""
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models(model.model_fields[part].annotation), model)
    return list(model.model_fields)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _unshared(node: object) -> object:
    """A copy in which what `*alias` repeats stands by itself, so that an override of one place leaves the others."""
    if isinstance(node, dict):
        return {key: _unshared(value) for key, value in node.items()}
    return [_unshared(value) for value in node] if isinstance(node, list) else node


class _Loader(yaml.SafeLoader):
    """YAML 1.1 plus the numbers people write: `1e-5` is a float."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d[\d_]*(?:\.\d*)?|\.\d+)[eE][-+]?\d+$"), list("-+0123456789.")
)
