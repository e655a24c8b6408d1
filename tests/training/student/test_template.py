from pathlib import Path

import pytest

from distill.errors import RecipeError
from distill.training.recipe import load
from distill.training.student.student import prepare
from distill.training.student.template import template_text
from tests.training.tiny import tiny_base, tiny_recipe

OWN = "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}{{ eos_token }}{% endfor %}"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def test_a_template_of_ones_own_is_a_file_and_another_text_is_another_student(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    file = tmp_path / "own.jinja"
    file.write_text(OWN, encoding="utf-8")
    block = load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base"), template=str(file))).distill
    first = prepare(block)
    turns = [{"role": "user", "content": "hi"}]
    rendered = AutoTokenizer.from_pretrained(first.folder).apply_chat_template(turns, tokenize=False)
    assert rendered == "[user] hi<｜end▁of▁sentence｜>"
    file.write_text(OWN.replace("[", "("), encoding="utf-8")
    assert prepare(block).digest != first.digest


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere.jinja", "There is no template nowhere.jinja"),
        ("deepseek", "one of base, deepseek-r1, r1-zero"),
        ("base", "The base has no chat template"),
    ],
)
def test_a_template_that_is_not_there_is_refused_with_those_that_are(name: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        template_text(name, None)
