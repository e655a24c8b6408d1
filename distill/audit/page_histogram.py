"""A histogram of lengths, drawn as SVG that a screen reader can read and a phone can show. Pure."""

from markupsafe import Markup, escape

from distill.audit.facts import DomainLengths, LengthBin
from distill.formatting import short_count

WIDTH, HEIGHT, BASE, TOP = 360, 150, 122, 18
"""Units of the drawing: on a phone of 390 pixels a unit is about a pixel, so its text is as large as it says."""
NUM_BARS = 36
"""Bins of the facts are finer than bars can be drawn: neighbours are drawn as one."""


def histogram(lengths: DomainLengths, unit: str) -> Markup:
    """One bar for each range of lengths; the ranges grow by the same factor. The line is the median."""
    bars = _merged(lengths.bins)
    highest = max(bar.num for bar in bars)
    width = WIDTH / len(bars)
    drawn = [_bar(bar, place * width, width, highest, unit) for place, bar in enumerate(bars)]
    median = lengths.quantiles["p50"]
    at = next((place for place, bar in enumerate(bars) if median < bar.high), len(bars) - 1)
    middle = (at + 0.5) * width
    said = (
        f"{lengths.num_traces:,} traces from {lengths.shortest:,} to {lengths.longest:,} {unit}; half are shorter than "
        f"{median:,}, 95% are shorter than {lengths.quantiles['p95']:,}. The largest bar has {highest:,} traces."
    )
    title = f"Lengths of traces{f' in {lengths.domain}' if lengths.domain else ''}"
    anchor = "end" if middle > WIDTH / 2 else "start"
    return Markup(
        '<svg class="histogram" role="img" viewBox="0 0 {w} {h}"><title>{title}</title><desc>{said}</desc>{bars}'
        '<line class="base" x1="0" x2="{w}" y1="{b}" y2="{b}"/><line class="median" x1="{m:.1f}" x2="{m:.1f}" y1="{t}" '
        'y2="{b}"/><text x="{m:.1f}" y="12" text-anchor="{anchor}">half below {median}</text>'
        '<text x="0" y="140">{low}</text><text x="{w}" y="140" text-anchor="end">{high} {unit}</text></svg>'
    ).format(
        w=WIDTH, h=HEIGHT, b=BASE, t=TOP, m=middle, title=title, said=said, bars=Markup("").join(drawn), anchor=anchor,
        median=f"{median:,}", low=short_count(bars[0].low), high=short_count(bars[-1].high), unit=unit,
    )  # fmt: skip


def _bar(bar: LengthBin, left: float, width: float, highest: int, unit: str) -> Markup:
    height = (BASE - TOP) * bar.num / max(highest, 1)
    shown = max(height, 1.5) if bar.num else 0.0
    said = escape(f"{bar.low:,} to {bar.high:,} {unit}: {bar.num:,} traces")
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>').format(
        left, BASE - shown, width * 0.9, shown, said
    )


def _merged(bins: tuple[LengthBin, ...]) -> list[LengthBin]:
    step = -(-len(bins) // NUM_BARS)
    groups = [bins[start : start + step] for start in range(0, len(bins), step)]
    return [LengthBin(low=each[0].low, high=each[-1].high, num=sum(bar.num for bar in each)) for each in groups]
