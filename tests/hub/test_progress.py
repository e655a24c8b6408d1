import pytest

from distill.hub import progress
from distill.hub.progress import Transfer, size_text, transfer


def test_sizes_are_read_at_a_glance() -> None:
    assert [size_text(number) for number in (0, 999, 1000, 43_210_000_000)] == ["0 B", "999 B", "1.00 KB", "43.2 GB"]


def test_a_part_that_is_sent_again_is_no_step_back_and_nothing_passes_the_total() -> None:
    moving = Transfer("push", 1000, lambda _: None)
    seen = []
    for file, at in (("a", 300), ("b", 200), ("a", 0), ("a", 300), ("b", 900)):
        moving.place(file, at)
        seen.append(moving.num_bytes)
    assert seen == [300, 500, 500, 500, 1000]


def test_lines_say_how_much_has_passed_how_fast_and_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", 0.0)
    with transfer("push", 4000) as moving:
        moving.add(1000)
        moving.add(3000)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("push: 1.00 KB of 4.00 KB · ")
    assert lines[0].endswith(" left")


def test_a_transfer_that_has_not_begun_knows_no_end() -> None:
    assert Transfer("push", 1000, lambda _: None).line() == "push: 0 B of 1.00 KB · 0 B/s"
