import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from transformers import AutoTokenizer

from distill.errors import InputError
from distill.training.examples import prepare
from distill.training.examples.encode import encoder_of
from distill.training.examples.show import IGNORED, Span, coloured, spans
from distill.training.recipe import StudentRecipe, load
from distill.training.student.student import Student
from distill.training.student.student import prepare as prepare_student
from tests.training.tiny import row, tiny_base, tiny_dataset, tiny_recipe

Made = tuple[StudentRecipe, Student]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))

    def made(kind: str = "qwen2", *overrides: str, **block: object) -> Made:
        path = tiny_recipe(tmp_path / "recipe.yaml", tiny_base(tmp_path / "base", kind), kind, **block)
        recipe = load(path, overrides)
        return recipe, prepare_student(recipe.distill)

    return made


CHATML_BLOCK = {"template": "base", "tokens": None, "bos": None, "eos": "<|im_end|>"}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def documents(data: prepare.PreparedRows) -> list[dict[str, list[int]]]:
    tables = [pa.ipc.open_stream(path.read_bytes()).read_all() for path in sorted(data.folder.glob("*.arrow"))]
    found: list[dict[str, list[int]]] = pa.concat_tables(tables).to_pylist()
    return found


def masked(student: Student, document: dict[str, list[int]]) -> list[tuple[str, bool]]:
    """Each token as text, and whether it is trained."""
    tokenizer = encoder_of(student.folder).tokenizer
    pairs = zip(document["input_ids"], document["labels"], strict=True)
    return [(tokenizer.decode([token], skip_special_tokens=False), label != IGNORED) for token, label in pairs]


def test_the_mask_of_the_deepseek_template_token_by_token(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2")
    dataset = write(tmp_path / "rows.jsonl", row("a?", "<think>\nb\n</think>\n\n7"))
    document = documents(prepare.prepare(dataset, student, recipe, tmp_path / "rows"))[0]
    assert masked(student, document) == [
        ("<｜begin▁of▁sentence｜>", False),
        ("<｜User｜>", False),
        ("a", False),
        ("?", False),
        ("<｜Assistant｜>", False),
        ("<think>", False),
        ("\n", False),
        ("b", True),
        ("\n", True),
        ("</think>", True),
        ("\n\n", True),
        ("7", True),
        ("<｜end▁of▁sentence｜>", True),
    ]
    assert [label for label in document["labels"] if label != IGNORED] == document["input_ids"][7:]


def test_the_mask_of_chatml_token_by_token(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2", **CHATML_BLOCK)
    dataset = write(tmp_path / "rows.jsonl", row("0?", "<think>\n9\n</think>\n\n7"))
    spelled = masked(student, documents(prepare.prepare(dataset, student, recipe, tmp_path / "rows"))[0])
    prompt = [piece for piece, is_trained in spelled if not is_trained]
    trained = [piece for piece, is_trained in spelled if is_trained]
    assert prompt == ["<|im_start|>", "user", "\n", "0", "?", "<|im_end|>", "\n", "<|im_start|>", "assistant", "\n"]
    assert trained == ["<", "think", ">", "\n", "9", "\n", "</", "think", ">", "\n\n", "7", "<|im_end|>"]
    assert [is_trained for _, is_trained in spelled] == [False] * len(prompt) + [True] * len(trained)


def test_chatml_on_a_base_that_ends_with_another_token_is_refused(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2", **CHATML_BLOCK | {"eos": None})
    with pytest.raises(
        InputError, match=r"not in the EOS token <\|endoftext\|>, so the student would never learn to stop"
    ):
        prepare.prepare(tiny_dataset(tmp_path / "rows.jsonl"), student, recipe, tmp_path / "rows")


def test_a_tokenizer_that_loses_spaces_is_refused(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("llama")
    file = student.folder / "tokenizer.json"
    broken = json.loads(file.read_text(encoding="utf-8"))
    broken["normalizer"] = {"type": "Replace", "pattern": {"String": " "}, "content": ""}
    file.write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(InputError, match="this tokenizer loses characters"):
        prepare.prepare(tiny_dataset(tmp_path / "rows.jsonl"), student, recipe, tmp_path / "rows")


def test_earlier_turns_stand_as_inference_renders_them(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2")
    turns = [row("a?", "<think>\nthought\n</think>\n\n7")[part] for part in ("prompt", "completion")]
    conversation = [*turns[0], *turns[1], {"role": "user", "content": "9?"}]  # type: ignore[misc]
    dataset = write(tmp_path / "rows.jsonl", row("", "<think>\nc\n</think>\n\n8") | {"prompt": conversation})
    spelled = masked(student, documents(prepare.prepare(dataset, student, recipe, tmp_path / "rows"))[0])
    asked = AutoTokenizer.from_pretrained(student.folder).apply_chat_template(
        conversation, add_generation_prompt=True, tokenize=False
    )
    assert "".join(piece for piece, is_trained in spelled if not is_trained) == asked
    assert "thought" not in asked
    assert "".join(piece for piece, is_trained in spelled if is_trained) == "c\n</think>\n\n8<｜end▁of▁sentence｜>"


def test_overlong_rows_are_dropped_whole_and_counted_by_domain(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2", "max_length=60")
    long = "9" * 100
    rows = [row("a?", "<think>\nb\n</think>\n\n7")]
    rows += [
        row(f"{n}?", f"<think>\n{long}\n</think>\n\n7", domain) for n, domain in enumerate(("code", "code", "math"))
    ]
    data = prepare.prepare(write(tmp_path / "rows.jsonl", *rows), student, recipe, tmp_path / "rows")
    assert (data.summary.num_rows, data.summary.overlong) == (1, {"code": 2, "math": 1})
    assert data.summary.lengths == {16: 1, 128: 3}
    assert len(documents(data)) == 1


def test_text_that_spells_a_control_token_is_set_aside(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2")
    rows = [row("a?", "<think>\nb\n</think>\n\n7"), row("c?", "<think>\n<｜end▁of▁sentence｜>\n</think>\n\n7")]
    data = prepare.prepare(write(tmp_path / "rows.jsonl", *rows), student, recipe, tmp_path / "rows")
    assert (data.summary.num_rows, data.summary.set_aside) == (1, {"control tokens": 1})


def test_text_is_proved_lossless_up_to_nfc(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2")
    odd = "\u212b e\u0301 中文 🙂  \t \\frac{1}{2}"
    dataset = write(tmp_path / "rows.jsonl", row(odd, f"<think>\n{odd}\n</think>\n\n{odd}"))
    assert prepare.prepare(dataset, student, recipe, tmp_path / "rows").summary.num_rows == 1


def test_packing_loses_no_token_and_keeps_rows_whole(make: Callable[..., Made], tmp_path: Path) -> None:
    packed = ("packing=true", "distill.batch.unit=tokens", "max_length=128")
    recipe, student = make("qwen2", *packed)
    data = prepare.prepare(tiny_dataset(tmp_path / "rows.jsonl", 30), student, recipe, tmp_path / "rows")
    found = documents(data)
    assert sum(len(d["seq_lengths"]) for d in found) == data.summary.num_rows == 30
    assert sum(len(d["input_ids"]) for d in found) == data.summary.num_tokens
    assert all(sum(d["seq_lengths"]) == len(d["input_ids"]) <= 128 for d in found)
    assert data.summary.num_sequences == len(found) < 30
    assert data.summary.padding_share(128) < 0.2


def test_a_killed_preparation_goes_on_where_it_stopped(
    make: Callable[..., Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "BLOCK", 4)
    recipe, student = make("qwen2")
    dataset = tiny_dataset(tmp_path / "rows.jsonl", 10)

    class KilledError(Exception):
        pass

    def kill(done: int) -> None:
        if done == 8:
            raise KilledError

    with pytest.raises(KilledError):
        prepare.prepare(dataset, student, recipe, tmp_path / "rows", kill, num_processes=1)
    sealed = {path: path.stat().st_mtime_ns for path in (tmp_path / "rows").rglob("block-0000[01].arrow")}
    resumed = prepare.prepare(dataset, student, recipe, tmp_path / "rows")
    assert len(sealed) == 2
    assert {path: path.stat().st_mtime_ns for path in sealed} == sealed
    assert resumed.summary == prepare.prepare(dataset, student, recipe, tmp_path / "again").summary


def test_parquet_and_jsonl_give_the_same_documents(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2")
    lines = tiny_dataset(tmp_path / "rows.jsonl")
    (tmp_path / "dataset" / "data").mkdir(parents=True)
    rows = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "dataset" / "data" / "train.parquet")
    from_lines = prepare.prepare(lines, student, recipe, tmp_path / "a")
    from_parquet = prepare.prepare(tmp_path / "dataset", student, recipe, tmp_path / "b")
    assert documents(from_lines) == documents(from_parquet)
    assert from_parquet.teachers == from_lines.teachers == ("toy-teacher",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{", r"rows.jsonl, row 1: it is not JSON"),
        ("[1", "begins as an array of JSON, but is none"),
        ('{"messages": []}', r"row 1: it has a turn that is not"),
        ('{"question": "a?", "answer": "b"}', r"row 1: it needs `prompt`.*Its columns are question, answer"),
        (json.dumps(row("a?", "7")), r"row 1: its completion does not begin with"),
    ],
)
def test_bad_rows_name_file_and_row(make: Callable[..., Made], tmp_path: Path, text: str, message: str) -> None:
    recipe, student = make("qwen2")
    dataset = tmp_path / "rows.jsonl"
    dataset.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        prepare.prepare(dataset, student, recipe, tmp_path / "rows")


def test_a_missing_dataset_says_how_to_make_one(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2")
    with pytest.raises(InputError, match="distill select RUN --out"):
        prepare.prepare(tmp_path / "nothing", student, recipe, tmp_path / "rows")


def test_the_preview_marks_what_is_trained(make: Callable[..., Made], tmp_path: Path) -> None:
    recipe, student = make("qwen2")
    dataset = write(tmp_path / "rows.jsonl", row("a?", "<think>\nb\n</think>\n\n7"))
    shown = prepare.first_document(prepare.prepare(dataset, student, recipe, tmp_path / "rows"), student)
    assert coloured(shown).plain.endswith("<think>\n⟦b\n</think>\n\n7<｜end▁of▁sentence｜>⟧")


def test_long_spans_lose_their_middle() -> None:
    text = coloured([Span("a" * 50 + "b" * 50, 1, is_trained=False)], width=20).plain
    assert text == "a" * 10 + " […] " + "b" * 10
    assert spans([], []) == []
