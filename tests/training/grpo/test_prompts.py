import json
from pathlib import Path

import pytest
import yaml
from transformers import AutoTokenizer

from distill.recipe.sections import JudgeSection, VerifySection
from distill.records import Prompt
from distill.training.grpo.prompts import PreparedPrompts, prepare, read_written, write_prompts
from distill.training.grpo.recipe import GrpoRecipe, load
from distill.training.student import student
from tests.training.tiny import tiny_base, tiny_recipe

ROWS: list[object] = [
    {"prompt": "What is 2 + 2?", "answer": "4"},
    {"prompt": "Square it.", "tests": {"function": "f", "cases": [{"args": [2], "expected": 4}]}},
    {"question": "no prompt"},
    {"prompt": "1 + " * 100, "answer": "100"},
    {"prompt": "Why?"},
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def toy(folder: Path, **block: object) -> tuple[GrpoRecipe, Path]:
    """A recipe and its prepared student."""
    path = folder / "recipe.yaml"
    own = {"student": str(tiny_recipe(folder / "toy.yaml", tiny_base(folder / "base"))), "max_prompt_tokens": 64}
    own |= {"base": str(tiny_base(folder / "cold"))}  # taken to know the template's tokens
    own |= {"rewards": {"accuracy": 1.0}, "batch": {"unit": "examples", "size": 4}}
    path.write_text(yaml.safe_dump({"distill": own | block, "num_generations": 2, "max_completion_length": 8}))
    recipe = load(path)
    return recipe, student.prepare(recipe.distill).folder


def prepared(folder: Path, verify: VerifySection, **block: object) -> PreparedPrompts:
    file = folder / "prompts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    recipe, base = toy(folder, **block)
    return prepare(file, base, recipe, verify)


def test_prompts_that_cannot_be_trained_on_are_set_aside_and_counted(tmp_path: Path) -> None:
    found = prepared(tmp_path, VerifySection())
    assert [prompt.verifier for prompt in found.prompts] == ["math_answer", "unit_tests"]
    assert (found.num_unreadable, found.num_overlong, found.num_unverifiable) == (1, 1, 1)
    assert found.first_mistake is not None
    assert "row 3: it has no `prompt` column" in found.first_mistake
    assert found.is_prefilled
    assert found.verifiers == ("math_answer", "unit_tests")


def test_with_a_judge_prompts_need_no_reference(tmp_path: Path) -> None:
    judge = JudgeSection(endpoints=("http://localhost:1/v1",), model="judge")
    assert prepared(tmp_path, VerifySection(judge=judge)).num_unverifiable == 0


def test_the_worker_reads_what_was_written(tmp_path: Path) -> None:
    found = prepared(tmp_path, VerifySection())
    write_prompts(found.prompts, tmp_path)
    rows = read_written(tmp_path)
    assert [Prompt.model_validate_json(str(row["row"])) for row in rows] == list(found.prompts)
    assert rows[0]["prompt"] == [{"role": "user", "content": "What is 2 + 2?"}]


def test_r1_zeros_prompt_is_the_papers(tmp_path: Path) -> None:
    _, base = toy(tmp_path, template="r1-zero", tokens={}, bos=None, eos=None)
    tokenizer = AutoTokenizer.from_pretrained(base)
    asked = [{"role": "user", "content": "What is 2 + 2?"}]
    text = str(tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False))
    assert text == (
        "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The "
        "assistant first thinks about the reasoning process in the mind and then provides the user with the answer. "
        "The reasoning process and answer are enclosed within <think> </think> and <answer> </answer> tags, "
        "respectively, i.e., <think> reasoning process here </think> <answer> answer here </answer>. "
        "User: What is 2 + 2? Assistant:"
    )
    assert tokenizer.eos_token == "<|endoftext|>"
