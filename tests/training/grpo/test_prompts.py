import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from transformers import AutoTokenizer

from distill.errors import InputError
from distill.recipe.sections import JudgeSection, VerifySection
from distill.records import Prompt
from distill.references import Answer
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


def prepared(folder: Path, verify: VerifySection, rows: Sequence[object] = ROWS, **block: object) -> PreparedPrompts:
    folder.mkdir(exist_ok=True)
    file = folder / "prompts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
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


def test_a_row_with_the_id_of_an_earlier_one_is_set_aside(tmp_path: Path) -> None:
    again = [*ROWS, ROWS[0], {"id": "own", "prompt": "What is 3 + 3?", "answer": "6"}, {"id": "own", "prompt": "5?"}]
    found = prepared(tmp_path, VerifySection(), again)
    assert [prompt.messages[0].content for prompt in found.prompts[2:]] == ["What is 3 + 3?"]
    assert found.num_repeated == 2


RATED: list[object] = [
    {"prompt": f"What is {n} + 1?", "answer": str(n + 1), **({} if rate is None else {"pass_rate": rate})}
    for n, rate in enumerate([0.5, None, 1.0, 0.0, 0.5])
]


@pytest.mark.parametrize(
    ("curriculum", "order"), [(None, [0, 1, 2, 3, 4]), ("easy_first", [2, 0, 4, 3, 1]), ("hard_first", [3, 0, 4, 2, 1])]
)
def test_a_curriculum_orders_prompts_by_pass_rate_and_has_those_without_one_last(
    tmp_path: Path, curriculum: str | None, order: list[int]
) -> None:
    found = prepared(tmp_path, VerifySection(), RATED, curriculum=curriculum)
    assert [prompt.messages[0].content for prompt in found.prompts] == [f"What is {n} + 1?" for n in order]
    assert found.num_unrated == (0 if curriculum is None else 1)


def test_rows_of_a_dataset_are_ordered_by_the_rate_of_their_probes(tmp_path: Path) -> None:
    rows: list[object] = [
        {"prompt": f"What is {n} + 1?", "answer": str(n + 1), "pass_rate": 0.5, "probe_pass_rate": rate}
        for n, rate in enumerate([0.25, 1.0, 0.0, 0.5, None])
    ]
    found = prepared(tmp_path, VerifySection(), rows, curriculum="hard_first")
    assert [prompt.messages[0].content for prompt in found.prompts] == [f"What is {n} + 1?" for n in [2, 0, 3, 4, 1]]


def test_a_curriculum_without_pass_rates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`pass_rate`, a column that no row"):
        prepared(tmp_path, VerifySection(), curriculum="easy_first")
    odd = [{"prompt": "2?", "answer": "2", "pass_rate": "often"}, *RATED]
    found = prepared(tmp_path / "odd", VerifySection(), odd, curriculum="easy_first")
    assert found.num_unreadable == 1
    assert "`pass_rate` should be a share" in str(found.first_mistake)


def test_another_order_is_another_training(tmp_path: Path) -> None:
    digests = {
        prepared(tmp_path / name, VerifySection(), RATED, curriculum=name).digest
        for name in ("easy_first", "hard_first")
    }
    assert len(digests) == 2
    assert prepared(tmp_path / "again", VerifySection(), RATED, curriculum="easy_first").digest in digests


def test_prompts_may_be_those_of_a_preset_or_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    recipe, base = toy(tmp_path)
    rows = [{"question": f"What is {n} + {n}?", "answer": f"So it is\n#### {2 * n}"} for n in range(3)]
    own = [{"prompt": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(3)]
    hub = {"openai/gsm8k": rows, "some/prompts": own}
    monkeypatch.setattr(datasets, "load_dataset", lambda name, *_, **__: hub[name])
    known, unknown = (prepare(name, base, recipe, VerifySection()) for name in ("gsm8k@test", "some/prompts"))
    assert [prompt.reference for prompt in known.prompts] == [Answer(value=str(2 * n)) for n in range(3)]
    assert [prompt.reference for prompt in unknown.prompts] == [Answer(value=str(n + 1)) for n in range(3)]


def test_prompts_may_be_a_parquet_or_a_csv_file(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    recipe, base = toy(tmp_path)
    rows = [{"prompt": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "prompts.parquet")
    lines = ["prompt,answer", *(f"{row['prompt']},{row['answer']}" for row in rows)]
    (tmp_path / "prompts.csv").write_text("\n".join(lines))
    found = [prepare(tmp_path / f"prompts.{kind}", base, recipe, VerifySection()) for kind in ("parquet", "csv")]
    assert found[0] == found[1]
    assert len(found[0].prompts) == 3


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
