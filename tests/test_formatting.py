import pytest

from distill.formatting import count_and_share, counted, duration, markdown_table, share, short_count


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1 K"), (2730, "2.73 K"), (999_950, "1,000 K"), (16_800_000, "16.8 M"),
     (4_300_000_000, "4.3 B"), (12_345_000_000_000, "12,345 B")],
)  # fmt: skip
def test_a_count_has_three_digits_and_a_unit(number: int, text: str) -> None:
    assert short_count(number) == text


def test_a_share_of_nothing_is_a_dash() -> None:
    assert (share(1, 8), share(0, 0)) == ("12.5%", "–")
    assert (count_and_share(1250, 10_000), count_and_share(0, 0)) == ("1,250 (12.5%)", "0")
    assert [counted(number, "line") for number in (0, 1, 1250)] == ["0 lines", "1 line", "1,250 lines"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.24, "4.2 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_a_duration_has_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_table_has_a_name_and_numbers() -> None:
    assert markdown_table(("domain", "rows"), [("math", 1200)]).splitlines() == [
        "| domain | rows |",
        "| --- | ---: |",
        "| math | 1,200 |",
    ]


def test_a_cell_never_breaks_its_table() -> None:
    assert markdown_table(("a", "b"), [("x|y\nz", "1")], "lc").splitlines()[1:] == [
        "| --- | :---: |",
        "| x\\|y z | 1 |",
    ]
