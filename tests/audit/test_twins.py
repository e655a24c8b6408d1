"""Rows that say the same are found in batches as in one search of all, and in bounded memory."""

import random
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from distill.audit.columns import ROW_TYPES, ColumnFiles, ComparedRows, RowTexts, row_arrays
from distill.audit.twins import Twins, find_twins, same_texts
from distill.prompts.overlap.content import content
from distill.prompts.overlap.fingerprints import fingerprints
from distill.prompts.overlap.text import tokens

NAMES = "Anna Boris Clara David Elena Frank Greta Hamid Irina Jonas Karin Louis".split()
THINGS = "apples pencils marbles stamps tickets cookies candles bottles ribbons magnets".split()
TALK = (
    "garden river window teacher letter morning kitchen bridge market doctor painter village summer forest harbour "
    "museum journey brother library station concert evening picture country husband"
).split()


def stored(folder: Path, texts: list[RowTexts], chunk: int = 100) -> ComparedRows:
    files = ColumnFiles(folder, ROW_TYPES)
    for begin in range(0, len(texts), chunk):
        part = texts[begin : begin + chunk]
        prompts = [text.prompt for text in part]
        found = tokens(prompts)
        files.add(row_arrays(fingerprints(prompts, found, content(found)), part))
    return ComparedRows(files.close())


def row(prompt: str, answer: str = "", number: int = 0) -> RowTexts:
    return RowTexts(f"rows.jsonl, row {number}", prompt, answer, "")


def problems(num: int, seed: int = 0) -> list[RowTexts]:
    """Problems with numbers and questions without, some of them twice: the same, in other markup, or nearly so."""
    chance = random.Random(seed)
    found: list[RowTexts] = []
    for number in range(num):
        if found and chance.random() < 0.2:
            earlier = chance.choice(found)
            text = earlier.prompt if chance.random() < 0.5 else earlier.prompt.replace("says", "says, as you know,")
            found.append(row(f"**{text}**" if chance.random() < 0.3 else text, earlier.answer, number))
            continue
        talk = " ".join(chance.sample(TALK, 12))
        if number % 2:
            a, b = chance.randrange(3, 60), chance.randrange(3, 60)
            text = (
                f"{chance.choice(NAMES)} has {a} {chance.choice(THINGS)} and says {talk}. She buys {b}. How many now?"
            )
            found.append(row(text, str(a + b), number))
        else:
            found.append(row(f"Describe what {chance.choice(NAMES)} says of {talk}.", "", number))
    return found


def everything(rows: ComparedRows, batch_rows: int) -> Twins:
    return find_twins(rows, np.ones(len(rows), np.bool_), batch_rows)


@pytest.mark.parametrize("batch_rows", [2, 7, 50])
def test_batches_find_what_one_search_finds(tmp_path: Path, batch_rows: int) -> None:
    rows = stored(tmp_path, problems(600))
    whole, parts = everything(rows, 10_000), everything(rows, batch_rows)
    assert (whole.kept != np.arange(600)).sum() > 80
    assert (~whole.is_exact & (whole.kept != np.arange(600))).sum() > 10
    assert np.array_equal(whole.kept, parts.kept)
    assert np.array_equal(whole.is_exact, parts.is_exact)
    assert whole.other_answers == parts.other_answers


def test_equal_prompts_with_other_answers_are_told_apart(tmp_path: Path) -> None:
    text = "Anna has 12 apples and buys 30 more. How many apples does she have now?"
    rows = stored(tmp_path, [row(text, "42"), row(text, "42.0"), row(text, "40"), row(text.replace("30", "31"), "43")])
    found = everything(rows, 100)
    assert found.kept.tolist() == [0, 0, 2, 3]
    assert [(twin.row, twin.other) for twin in found.other_answers] == [(2, 0)]


def test_rows_without_a_prompt_are_no_copies(tmp_path: Path) -> None:
    rows = stored(tmp_path, [row(""), row(""), row("Why is the sky blue?"), row("Why is the sky blue?")])
    assert find_twins(rows, rows.have_prompts()).kept.tolist() == [0, 1, 2, 2]


def test_prompts_without_content_are_compared_by_their_signs(tmp_path: Path) -> None:
    rows = stored(tmp_path, [row(text) for text in ("?!", "?!", "the", "the", "a b", "of the", "the")])
    assert everything(rows, 2).kept.tolist() == everything(rows, 100).kept.tolist()


def test_what_is_read_again_is_what_was_written(tmp_path: Path) -> None:
    texts = [RowTexts("a.jsonl, row 1", "Où est 北京?", "ici", "key"), row("", "", 2), row("plain", "7", 3)]
    rows = stored(tmp_path, texts, chunk=2)
    assert [rows.texts(number) for number in range(3)] == texts


def test_traces_with_one_text_have_one_first() -> None:
    assert same_texts(np.array([5, 9, 5, 9, 7], np.uint64)).tolist() == [0, 1, 0, 1, 4]


def test_memory_does_not_grow_with_the_texts(tmp_path: Path) -> None:
    """A row whose texts and words take a kilobyte on the disk takes some dozens of bytes of memory more."""
    chance = random.Random(0)
    words = ["".join(chance.choices("bdfgklmnprst", k=2)) + "".join(chance.choices("aeiou", k=4)) for _ in range(5_000)]
    peaks = []
    for num in (1_000, 4_000):
        rows = stored(tmp_path / str(num), [row(" ".join(chance.choices(words, k=90))) for _ in range(num)])
        tracemalloc.start()
        everything(rows, 500)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 3_000 < 400
