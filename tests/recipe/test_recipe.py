from pathlib import Path

import pytest

from distill.errors import RecipeError
from distill.recipe.loading import digest, find_recipe, recipe_name, recipes_folder, set_key
from distill.recipe.recipe import Recipe, load_recipe

TINY = """
name: tiny
prompts: {file: prompts.jsonl}
teacher: {model: toy, endpoints: ["http://127.0.0.1:1/v1"]}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "1+1?", "answer": "2"}\n')
    return path


def test_files_are_found_beside_the_recipe(tiny: Path) -> None:
    assert load_recipe(str(tiny)).prompts.file == tiny.parent / "prompts.jsonl"


def test_overrides_reach_into_sections_and_read_numbers_as_people_write_them(tiny: Path) -> None:
    recipe = load_recipe(str(tiny), ["generate.sampling.temperature=1e-1", "generate.policy=fixed(4)", "name=other"])
    assert recipe.generate.sampling.temperature == 0.1
    assert recipe.generate.policy == "fixed(4)"
    assert recipe.folder == Path("runs/other")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("generate.polcy=fixed(4)", r"`generate\.polcy` is no key of a recipe; did you mean `policy`\?"),
        ("generat.policy=fixed(4)", r"`generat` is no key of a recipe; did you mean `generate`\?"),
        ("generate.sampling.temprature=1", r"did you mean `temperature`\?"),
        ("teacher.zzz=1", r"`teacher\.zzz` is no key of a recipe; known keys are endpoints, key_env, headers"),
        ("generate.concurrency=0", r"`generate\.concurrency`: input should be greater than 0"),
        ("generate.concurrency", r"An override reads key\.path=value"),
        ("name.x=1", r"reaches into 'name', which holds 'tiny' and no keys"),
        ("generate.policy={", r"The value of 'generate\.policy=\{' is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_path_and_the_nearest_key(tiny: Path, override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe(str(tiny), [override])


def test_broken_yaml_is_named_with_its_line(tiny: Path) -> None:
    tiny.write_text(TINY + "\ngenerate: {policy: [\n")
    with pytest.raises(RecipeError, match=r"tiny\.yaml, line \d+ is not YAML"):
        load_recipe(str(tiny))


def test_an_override_of_one_place_leaves_what_an_alias_repeats_elsewhere(tiny: Path) -> None:
    tiny.write_text(TINY + "generate: {sampling: &cool {temperature: 0.1}}\nverify: {judge: {endpoints: [x], model: m, "
                    "sampling: *cool}}\n")  # fmt: skip
    recipe = load_recipe(str(tiny), ["generate.sampling.temperature=0.9"])
    assert recipe.verify.judge is not None
    assert (recipe.generate.sampling.temperature, recipe.verify.judge.sampling.temperature) == (0.9, 0.1)


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"one of .*quickstart"):
        find_recipe("quickstrat")


@pytest.mark.parametrize(
    "path",
    [path for path in recipes_folder().glob("*.yaml") if "\nstages:" not in path.read_text()],
    ids=lambda p: p.stem,
)
def test_every_shipped_recipe_loads(path: Path) -> None:
    assert load_recipe(str(path)).prompts.file.is_file()


def test_what_only_changes_the_speed_is_not_in_the_digest(tiny: Path) -> None:
    slow, fast, other = (
        load_recipe(str(tiny), [override])
        for override in ("generate.concurrency=1", "generate.concurrency=9", "generate.policy=fixed(2)")
    )
    assert digest(slow.generate.digested()) == digest(fast.generate.digested()) != digest(other.generate.digested())


def test_a_recipe_written_out_reads_back_the_same(tiny: Path) -> None:
    recipe = load_recipe(str(tiny))
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe


def test_overrides_make_the_sections_they_need() -> None:
    tree: dict[str, object] = {}
    set_key(tree, "a.b=[1, 2]")
    assert tree == {"a": {"b": [1, 2]}}


def test_an_override_reaches_into_a_section_that_was_left_empty(tiny: Path) -> None:
    tiny.write_text(TINY + "generate:\n")
    assert load_recipe(str(tiny), ["generate.policy=fixed(4)"]).generate.policy == "fixed(4)"


@pytest.mark.parametrize("recipe", ["qwen-1.5b", "qwen-1.5b.yaml", "recipes/students/qwen-1.5b.yaml"])
def test_a_recipe_is_called_as_its_file(recipe: str) -> None:
    assert recipe_name(recipe) == "qwen-1.5b"
