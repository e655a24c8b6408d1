from pathlib import Path

from distill.rows import columns as schemas
from distill.store import Table
from distill.store.numbering import INDEX_BITS, Numbering, without_verdict


def filled(folder: Path, schema: object, *rows: dict[str, object]) -> Table:
    table = Table(folder, schema)
    table.open("a", print)
    for row in rows:
        table.append(row)
    table.close()
    return table


def key(prompt_id: str, index: int) -> dict[str, object]:
    return {"prompt_id": prompt_id, "index": index}


def test_keys_are_the_places_of_prompts_and_indices(tmp_path: Path) -> None:
    prompts = filled(tmp_path / "p", schemas.PROMPTS, {"id": "b"}, {"id": "a"})
    samples = filled(tmp_path / "s", schemas.SAMPLES, key("a", 3), key("b", 0), key("gone", 0))
    (rows,) = samples.tables(samples.key_columns)
    first, second, unknown = Numbering(prompts).keys(rows).tolist()
    assert (first, second) == ((1 << INDEX_BITS) + 3, 0)
    assert unknown < 0


def test_rows_without_a_verdict_are_found_and_those_of_lost_prompts_are_among_them(tmp_path: Path) -> None:
    prompts = filled(tmp_path / "p", schemas.PROMPTS, {"id": "b"}, {"id": "a"})
    samples = filled(tmp_path / "s", schemas.SAMPLES, key("a", 3), key("b", 0), key("gone", 0), key("a", 1))
    verdicts = filled(tmp_path / "v", schemas.VERDICTS, key("a", 1), key("b", 0), key("gone", 0), key("a", 7))
    assert without_verdict(samples, verdicts, Numbering(prompts)).tolist() == [True, False, True, False]
