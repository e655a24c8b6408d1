"""A dataset's folder is taken as it is, by TRL and by us, and only completions are learnt."""

from pathlib import Path

import pytest
from datasets import load_dataset

from distill.dataset.select import select
from distill.recipe.sections import SelectSection
from distill.training.examples.row import rows
from tests.runs import group, make_run
from tests.training.tiny import tiny_base

COMPLETION = "<think>\nThought 0 of 3 tokens.\n</think>\n\nThe answer is 0."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = make_run(tmp_path / "run", [group(f"q{number}", "pass 3") for number in range(4)])
    select([run], tmp_path / "out", SelectSection())
    return tmp_path / "out"


def test_our_trainings_read_the_prompt_and_its_completion(folder: Path, tmp_path: Path) -> None:
    loaded = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    found = [row for record in loaded for row in rows(record, "here")]
    assert [(len(row.prompt), row.content) for row in found] == [(1, COMPLETION)] * 4


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.gradient_checkpointing. is deprecated:FutureWarning")  # TRL's own default sets it
def test_trl_learns_completions_alone(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]

    base = str(tiny_base(tmp_path / "base"))
    loaded = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    settings = SFTConfig(output_dir=str(tmp_path / "student"), report_to=[], use_cpu=True, bf16=False)
    trainer = SFTTrainer(base, args=settings, train_dataset=loaded)
    batch = next(iter(trainer.get_train_dataloader()))
    learnt = batch["input_ids"][0][batch["labels"][0] != -100]
    text = AutoTokenizer.from_pretrained(base).decode(learnt)
    assert COMPLETION in text
    assert "What is" not in text
