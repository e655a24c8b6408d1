"""What is noted of a file of prompts goes with the run, as long as it is about these prompts."""

import json
from pathlib import Path

import pytest

from distill.prompts.collect import collect_prompts
from distill.prompts.order import Order
from distill.rows.prompt_origin import noted_origin
from distill.rows.read import file_digest
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder


def collected(folder: Path) -> Path:
    """Prompts, of which one is a benchmark's problem."""
    questions = [f"Anna has {n} apples and buys {n + 3} pears at the market. How many fruits has she?" for n in (5, 8)]
    rows = [{"prompt": question, "answer": "7", "license": "MIT"} for question in questions]
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "exam.jsonl").write_text(json.dumps({"prompt": questions[0], "answer": "13"}) + "\n")
    order = Order(sources=(str(folder / "mine.jsonl"),), benchmarks=(str(folder / "exam.jsonl"),))
    collect_prompts(order, folder / "prompts.jsonl")
    return folder / "prompts.jsonl"


def test_a_run_knows_what_its_prompts_were_kept_apart_from(tmp_path: Path) -> None:
    file = collected(tmp_path)
    with RunFolder.open(tmp_path / "run", lambda _: None) as run:
        import_prompts(run, file)
        origin = run.manifest.stages["prompts"].origin
    assert origin is not None
    assert (origin.benchmarks, origin.num_benchmark_problems) == (("exam",), 1)
    assert (origin.fates["read"], origin.fates["contaminated"], origin.fates["kept"]) == (2, 1, 1)
    assert [source.name for source in origin.sources] == ["mine"]
    assert str(tmp_path) not in origin.model_dump_json()


def test_what_is_noted_changes_no_digest(tmp_path: Path) -> None:
    file = collected(tmp_path)
    bare = tmp_path / "bare" / "prompts.jsonl"
    bare.parent.mkdir()
    bare.write_bytes(file.read_bytes())
    digests = []
    for name, each in (("a", file), ("b", bare)):
        with RunFolder.open(tmp_path / name, lambda _: None) as run:
            import_prompts(run, each)
            digests.append(run.manifest.stages["prompts"].digest)
    assert digests[0] == digests[1]


def test_a_note_about_other_prompts_is_not_taken_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = collected(tmp_path)
    file.write_text(json.dumps({"prompt": "What is 1 + 1?", "answer": "2"}) + "\n")
    assert noted_origin(file, file_digest(file)) is None
    assert "is about another prompts.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"sha256": "x"}', '{"order": 1, "funnel": 2, "sources": 3, "sha256": "x"}']
)
def test_a_note_that_cannot_be_read_is_named(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.jsonl.manifest.json").write_text(text)
    assert noted_origin(tmp_path / "p.jsonl", "x") is None
    assert "cannot be read" in capsys.readouterr().err
