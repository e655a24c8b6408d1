"""Answers in words: one spelling for what reads the same."""

import re

FILLERS = frozenset(
    "a an the is are was be by of to in on at as it its so no not yes if we he she they there this that for with from "
    "only all any one two three per each has have my your our his her and or".split()
)
"""Short words that are no products of variables."""

_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|normal|sf|tt)?|mbox|hbox|math(?:rm|bf|it|sf|tt)|operatorname|boldsymbol|bold|emph|underline)\s*(?=\{)"
)
_SPACING = re.compile(r"\\[,;: ]|\\q?quad|~|\$|\\left|\\right|[*_`]{2,}")
_ARTICLE = re.compile(r"^(?:(?:it|this|that|the answer) is )?(?:the |a |an )?(?=\w)")
_NOISE = re.compile(r"[{}\"'`’“”().,;:!?。，；：！？、\[\]]|(?<=\w)-(?=\w)")
_RANGE = re.compile(r"[(\[](?!(?:[^()\[\]]{0,60}\b[A-Za-z]{4}))[^()\[\],;]{1,60}[,;][^()\[\]]{1,60}[)\]]")
"""An interval or a pair, whose brackets are part of what is said."""
_PROTECTED = str.maketrans("()[],;.-", "\x02\x03\x04\x05\x06\x06\x00\x07", " {}$")
_RESTORED = str.maketrans("\x00\x01\x02\x03\x04\x05\x06\x07", ".:()[],-")
_DIGITS = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        [*_DIGITS, *_TEENS, *(f"{ten} {digit}".removesuffix(" zero") for ten in _TENS for digit in _DIGITS)]
    )
}
_KIND = re.compile(r"(isosceles|equilateral|scalene)(?: triangles?)?")
_SYNONYMS = {
    "inconsistent": "no solution",
    "system is inconsistent": "no solution",
    "inconsistent system": "no solution",
    "has no solution": "no solution",
    "no solutions": "no solution",
    "no real solutions": "no real solution",
    "there is no solution": "no solution",
    "there are no solutions": "no solution",
    "無解": "无解",
    "dne": "does not exist",
    "doesnt exist": "does not exist",
    "infinite": "infinitely many",
    "infinitely many solutions": "infinitely many",
    "t": "yes",
    "true": "yes",
    "false": "no",
    "正确": "对",
    "错误": "错",
}
NAMED_SETS = {
    **dict.fromkeys(
        ("all real numbers", "real numbers", "all reals", "set of real numbers", "全体实数", "任意实数"), "R"
    ),
    **dict.fromkeys(("all integers", "integers", "set of integers", "全体整数"), "Z"),
}
_EMPTY = frozenset({"no solution", "无解", "empty set", "空集", "no real solution", "none", "no solutions"})


def normal(text: str) -> str:
    r"""Lower case, no markup, punctuation or leading article; numbers below a hundred in digits.

    >>> normal(r"\text{The Even numbers}.")
    'even numbers'
    """
    text = _SPACING.sub(" ", _WRAPPER.sub("", text.replace(r"\!", "").replace(r"\infty", "∞")))
    text = _RANGE.sub(lambda match: match[0].translate(_PROTECTED), text)
    text = re.sub(r"(?<=\d)[.:](?=\d)", lambda m: "\x00" if m[0] == "." else "\x01", text)
    text = _NOISE.sub(" ", re.sub(r"(?i)\b([ap])\.\s?m\.?", r"\1m", text).replace("'", ""))
    text = " ".join(text.translate(_RESTORED).lower().split())
    text = _ARTICLE.sub("", re.sub(r"(\d) ([ap]m)\b", r"\1\2", text))
    text = _KIND.sub(r"\1", text)
    return _SYNONYMS.get(text, NUMBERS.get(text, text))


_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_MAY_BE_CHEMICAL = re.compile(r"[\w\s{}$\\,;!]*+")
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*){2,}")


def chemical(text: str) -> str | None:
    r"""A chemical formula without markup: `\text{H}_2\text{O}` is H2O. None for anything else."""
    if not _MAY_BE_CHEMICAL.fullmatch(text):
        return None
    bare = re.sub(r"\\(?:text|mathrm|ce|mathsf|rm)\b|[\s{}_$]|\\[,;!]", "", text.translate(_LOWERED))
    return bare if any(c.isdigit() for c in bare) and _FORMULA.fullmatch(bare) else None


def spelled(word: str) -> str | None:
    """The digits of a number below a hundred in one word."""
    return NUMBERS.get(word)


def names_nothing(words: str) -> bool:
    """Whether the (normalised) words say that there is no solution."""
    return words in _EMPTY


_WORDY = re.compile(r"(?:[\w\s:°%]|[(\[][^()\[\]\\]{1,120}[)\]])++")


def share(words: str, others: str) -> bool:
    """Whether two (normalised) answers have a word in common that means something."""
    return not ({*words.split()} - (FILLERS - {"yes", "no"})).isdisjoint(others.split())


def is_wordy(words: str) -> bool:
    """Whether these are words rather than formulas: letters, digits and spaces with a run of three letters."""
    if words in {"yes", "no"} or re.fullmatch(r"\d+(?:st|nd|rd|th)|[\d:]+[ap]m", words):
        return True
    return _WORDY.fullmatch(words) is not None and re.search(r"[^\W\d_]{3}|[\u4e00-\u9fff]", words) is not None
