import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from distill.errors import DistillError
from distill.training.examples import prepare
from distill.training.examples.blocks import Lines, Located
from distill.training.examples.encode import Encoder, encoder_of
from distill.training.examples.processes import seal_all
from distill.training.examples.seal import RowForm
from distill.training.recipe import load
from distill.training.student.student import Student
from distill.training.student.student import prepare as prepare_student
from tests.training.tiny import is_gone, row, tiny_base, tiny_dataset, tiny_recipe

FORM = RowForm(512)


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Student:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    return prepare_student(load(tiny_recipe(tmp_path / "recipe.yaml", tiny_base(tmp_path / "base"))).distill)


@pytest.fixture
def encoder(student: Student) -> Encoder:
    return encoder_of(student.folder)


class Planted(NamedTuple):
    """A block that does in its process what it is told: `raise`, `die`, or `tell` its process id and wait."""

    act: str
    path: Path
    file: str = "planted"
    first: int = 1
    num_rows: int = 1

    def records(self) -> Iterator[Located]:
        if self.act == "raise":
            raise ArithmeticError(self.act)
        if self.act == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.act == "tell":
            self.path.write_text(str(os.getpid()))
            signal.pause()
        yield row("a?", "<think>\nb\n</think>\n\n7"), "planted, row 1"


def test_many_processes_leave_what_one_leaves(
    student: Student, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "BLOCK", 4)
    recipe, dataset = load(tmp_path / "recipe.yaml"), tiny_dataset(tmp_path / "rows.jsonl", 18)
    with dataset.open("a") as file:
        file.write(json.dumps(row("a?", "7")) + "\n")
    one = prepare.prepare(dataset, student, recipe, tmp_path / "one", num_processes=1)
    seen = list[int]()
    many = prepare.prepare(dataset, student, recipe, tmp_path / "many", seen.append, num_processes=3)
    assert many.summary == one.summary
    assert many.summary.set_aside == {"no reasoning": 1}
    assert seen[-1] == 19
    written = {path.name: path.read_bytes() for path in one.folder.iterdir()}
    assert {path.name: path.read_bytes() for path in many.folder.iterdir()} == written
    assert len(written) == 10


def test_what_a_process_raises_is_raised_as_it_is(encoder: Encoder, tmp_path: Path) -> None:
    tasks = [(Planted("raise", tmp_path), tmp_path / "a.arrow"), (Planted("", tmp_path), tmp_path / "b.arrow")]
    with pytest.raises(ArithmeticError, match="raise") as caught:
        list(seal_all(tasks, encoder, FORM, 2))
    assert "in records" in caught.value.__notes__[0]  # where in the process it was raised


def test_a_killed_process_is_a_sentence(encoder: Encoder, tmp_path: Path) -> None:
    tasks = [(Planted("die", tmp_path), tmp_path / "a.arrow"), (Planted("die", tmp_path), tmp_path / "b.arrow")]
    with pytest.raises(DistillError, match=r"was killed, most likely since memory ran out\. Run the command again"):
        list(seal_all(tasks, encoder, FORM, 2))


def test_a_caller_that_stops_leaves_no_process(encoder: Encoder, tmp_path: Path) -> None:
    tasks = [(Planted("", tmp_path), tmp_path / "a.arrow"), (Planted("tell", tmp_path / "pid"), tmp_path / "b.arrow")]
    working = seal_all([*tasks, tasks[0]], encoder, FORM, 2)
    for _ in range(2):  # the block that waits is never finished
        next(working)
    working.close()  # type: ignore[attr-defined]
    assert not [child for child in psutil.Process().children() if "distill.training.examples.worker" in child.cmdline()]
    if (tmp_path / "pid").exists():
        assert is_gone(int((tmp_path / "pid").read_text()))


def test_lines_are_read_where_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"n": 1}\n\n{"n": 2}\n{"n": 3}', encoding="utf-8")
    found = list(Lines("rows", file, first=3, offset=10, num_rows=2).records())
    assert found == [({"n": 2}, "rows, row 3"), ({"n": 3}, "rows, row 4")]
