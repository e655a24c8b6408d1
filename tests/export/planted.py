"""A small dataset of every domain, as `distill select` writes it, and a tokenizer that needs no hub."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from distill.reasoning import join
from distill.rows.dataset_rows import SCHEMA
from tests.training.tiny import CHATML, QWEN_TOKENS, tokenizer

Row = dict[str, object]
LONG = "The sum is 4 and we check it again. " * 400
"""Longer than every limit that trainers have by default."""


def turn(role: str, content: str) -> Row:
    return {"role": role, "content": content}


def row(
    row_id: str,
    prompt: str | list[Row],
    reasoning: str = "We look closely.",
    says: str = "4",
    domain: str = "math",
    **reference: object,
) -> Row:
    """A row with the columns that SCHEMA has; the test tokenizer's tokens are nearly bytes."""
    messages = [turn("user", prompt)] if isinstance(prompt, str) else prompt
    text = join(reasoning, says)
    return {
        "id": row_id,
        "prompt": messages,
        "completion": [turn("assistant", text)],
        "messages": [*messages, turn("assistant", text)],
        "domain": domain,
        "reference": dict.fromkeys(("answer", "choices", "tests", "constraints", "scorer")) | reference,
        "num_tokens": len(text.encode()),
        "teacher": "toy",
        "run": "toy",
        "sample_index": 0,
    }


STDIN = json.dumps({"cases": [{"stdin": "3\n", "stdout": "6\n"}]})
SHORT = json.dumps([{"id": "length_constraints:number_words", "relation": "at most", "num_words": 3}])
PUZZLE = json.dumps(
    {
        "package": "reasoning-gym",
        "task": "countdown",
        "entry": {"question": "Make 15 of 3 and 5.", "answer": "3 * 5", "metadata": {"numbers": [3, 5], "target": 15}},
    }
)
ROWS = [
    row("sum", "What is 2 + 2?", "2 and 2 are 4.", "\\boxed{4}", answer="4"),
    row("sum", "What is 2 + 2?", "Twice two.", "It is \\boxed{4}", answer="4"),
    row(
        "star",
        "Which is a star?\n(A) Mars\n(B) the Sun",
        "Mars is a planet.",
        "B",
        "stem",
        answer="B",
        choices=["Mars", "the Sun"],
    ),
    row(
        "twice",
        "Read n, print 2n.",
        "Read and double.",
        "```python\nprint(2 * int(input()))\n```",
        "code",
        tests=STDIN,
    ),
    row("brief", "Greet me in three words at most.", "Two words.", "Good evening.", "general", constraints=SHORT),
    row("puzzle", "Make 15 of 3 and 5.", "Three times five.", "3 * 5", "logic", scorer=PUZZLE),
    row("poem", "Write a line on rain.", "Short and soft.", "Rain, all night long.", "general"),
    row("terse", [turn("system", "You are terse."), turn("user", "2 + 3?")], "Five.", "\\boxed{5}", answer="5"),
    row("蛋", "二加二等于几?🥚", "二加二是四。", "答案是 \\boxed{4}。é", answer="4"),
    row("long", "Is it 4?", LONG, "\\boxed{4}", answer="4"),
    row(
        "turns",
        [turn("user", "1 + 1?"), turn("assistant", "EARLIER 2"), turn("user", "And twice that?")],
        "Two times two.",
        "\\boxed{4}",
        answer="4",
    ),
]
HELD_OUT = [row("test-1", "What is 3 + 1?", "One more than three.", "\\boxed{4}", answer="4")]


def write(folder: Path, rows: list[Row] = ROWS, held_out: list[Row] = HELD_OUT) -> Path:
    """A dataset folder."""
    (folder / "data").mkdir(parents=True)
    half = (len(rows) + 1) // 2
    for number, part in enumerate((rows[:half], rows[half:])):
        pq.write_table(pa.Table.from_pylist(part, SCHEMA), folder / "data" / f"train-{number:05}-of-00002.parquet")
    if held_out:
        pq.write_table(pa.Table.from_pylist(held_out, SCHEMA), folder / "data" / "test-00000-of-00001.parquet")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    return folder


def tiny_tokenizer(folder: Path, chat_template: str = CHATML) -> Path:
    """Byte-level, with ChatML's marks."""
    folder.mkdir()
    tokenizer(QWEN_TOKENS, "qwen2").save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": chat_template}
    settings |= {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def completion(planted: Row) -> str:
    """The text of a row's only answer."""
    messages = planted["completion"]
    assert isinstance(messages, list)
    return str(messages[0]["content"])
