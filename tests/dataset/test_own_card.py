"""Front matter and text of the maintainer's own: what they may say, and what a mistake is told."""

from pathlib import Path

import pytest

from distill.dataset.own_card import read_own_card
from distill.errors import InputError
from distill.recipe.card_section import CardSection


def test_front_matter_and_text_of_a_file_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "card.md"
    file.write_text("---\nlicense: Apache 2.0\ntags: [maths]\nrelease: 2026-01-02\n---\n\n# Mine\n\nWords.\n")
    own = read_own_card(CardSection(file=file))
    assert own.front_matter == {"license": "apache-2.0", "tags": ["maths"], "release": "2026-01-02"}
    assert own.text == "# Mine\n\nWords."


def test_a_file_without_front_matter_is_text(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("Words.\n\n---\n\nMore of them.\n")
    own = read_own_card(CardSection(file=tmp_path / "card.md"))
    assert (own.front_matter, own.text) == ({}, "Words.\n\n---\n\nMore of them.")


def test_what_the_section_says_is_right_where_the_file_says_something_else(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("---\nlicense: mit\npretty_name: Old\n---\n")
    said = CardSection(
        file=tmp_path / "card.md", name="New", language=("German", "en"), links={"Paper": "https://example.org"}
    )
    own = read_own_card(said)
    assert own.front_matter == {"license": "mit", "pretty_name": "New", "language": ["de", "en"]}
    assert own.links == {"Paper": "https://example.org"}


def test_one_word_stands_for_a_list_of_one() -> None:
    section = CardSection.model_validate({"license": "mit", "language": "en", "text": " Words. "})
    own = read_own_card(section)
    assert own.front_matter == {"license": "mit", "language": ["en"]}
    assert own.text == "Words."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("---\nlicense: [mit\n---\n", "line 3, is not YAML"),
        ("---\n- mit\n---\n", "should hold keys and values"),
        ("---\nconfigs: []\n---\n", "says `configs`, which follows from the rows"),
        ("---\nlicense: foo\n---\n", "names the licence 'foo', which the Hub has no identifier for"),
        ("---\nlicense: other\n---\n", "needs `license_name: NAME` and `license_link: URL`"),
        ("---\nlanguage: Python\n---\n", "names the language 'Python'"),
        ("---\nlanguage: no\n---\n", "says False under `language`, which is no word; put it in quotes"),
    ],
)
def test_a_mistake_is_named_with_the_file(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "card.md").write_text(text)
    with pytest.raises(InputError, match="card.md") as caught:
        read_own_card(CardSection(file=tmp_path / "card.md"))
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no file .*none\.md for the card"):
        read_own_card(CardSection(file=tmp_path / "none.md"))
