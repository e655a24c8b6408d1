"""How long rows are, and which limits would lose some."""

from distill.export.row_lengths import RowLengths, RowSize, limit_for, row_size


def gathered(*wholes: int) -> dict[int, int]:
    lengths = RowLengths()
    for whole in wholes:
        lengths.add(RowSize(0, whole))
    return lengths.facts().num_longer


def test_a_prompt_is_counted_by_the_bytes_a_token_of_its_answer() -> None:
    assert row_size(["a" * 400], "a" * 4000, 1000).prompt == 100 + 16


def test_rows_that_nobody_counted_are_taken_for_long() -> None:
    assert row_size([], "a" * 3000, 0).completion == 1000 + 16


def test_limits_are_named_up_to_the_first_that_loses_nothing() -> None:
    assert gathered(100, 513, 1500, 1500) == {512: 3, 1024: 2, 2048: 0}
    assert gathered(100) == {512: 0}
    assert gathered() == {512: 0}


def test_a_limit_loses_nothing_though_a_tokenizer_has_a_tenth_more() -> None:
    for longest in (1, 930, 931, 5000, 30_000):
        assert longest * 1.1 <= limit_for(longest) < longest * 1.1 + 1024.5
