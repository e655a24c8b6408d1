r"""Text ─▶ the tokens by which texts are compared, so that spelling, markup and layout make no difference.

`$b > 9$`, `b>9` and `b \gt 9` give the same tokens; so do `\dfrac{1}{2}`, `½` and `1/2`, `2\cdot x` and `2x`,
`1{,}000` and `1000`. What is lost on purpose: case, brackets, punctuation, currency signs, the multiplication
sign, drawings. The tokens are for comparing only; nothing that a teacher or a user sees is made of them.
"""

import re
import unicodedata
from functools import lru_cache

from distill.prompts.overlap.vocabulary import COMMANDS, GREEK, LAYOUT, NUMBER_WORDS, SAME_WORD, SYMBOLS

_DRAWING = re.compile(r"(\[asy\]|\\begin\{(?:asy|tikzpicture)\})|\[/asy\]|\\end\{(?:asy|tikzpicture)\}")
"""Where a drawing begins, or else ends."""
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[lcr|]*\})?")
_ESCAPED = re.compile(r"\\([^A-Za-z])")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_DIGIT_FRACTION = re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)")
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_INNER = re.compile(r"((?:\\(?!d?t?c?frac)[A-Za-z]+|[\^_\]])\s*)\{([^{}]*)\}")
_TOKEN = re.compile(
    r"(?:[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])"
    r"|(?:[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:'[a-z]+)?)"
    r"|(?:\d{1,3}(?:,\d{3}(?!\d)){1,99}(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"|(?:[<>!]\s?=|==?|(?<=[\w)])\*\*(?=[\w(-])|[<>+/^%]|-(?![>-]))"
)
_LABEL = re.compile(
    r"\A\W*(?:(?:problem|question|exercise|example|task|ex|q)\s*+(?:#\s*+)?\d+(?:\.\d+)*\s*[.:)]|\(?\d{1,3}[.)]\s+(?=[a-z\\$]))"
)
"""`Problem 14.`, `3) `: the number of a problem in its book."""
_DEGREE = re.compile(r"\^[\s{]*degree")
_INDEX = re.compile(r"(?<=[a-z])_\{?[0-3]\}?(?![\d}])")
"""`x_1`, `r_{2}`: the index is part of a name, and goes when it is renamed."""
_HYPHEN = re.compile(r"(?<=[A-Za-z])-(?=[A-Za-z])")


def tokens(text: str) -> list[str]:
    r"""The comparable tokens of a text, in order.

    >>> tokens(r"Find $b > 9$.") == tokens(r"find b>9") == tokens(r"Find \(b \gt 9\)")
    True
    >>> tokens(r"\dfrac{1}{2}x^{2} \leq 1{,}000"), tokens("½x² ≤ 1000")
    (['1', '/', '2', 'x', '^', '2', '<=', '1000'], ['1', '/', '2', 'x', '^', '2', '<=', '1000'])
    """
    return [spelled for token in _TOKEN.findall(_plain(text)) if (spelled := _spelled(token))]


@lru_cache(2**17)
def _spelled(token: str) -> str:
    """The one spelling of a token; empty for what is left out. The same tokens come back in every text."""
    if token[-1].isdigit():
        return _number(token)
    if token[0].isalpha():
        token = _word(token)
    elif len(token) == 3:
        token = token[0] + token[-1]
    return SAME_WORD.get(token, token)


def is_number(token: str) -> bool:
    """Whether a token is a number; a problem with another number is another problem."""
    return token[-1].isdigit()


def is_variable(token: str) -> bool:
    """Whether a token only names an unknown, so that renaming it changes nothing."""
    return (len(token) == 1 and token.isascii() and token.isalpha()) or token in GREEK


def is_operator(token: str) -> bool:
    """Whether a token is a sign between numbers and unknowns."""
    return not token[-1].isalnum()


def _plain(text: str) -> str:
    text = _LABEL.sub(" ", text.lower())
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(SYMBOLS)).lower()
    if "\\" in text or "[asy]" in text:
        text = _plain_latex(text)
    return _HYPHEN.sub(" ", _INDEX.sub(" ", text.replace("{,}", ",")))


def _plain_latex(text: str) -> str:
    text = _ENVIRONMENT.sub(" ", _without_drawings(text))
    if "frac" in text:
        text = _plain_fractions(text)
    text = _ESCAPED.sub(lambda match: match[1] if match[1] in "%$#&_" else " ", text)
    return _DEGREE.sub(" degree ", _COMMAND.sub(lambda match: f" {_command(match[1])} ", text))


def _without_drawings(text: str) -> str:
    parts, kept, start = list[str](), 0, -1
    for mark in _DRAWING.finditer(text):
        if mark[1] and start < 0:
            start = mark.start()
        elif not mark[1] and start >= 0:
            parts.append(text[kept:start])
            kept, start = mark.end(), -1
    return " ".join([*parts, text[kept:]])


def _plain_fractions(text: str) -> str:
    r"""`\frac{a}{b}` ─▶ `(a)/(b)`, from the inside out, to a depth beyond any that people write."""
    text = _DIGIT_FRACTION.sub(r" (\1)/(\2) ", text)
    for _ in range(6):
        if "frac" not in text:
            break
        text = _INNER.sub(r"\1 \2 ", text)
        text = _FRACTION.sub(r" (\1)/(\2) ", text)
    return text


def _command(name: str) -> str:
    return "" if name in LAYOUT else COMMANDS.get(name, name)


def _number(token: str) -> str:
    """One spelling a number: `1,000`, `1000.0` and `01000` are `1000`."""
    token = token.replace(",", "")
    if "." in token:
        token = token.rstrip("0").rstrip(".")
    return token.lstrip("0") or "0"


def _word(token: str) -> str:
    """One spelling a word: no possessive, no plural, digits for small number words."""
    token = token.split("'", maxsplit=1)[0]
    if len(token) > 3 and token[-1] == "s" and token[-2] not in "sui":
        token = token[:-1]
    return NUMBER_WORDS.get(token, token)
