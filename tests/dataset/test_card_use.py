"""What a reader does with a card: looks at the columns, loads the rows, trains on them; and what a maintainer adds."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from datasets import Dataset

from distill.dataset.card.columns import MEANINGS
from distill.dataset.card.page import dataset_card
from distill.dataset.card_facts import OwnCard
from distill.dataset.select import select
from distill.recipe.sections import SelectSection
from distill.rows.dataset_rows import SCHEMA
from tests.dataset.test_card import card
from tests.runs import Drawn, group, make_run
from tests.training.tiny import tiny_base

if TYPE_CHECKING:
    from trl.trainer.sft_trainer import SFTTrainer

ON_A_CPU = 'max_steps=1, use_cpu=True, bf16=False, activation_checkpointing=False, report_to="none"'


def test_every_column_of_a_row_has_a_meaning(tmp_path: Path) -> None:
    assert list(MEANINGS) == SCHEMA.names
    text = card(tmp_path)
    for name in SCHEMA.names:
        assert f"| `{name}` | `" in text


def test_it_shows_a_row_with_its_long_texts_cut(tmp_path: Path) -> None:
    long = Drawn("pass", 10, "Thought. " * 100, "4")
    run = make_run(tmp_path / "run", [group("a", "pass 1"), group("b", long), group("c", "pass 99")])
    text = dataset_card(select([run], tmp_path / "out", SelectSection(filters=())))
    row = json.loads(text.partition("```json\n")[2].partition("\n```")[0])
    assert (row["id"], row["num_tokens"]) == ("b", 10)
    assert row["prompt"] == [{"role": "user", "content": "What is b?"}]
    whole = len(f"<think>\n{('Thought. ' * 100).strip()}\n</think>\n\n4")
    assert row["completion"][0]["content"].endswith(f" … ({whole:,} characters in all)")


def snippets(text: str, folder: Path) -> list[str]:
    """The Python that the card shows, with the folder in the place of the repository."""
    return [part.partition("```")[0].replace("OWNER/out", str(folder)) for part in text.split("```python\n")[1:]]


def test_its_line_of_load_dataset_loads_it(tmp_path: Path) -> None:
    loading, _ = snippets(card(tmp_path), tmp_path / "out")
    names: dict[str, Dataset] = {}
    exec(loading, names)
    assert len(names["rows"]) == 3


@pytest.mark.slow
def test_its_lines_of_trl_train_on_it(tmp_path: Path) -> None:
    both = "".join(snippets(card(tmp_path), tmp_path / "out"))
    base = tiny_base(tmp_path / "base")
    for shown, here in (
        ("Qwen/Qwen2.5-Math-1.5B", str(base)),
        (
            '"student", max_length=None',
            f'"{tmp_path}/student", max_length=None, {ON_A_CPU}',
        ),
    ):
        assert shown in both
        both = both.replace(shown, here)
    names: dict[str, SFTTrainer] = {}
    exec(both, names)
    assert names["trainer"].state.global_step == 1


def test_the_maintainers_front_matter_stands_in_place_of_ours(tmp_path: Path) -> None:
    said = OwnCard(
        front_matter={
            "license": "mit",
            "pretty_name": "Mine",
            "tags": ["maths", "distill"],
            "viewer": False,
        },
        text="Words of my own.",
        citation="@misc{me}",
        links={"Paper": "https://example.org"},
    )
    text = card(tmp_path, said)
    header = yaml.safe_load(text.split("---")[1])
    assert (header["license"], header["pretty_name"]) == ("mit", "Mine")
    assert header["tags"] == ["distill", "reasoning", "synthetic", "code", "math", "maths"]
    assert header["viewer"] is False
    assert "license_name" not in header
    assert not (tmp_path / "out" / "LICENSE.md").exists()
    cited = "## Citation\n\n```\n@misc{me}\n```"
    for words in ("# Mine\n", "\nWords of my own.\n", "[Paper](https://example.org)", cited):
        assert words in text, words


def test_a_title_of_ones_own_is_the_only_one(tmp_path: Path) -> None:
    text = card(tmp_path, OwnCard(text="# My title\n\nWords."))
    assert [line for line in text.splitlines() if line.startswith("# ")] == ["# My title"]
