r"""Text as people write it ─▶ plain text: without links, drawings and LaTeX."""

import re
import unicodedata

from distill.prompts.overlap.vocabulary import COMMANDS, FUNCTIONS, LAYOUT, NUMBER_WORDS, SYMBOLS

ALL_FUNCTIONS = FUNCTIONS | frozenset("arcsin arccos arctan sinh cosh tanh".split())
_LINK = re.compile(r"\[([^\[\]]{0,300})\]\(https?://[^()\s]{0,500}\)")
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|svg)\Z", re.IGNORECASE)
_LABEL = re.compile(
    r"\A\W{0,9}(?:\d{1,3}\s{0,3}[.、]\s{0,3})?[（(]\s{0,3}\d{1,2}\s{0,3}(?:分|points?|marks?)\s{0,3}[）)]"
    r"|\A\s{0,9}(?:\d{1,3}\s{0,3}[.、]|[(（]\d{1,2}[)）])\s{0,3}(?=\D)"
)
"""`5. (5 分)`: the number of a problem in its book, and what it is worth."""
DRAWING = re.compile(r"(\[asy\]|\\begin\{(?:asy|tikzpicture)\})|\[/asy\]|\\end\{(?:asy|tikzpicture)\}")
"""Where a drawing begins, or else ends."""
TABLE = re.compile(
    r"(\\begin\{(?:[bBpvV]?matrix|smallmatrix|array|tabular)\*?\}(?:\{[^{}]{0,80}\})?)"
    r"|\\end\{(?:[bBpvV]?matrix|smallmatrix|array|tabular)\*?\}"
)
"""Where a matrix or table begins, or else ends."""
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s{0,3}\{[^{}]{0,80}\}(?:\{[lcr|]{0,80}\})?")
_UNIT = re.compile(r"(?<=\d)\s{1,3}(?:[kcmd]?m|ft|in)\s?\^\s?\{?\s?[23]\s?\}?(?!\s{0,3}[-+*/=<>$\d}])")
"""`7 m^2`: no number of its own."""
_DECADE = re.compile(r"\b\d{4}s\b")
_TENS = "|".join(
    word for word, number in NUMBER_WORDS.items() if len(number) == 2 and number > "19" and number[1] == "0"
)
_COMPOUND = re.compile(rf"\b({_TENS})[- ](one|two|three|four|five|six|seven|eight|nine)\b", re.IGNORECASE)
_MAYBE_COMPOUND = re.compile(r"ty[- ](?:one|two|three|four|five|six|seven|eight|nine)\b")
_DIGIT_FRACTION = re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)")
_HALF_BRACED = re.compile(r"(\\[dtc]?frac)\s*(\d)\s*(?=\{)")
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_INNER = re.compile(r"((?:\\(?!d?t?c?frac)[A-Za-z]+|[\^_\]])\s*)\{([^{}]*)\}")
_DELIMITER = re.compile(r"\\\\|\\([()\[\]])|\\\$")
_MATH = re.compile(r"\$\$?[^$]{1,2000}\$")
_SENTENCE = re.compile(r"[a-z]{2} [a-z]{2,20} [a-z]{2}")
"""Between two prices in dollars, no formula."""
_LETTERS = re.compile(
    r"\\(?:text|textbf|textit|textrm|mbox|operatorname|mathrm|begin|end)\s?\{[^{}]{0,200}\}|\\[A-Za-z]+|([a-z]{2,99})"
)
_SPECIAL = re.compile(r"\\([A-Za-z]+|[^A-Za-z])\*?")


def unlinked(text: str) -> str:
    """Text with the words of links only, and without images and the number of a problem in its book."""
    if "](" in text:
        text = _LINK.sub(lambda link: "" if _IMAGE.search(link[1]) else link[1], text)
    label = _LABEL.match(text)
    return f" {text[label.end() :]}" if label else text


def spell_signs(text: str) -> str:
    """Signs beyond ASCII in their plain form: `½ ≤ ²` ─▶ `1/2 <= ^2`."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(SYMBOLS))


def cut(text: str, mark: re.Pattern[str]) -> tuple[str, tuple[str, ...]]:
    r"""A text without what stands between marks, and what stands there.

    >>> cut("Find x. [asy]draw(A--B);[/asy] Why?", DRAWING)
    ('Find x.   Why?', ('draw(A--B);',))
    """
    kept, found, end, start = list[str](), list[str](), 0, -1
    for each in mark.finditer(text):
        if each[1] and start < 0:
            kept.append(text[end : each.start()])
            start = each.end()
        elif not each[1] and start >= 0:
            found.append(text[start : each.start()])
            end, start = each.end(), -1
    if start >= 0:
        found.append(text[start:])
        end = len(text)
    return " ".join([*kept, text[end:]]), tuple(found)


def number_words(text: str) -> str:
    """`twenty-four` ─▶ `24`."""
    if not _MAYBE_COMPOUND.search(text):  # a search that begins with letters takes a tenth of the time
        return text
    return _COMPOUND.sub(lambda match: str(int(_value(match[1])) + int(_value(match[2]))), text)


def _value(word: str) -> str:
    return NUMBER_WORDS.get(word.lower(), "1")


def plain(text: str) -> str:
    r"""Text without LaTeX: `\dfrac{x}{2}` ─▶ `(x)/(2)`; letters side by side in a formula are set apart."""
    if "\\" in text:
        text = _DELIMITER.sub(lambda mark: "$" if mark[1] else " ", text)
    text = number_words(_MATH.sub(_apart, text))
    text = _UNIT.sub(" square ", _DECADE.sub(" ", text.replace("{,}", ",")))
    if "\\" not in text:
        return text.replace("{", "(").replace("}", ")")
    text = _HALF_BRACED.sub(r"\1{\2}", _ENVIRONMENT.sub(" ", text))
    text = _DIGIT_FRACTION.sub(r" (\1)/(\2) ", text)
    for _ in range(6):  # from the inside out, to a depth beyond any that people write
        if "frac" not in text:
            break
        text = _FRACTION.sub(r" (\1)/(\2) ", _INNER.sub(r"\1(\2) ", text))
    return _SPECIAL.sub(_command, text).replace("{", "(").replace("}", ")")


def _apart(formula: re.Match[str]) -> str:
    r"""`$ax+b$` ─▶ `$a x+b$`."""
    if _SENTENCE.search(formula[0]):
        return formula[0]
    return _LETTERS.sub(lambda run: " ".join(run[1]) if run[1] and run[1] not in ALL_FUNCTIONS else run[0], formula[0])


def _command(match: re.Match[str]) -> str:
    name = match[1]
    if not name.isalpha():
        return " "
    return " " if name in LAYOUT else f" {spell_signs(COMMANDS.get(name, name))} "
