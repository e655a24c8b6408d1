"""Pictures that anyone can read: on light and dark pages, with any colour vision, or not at all."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from distill.dataset import charts
from distill.report.pictures import KINDS
from tests.dataset.colour_vision import VISIONS, contrast, difference, least_difference


def test_differences_are_those_of_the_published_examples() -> None:
    """The first three pairs of the test data of Sharma, Wu and Dalal (2005)."""
    for pair in ((2.6772, -79.7751, 2.0425), (3.1571, -77.2803, 2.8615), (2.8361, -74.0200, 3.4412)):
        assert difference((50, pair[0], pair[1]), (50, 0, -82.7485)) == pytest.approx(pair[2], abs=1e-4)


@pytest.mark.parametrize("vision", VISIONS)
def test_colours_are_told_apart_with_any_colour_vision(vision: str) -> None:
    assert least_difference(charts.COLOURS, vision) > 16.9
    assert least_difference(list(KINDS.values()), vision) > 29.9


@pytest.mark.parametrize("colour", [*charts.COLOURS, *KINDS.values()])
def test_colours_stand_out_on_light_and_on_dark_pages(colour: str) -> None:
    for page in ("#ffffff", "#1a1e24", charts.DARK.page):
        assert contrast(colour, page) > 2.45


@pytest.mark.parametrize("theme", [charts.LIGHT, charts.DARK])
def test_text_is_readable_on_the_page_of_its_theme(theme: charts.Theme) -> None:
    assert contrast(theme.ink, theme.page) > 7


def pixels_of(path: Path) -> list[str]:
    """The colours of a picture, row by row."""
    return [
        f"#{bytes(colour).hex()}" for colour in np.rint(imread(path)[..., :3] * 255).astype(np.uint8).reshape(-1, 3)
    ]


def test_a_picture_has_the_page_and_the_ink_of_its_theme_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    drawn = charts.drawn(charts.bars({"drawn": 10, "kept": 4}, "samples", 10))
    for name, theme in (("light", charts.LIGHT), ("dark", charts.DARK), ("again", charts.LIGHT)):
        charts.save_png(drawn, tmp_path / "pictures" / f"{name}.png", theme)
    light, dark, again = (tmp_path / "pictures" / f"{name}.png" for name in ("light", "dark", "again"))
    assert again.read_bytes() == light.read_bytes()
    pairs = Counter(zip(pixels_of(light), pixels_of(dark), strict=True))
    known = {"#ffffff": charts.DARK.page, charts.LIGHT.ink: charts.DARK.ink, charts.COLOURS[0]: charts.COLOURS[0]}
    assert {pair for pair, _ in pairs.most_common(3)} == set(known.items())
    assert charts.LIGHT.ink not in pixels_of(dark)
    assert charts.drawn(charts.bars({"drawn": 10, "kept": 4}, "samples", 10)).tobytes() == drawn.tobytes()


def test_sets_of_which_one_is_part_of_the_other_stand_side_by_side() -> None:
    rates = {"all prompts": np.array([0.0, 0.5, 1.0, 1.0]), "prompts kept": np.array([1.0, 1.0])}
    figure = charts.histogram(rates, "pass rate", "prompts", (0.0, 1.0), is_stacked=False)
    bars = [each for each in figure.axes[0].patches if isinstance(each, Rectangle) and each.get_height() == 2]
    first, second = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars)
    assert first[1] <= second[0] + 1e-9


def test_a_picture_of_a_page_says_in_words_what_it_shows() -> None:
    drawn = charts.svg(charts.bars({"drawn": 10, "<kept>": 4}, "samples", 10))
    assert drawn.startswith('<svg role="img" aria-label="samples: drawn 10 (100.0%), &lt;kept&gt; 4 (40.0%)."')
    parts = charts.svg(charts.shares({"web": {"pass": 1, "fail": 3}}, ["pass", "fail"]))
    assert 'aria-label="web: pass 25.0%, fail 75.0%."' in parts
    lengths = charts.svg(charts.histogram({"math": np.array([1, 2, 3])}, "tokens", "rows"))
    assert 'aria-label="rows by tokens: math, 3, median 2."' in lengths
    speed = charts.svg(charts.line(np.array([0.0, 1.0]), np.array([10.0, 20.0]), "hours", "tokens/s"))
    assert 'aria-label="tokens/s over hours: mean 15, from 10 to 20."' in speed
