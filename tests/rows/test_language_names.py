import pytest

from distill.language import SCRIPTS
from distill.rows.language_names import language_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("en", "en"), ("EN", "en"), (" English ", "en"), ("en_US", "en"), ("eng", "en"), ("eng_Latn", "en"),
        ("zh-CN", "zh"), ("zh-Hans-CN", "zh"), ("Chinese (Simplified)", "zh"), ("traditional chinese", "zh"),
        ("中文", "zh"), ("Deutsch", "de"), ("ger", "de"), ("Français", "fr"), ("Brazilian Portuguese", "pt"),
        ("pt-br", "pt"), ("Norwegian", "no"), ("Norwegian Bokmål", "nb"), ("Farsi", "fa"), ("Haitian Creole", "ht"),
    ],
)  # fmt: skip
def test_a_language_has_one_code_whatever_it_is_called(name: str, code: str) -> None:
    assert language_code(name) == code


@pytest.mark.parametrize("name", ["python", "C++", "go", "", "multilingual", "en, zh", "x", "en-", "123"])
def test_what_is_no_language_has_none(name: str) -> None:
    """A column `language` of a set of programs names the language of the programs."""
    assert language_code(name) is None


def test_every_language_that_texts_are_told_apart_by_is_known() -> None:
    assert [language_code(code) for code in SCRIPTS] == list(SCRIPTS)
