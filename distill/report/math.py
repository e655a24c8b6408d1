r"""Text with formulas ─▶ HTML that is safe to show: `$…$`, `\(…\)`, `\[…\]`, `$$…$$` and bare `\boxed{…}` as MathML."""

import re
from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup, escape

_MAX_FORMULA_CHARS = 1000
_FORMULA = re.compile(
    r"\$\$(?P<display>[^$]+)\$\$"
    r"|\\\[(?P<bracket>(?:[^\\]|\\(?![\[\]]))++)\\\]|\\\((?P<paren>(?:[^\\]|\\(?![()]))++)\\\)"
    r"|(?<![\\$\w])\$(?P<inline>(?!\s)[^$\n]+?(?<![\s\\]))\$(?![\d$])|(?P<boxed>\\boxed\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})",
    re.DOTALL,
)
_ELEMENTS = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mtable", "mtr", "mtd", "menclose", "mstyle", "mpadded", "mphantom", "mmultiscripts",
    "mprescripts", "none",
}  # fmt: skip
_ATTRIBUTES = {
    "display", "mathvariant", "stretchy", "fence", "form", "separator", "accent", "accentunder", "linethickness",
    "columnalign", "rowspacing", "columnspacing", "columnlines", "rowlines", "displaystyle", "scriptlevel", "width",
    "height", "depth", "lspace", "rspace", "minsize", "maxsize", "movablelimits", "symmetric", "largeop", "notation",
}  # fmt: skip


def rich(text: str) -> Markup:
    """Escape `text`, formulas as MathML; a formula that cannot be read stays as it was written."""
    parts: list[str] = []
    end = 0
    for found in _FORMULA.finditer(text):
        parts += [escape(text[end : found.start()]), _formula(found)]
        end = found.end()
    return Markup("".join([*parts, escape(text[end:])]))  # noqa: S704 - every part is escaped or checked


def _formula(found: re.Match[str]) -> str:
    source = next(group for group in found.groups() if group is not None)
    drawn = mathml(source, is_display=bool(found["display"] or found["bracket"]))
    return drawn if drawn is not None else escape(found[0])


@lru_cache(maxsize=4096)
def mathml(source: str, *, is_display: bool) -> str | None:
    """A formula as MathML of known elements and attributes only; None where it cannot be read."""
    from latex2mathml.converter import convert

    if len(source) > _MAX_FORMULA_CHARS:
        return None
    try:
        root = ElementTree.fromstring(convert(source, display="block" if is_display else "inline"))  # noqa: S314 - made here
    except Exception:  # noqa: BLE001 - the library raises whatever its parser runs into, and the source is untrusted
        return None
    return _safe(root)


def _safe(root: ElementTree.Element) -> str | None:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        if element.tag not in _ELEMENTS:
            return None
        element.attrib = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
    root.set("xmlns", "http://www.w3.org/1998/Math/MathML")
    return ElementTree.tostring(root, encoding="unicode")
