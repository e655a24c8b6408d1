import io

import pytest
from rich.console import Console

from distill import progress
from distill.progress import fitted

DETAIL = "12.0/s · fail 3 · pass 6 · 8 in flight · cost 0.5 · 612 tokens · 174 tokens/s"


@pytest.mark.parametrize("width", [10, 40, 80, 100, 160])
def test_bar_share_and_details_fit_any_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=width, color_system=None, legacy_windows=False)
    monkeypatch.setattr(progress, "console", console)
    with progress.stage("generate", 280) as tally:
        tally.move(145, 280, DETAIL)
    lines = [line.rstrip() for line in shown.getvalue().splitlines()]
    assert all(len(line.replace("\x1b", "")) <= width + 20 for line in lines)  # escapes that move the cursor
    if width >= 80:
        assert any("━" in line and "145/280" in line and "52%" in line for line in lines)


def test_parts_that_do_not_fit_are_left_out_from_the_end() -> None:
    assert fitted(DETAIL, 30) == "12.0/s · fail 3 · pass 6"
    assert fitted(DETAIL, 500) == DETAIL
    assert fitted(DETAIL, 3) == "12.0/s"


def test_elsewhere_it_is_a_plain_line_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.stage("verify", 2) as tally:
        tally.add("pass")
        tally.add("fail")
        tally.note = "cost 0.5"
    assert "verify: 2 of 2" in capsys.readouterr().err.replace("\n", " ")
