import json
from importlib.util import find_spec
from pathlib import Path

from distill.training.from_trl.template import template_of

TEXT = "{{ messages[0]['content'] }}"


def test_a_text_goes_into_a_file_beside_the_recipe(tmp_path: Path) -> None:
    found = template_of({"chat_template": TEXT}, tmp_path, Path("new.jinja"))
    assert (found.name, found.text) == ("new.jinja", TEXT)


def test_without_one_the_bases_own_holds(tmp_path: Path) -> None:
    assert template_of({}, tmp_path, Path("new.jinja"))[:1] == ("base",)


def test_deepseeks_has_a_name(tmp_path: Path) -> None:
    spec = find_spec("trl")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "chat_templates" / "deepseek_r1_distill.jinja").read_text()
    found = template_of({"chat_template": f"{text}\n"}, tmp_path, Path("new.jinja"))
    assert (found.name, found.text) == ("deepseek-r1", None)


def test_a_file_is_found_beside_the_yaml(tmp_path: Path) -> None:
    (tmp_path / "own.jinja").write_text(TEXT)
    assert template_of({"chat_template_path": "own.jinja"}, tmp_path, Path("new.jinja")).text == TEXT


def test_another_models_template_is_read(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": TEXT}))
    settings = {"model_name_or_path": "a/base", "tokenizer_name_or_path": str(tmp_path)}
    assert template_of(settings, Path(), Path("new.jinja")).text == TEXT  # type: ignore[arg-type]
    assert template_of({"model_name_or_path": "a", "tokenizer_name_or_path": "a"}, Path(), Path("n")).name == "base"


def test_a_template_that_is_not_here_has_to_be_given(tmp_path: Path) -> None:
    assert (
        template_of({"chat_template_path": "nowhere"}, tmp_path, Path("n")).missing[0].key.startswith("distill.templ")
    )
