"""Charts for the card (PNG for light and for dark pages) and the report (SVG that takes the page's text colour)."""

import io
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from distill.formatting import count_and_share, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#2f6fd6", "#ed8096", "#879d09", "#9e3779", "#3baee6", "#6f6f4c")
"""Any two differ by a CIEDE2000 of 17 at least, for full, protan, deutan and tritan vision (simulated after Machado et
al. 2009); each has a contrast of 2.5 to white and to the report's dark page (`test_charts.py` computes it)."""
INK = "#4d4d4e"
"""Text and axes; an unusual value, since it is replaced by the colour of the page's text."""
SIZE = (5.2, 2.7)
"""Inches: wide enough for half a desktop page, small enough that its text can be read on a phone."""
DOTS_PER_INCH = 160
MAX_ROUNDING = 2
"""By how much of 255 a colour may be off where its edges were smoothed."""
MAX_NAME_CHARS = 34


class Theme(NamedTuple):
    """What a page looks like that a picture is shown on."""

    ink: str
    page: str


LIGHT = Theme(INK, "#ffffff")
DARK = Theme("#c9ccd3", "#0b0f19")
"""The Hub's dark page."""
Pixels = npt.NDArray[np.uint8]
"""Rows of pixels of red, green, blue and alpha, the colours not multiplied by it."""
Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int32] | npt.NDArray[np.int64]


def bars(counts: Mapping[str, int], unit: str, whole: int) -> "Figure":
    """Horizontal bars, the first on top, each with its number and its share of `whole`."""
    figure, axes = _figure(height=0.6 + 0.42 * len(counts))
    names, numbers = _names(counts), list(counts.values())
    axes.barh(names, numbers, color=COLOURS[0], height=0.62)
    axes.invert_yaxis()
    for place, number in enumerate(numbers):
        label = f"{number:,} ({number / max(whole, 1):.1%})"
        axes.annotate(label, (number, place), (4, 0), textcoords="offset points", va="center", color=INK, fontsize=9)
    axes.set_xlim(0, max([*numbers, 1]) * 1.4)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_title(unit, loc="left", fontsize=9, color=INK)
    figure.set_label(
        f"{unit}: {', '.join(f'{name} {count_and_share(number, whole)}' for name, number in counts.items())}."
    )
    return figure


def histogram(
    values: Mapping[str, Numbers],
    x_label: str,
    y_label: str,
    limits: tuple[float, float] | None = None,
    *,
    is_stacked: bool = True,
    colours: Sequence[str] = COLOURS,
) -> "Figure":
    """How values are distributed, each kind in its own colour, on top of each other or side by side.

    Empty kinds are left out.
    """
    figure, axes = _figure()
    shown = {name: (numbers, colour) for (name, numbers), colour in zip(values.items(), cycle(colours)) if len(numbers)}
    low, high = limits or (0.0, max((float(numbers.max()) for numbers, _ in shown.values()), default=1.0))
    edges = np.linspace(low, max(high, low + 1e-9), 31 if limits is None else 21)
    bottom = np.zeros(len(edges) - 1)
    for place, (name, (numbers, colour)) in enumerate(shown.items()):
        heights, _ = np.histogram(numbers, edges)
        label = f"{_plain(name)} ({len(numbers):,})"
        part = 1 if is_stacked else len(shown)
        width = np.diff(edges) * 0.92 / part
        axes.bar(edges[:-1] + width * (place if part > 1 else 0), heights, width, bottom, align="edge", color=colour,
                 label=label)  # fmt: skip
        bottom = bottom + heights if is_stacked else bottom
    _label(axes, x_label, y_label)
    if shown:
        _legend(axes, shown)
    parts = [
        f"{name}, {len(numbers):,}, median {float(np.median(numbers)):.3g}" for name, (numbers, _) in shown.items()
    ]
    figure.set_label(f"{y_label} by {x_label}: {'; '.join(parts) or 'none'}.")
    return figure


def shares(rows: Mapping[str, Mapping[str, int]], kinds: Sequence[str], colours: Sequence[str] = COLOURS) -> "Figure":
    """Each row a bar of length one, divided into the shares of its kinds."""
    figure, axes = _figure(height=0.9 + 0.42 * len(rows))
    left = np.zeros(len(rows))
    totals = np.array([max(1, sum(row.values())) for row in rows.values()])
    for kind, colour in zip(kinds, colours, strict=False):
        widths = np.array([row.get(kind, 0) for row in rows.values()]) / totals
        axes.barh(_names(rows), widths, left=left, color=colour, height=0.62, label=kind)
        left = left + widths
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    _legend(axes, kinds)
    lines = [
        ", ".join(f"{kind} {share(row.get(kind, 0), sum(row.values()))}" for kind in kinds) for row in rows.values()
    ]
    figure.set_label("; ".join(f"{name}: {line}" for name, line in zip(rows, lines, strict=True)) + ".")
    return figure


def line(x: Numbers, y: Numbers, x_label: str, y_label: str) -> "Figure":
    """One quantity over another, the area below filled."""
    figure, axes = _figure()
    axes.plot(x, y, color=COLOURS[0], linewidth=1.6)
    axes.fill_between(x, y, color=COLOURS[0], alpha=0.15)
    axes.set_ylim(bottom=0)
    _label(axes, x_label, y_label)
    figure.set_label(f"{y_label} over {x_label}: mean {y.mean():,.3g}, from {y.min():,.3g} to {y.max():,.3g}.")
    return figure


def drawn(figure: "Figure") -> Pixels:
    """A picture on no page, sharp on a dense screen; the same figure gives the same pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DOTS_PER_INCH)
    figure.set_facecolor("none")
    for axes in figure.axes:
        axes.set_facecolor("none")
    canvas = FigureCanvasAgg(figure)
    with _any_script():
        canvas.draw()  # type: ignore[no-untyped-call]
    return np.array(canvas.buffer_rgba())  # type: ignore[no-untyped-call]


def save_png(pixels: Pixels, path: Path, theme: Theme = LIGHT) -> None:
    """Write what was drawn for a card on such a page, with text and axes in the theme's colour.

    Drawing is slow and recolouring is not, so themes share it. The same pixels give the same bytes.
    """
    from matplotlib.image import imsave

    colours, alpha = pixels[..., :3], pixels[..., 3:] / 255
    away = np.abs(colours - _rgb(INK)).max(axis=-1, keepdims=True)
    inked = np.where(away <= MAX_ROUNDING, _rgb(theme.ink), colours)
    on_page = np.rint(inked * alpha + _rgb(theme.page) * (1 - alpha)).astype(np.uint8)
    path.parent.mkdir(exist_ok=True)
    no_version = {"Software": None}
    imsave(path, on_page, format="png", dpi=DOTS_PER_INCH, metadata=no_version)  # type: ignore[arg-type]


def _rgb(colour: str) -> npt.NDArray[np.float64]:
    from matplotlib.colors import to_rgb

    return np.array(to_rgb(colour)) * 255


def svg(figure: "Figure") -> str:
    """A picture for a page, as an `<svg>` element whose text and axes have the colour of the text around it.

    Its label says in words what it shows.
    """
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "distill"}), _any_script():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    before, _, behind = buffer.getvalue().partition("<metadata>")
    text = before + behind.partition("</metadata>")[2]
    named = f'<svg role="img" aria-label="{escape(str(figure.get_label()))}"'
    return text[text.index("<svg") :].replace("<svg", named, 1).replace(INK, "currentColor")


@contextmanager
def _any_script() -> Iterator[None]:
    """Names may be in a script that the font lacks; a box in a chart is no reason to warn."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+")
        yield


def _names(rows: Mapping[str, object]) -> list[str]:
    """Row names that leave room for the bars; cut alike, they are told apart by their number."""
    short = [_plain(name) for name in rows]
    return [name if short.count(name) == 1 else f"{name} {place}" for place, name in enumerate(short, start=1)]


def _plain(name: str) -> str:
    """Names come from users: matplotlib would read dollar signs as mathematics, and break lines."""
    line = " ".join(name.split())
    return (line if len(line) <= MAX_NAME_CHARS else line[: MAX_NAME_CHARS - 1] + "…").replace("$", r"\$")


def _legend(axes: "Axes", names: Iterable[str]) -> None:
    """Above the chart, where no bar is; a row has the room of three short names, or of one long one."""
    ncols = 3 if max(map(len, names)) <= MAX_NAME_CHARS // 2 else 1
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, ncols=ncols, loc="lower left", bbox_to_anchor=(0, 1))


def _figure(height: float = SIZE[1]) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE[0], height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    return figure, axes


def _label(axes: "Axes", x_label: str, y_label: str) -> None:
    axes.set_xlabel(x_label, color=INK, fontsize=9)
    axes.set_ylabel(y_label, color=INK, fontsize=9)
    axes.yaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
    axes.xaxis.set_major_formatter(
        lambda number, _: f"{number:,.0f}" if abs(number) > 2 or number == 0 else f"{number:g}"
    )
