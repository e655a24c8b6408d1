import json
from pathlib import Path

import pytest

from distill.errors import RecipeError
from distill.training.recipe import load
from distill.training.student.student import prepare
from distill.training.student.tokens import new_tokens, rename_tokens
from tests.training.tiny import DEEPSEEK, FIRST, tiny_base, tiny_recipe

KINDS = ("qwen2", "llama")
BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("kind", KINDS)
def test_only_begin_and_end_are_special_as_in_deepseeks_tokenizers(tmp_path: Path, kind: str) -> None:
    student = prepare(load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base", kind), kind)).distill)
    added = json.loads((student.folder / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    flags = {entry["content"]: entry["special"] for entry in added if entry["content"] in DEEPSEEK[kind]}
    assert flags == {name: name in (BOS, EOS) for name in DEEPSEEK[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bare_text_begins_with_bos_once_and_a_rendered_prompt_too(tmp_path: Path, kind: str) -> None:
    from transformers import AutoTokenizer

    student = prepare(load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base", kind), kind)).distill)
    tokenizer = AutoTokenizer.from_pretrained(student.folder)
    bos = tokenizer.convert_tokens_to_ids(BOS)
    assert tokenizer("hi").input_ids[0] == bos
    turns = [{"role": "user", "content": "hi"}]
    ids = list(tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False))
    assert [ids[0], ids.count(bos)] == [bos, 1]


def test_a_base_that_names_no_bos_gets_none(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    recipe = tiny_recipe(
        tmp_path / "r.yaml", tiny_base(tmp_path / "base"), template="base", tokens={}, bos=None, eos=None
    )
    tokenizer = AutoTokenizer.from_pretrained(prepare(load(recipe).distill).folder)
    assert len(tokenizer("hi").input_ids) == 1


def test_tokens_are_new_where_the_base_has_another_name_for_them(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    block = load(tiny_recipe(tmp_path / "r.yaml", base)).distill
    first = prepare(block)
    assert first.new_tokens == tuple(FIRST + n for n in range(6))
    again = prepare(block.model_copy(update={"base": str(first.folder)}))
    assert again.new_tokens == ()
    tokenizer = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    assert new_tokens(tokenizer, {}) == ()


def test_an_id_without_a_token_cannot_be_renamed() -> None:
    with pytest.raises(RecipeError, match="id 7, which is no added token"):
        rename_tokens({"added_tokens": []}, {7: "<think>"}, frozenset())
