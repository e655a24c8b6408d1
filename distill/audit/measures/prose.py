"""Text ─▶ what of it is prose: without code, tables and, where asked for, formulas and quotations. Pure."""

import re

_FENCE = re.compile(r"[ \t]{0,40}(`{3,}|~{3,})[ \t]*([^\n]*)")
_FORMULA = re.compile(
    r"`[^`\n]*`|\$\$[^$]*+(?:\$[^$]++)*+\$\$|\$[^$\n]*\$|\\\((?:[^\\]|\\(?![()]))*+\\\)|\\\[(?:[^\\]|\\(?![\[\]]))*+\\\]"
    r"|\\(?:text|mathrm|operatorname|mathbf|begin|end)\{[^{}\n]*\}|(?<![A-Za-z\\])ext\{|\\[A-Za-z]+|https?://\S+|<[^<>\n]{1,200}>"
)
"""A `\\text` whose backslash was lost on the way leaves `ext{` behind, which is no word either."""
_QUOTED = re.compile(
    r"“[^”\n]{0,300}”|„[^“”\n]{0,300}[“”]|«[^»\n]{0,300}»|「[^」\n]{0,300}」|『[^』\n]{0,300}』|《[^》\n]{0,300}》"
    r"|\"[^\"\n]{0,300}\"|(?<!\w)'[^'\n]{0,300}'(?!\w)|^[ \t]*>[^\n]*",
    re.MULTILINE,
)
MIN_TABLE_BARS = 2


def open_fence(text: str) -> bool:
    """Whether a block of code is open at the end: begun by a fence, and by none as long closed (CommonMark 4.5).

    A fence behind which nothing stands is a slip, not a block that was cut.
    """
    return _scan(text)[1]


def without_code(text: str) -> str:
    """The text without blocks of code and without the lines of tables; lines keep their order."""
    lines = _scan(text)[0] if "```" in text or "~~~" in text else None
    signs = [sign for sign in "|&" if text.count(sign) >= MIN_TABLE_BARS]
    if lines is None and not signs:
        return text
    lines = text.split("\n") if lines is None else lines
    return "\n".join(line for line in lines if all(line.count(sign) < MIN_TABLE_BARS for sign in signs))


def plain_words(text: str) -> str:
    """Only what is said in the text's own voice: without code, tables, formulas, links, and quotations."""
    return _QUOTED.sub(" ", _FORMULA.sub(" ", without_code(text)))


def _scan(text: str) -> tuple[list[str], bool]:
    """The lines outside fences, and whether a fence is open at the end and something stands in it."""
    outside: list[str] = []
    fence, is_empty = "", True
    for line in text.split("\n"):
        found = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if found is None:
            is_empty = is_empty and not line.strip()
            if not fence:
                outside.append(line)
        elif not fence:
            fence, is_empty = (found[1], True) if found[1][0] not in found[2] else ("", True)
        elif found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return outside, bool(fence) and not is_empty
