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
_SPACING = re.compile(r"\\[,;:! ]|\\q?quad|~|\$|\\left|\\right|[*_`]{2,}")
_ARTICLE = re.compile(r"^(?:(?:it|this|that|the answer) is )?(?:the |a |an )?(?=\w)")
_NOISE = re.compile(r"[{}\"'`’“”().,;:!?。，；：！？、\[\]]|(?<=\w)-(?=\w)")
_DIGITS = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        [*_DIGITS, *_TEENS, *(f"{ten} {digit}".removesuffix(" zero") for ten in _TENS for digit in _DIGITS)]
    )
}
_SYNONYMS = {
    "no solutions": "no solution",
    "no real solutions": "no real solution",
    "there is no solution": "no solution",
    "there are no solutions": "no solution",
    "無解": "无解",
    "dne": "does not exist",
    "doesnt exist": "does not exist",
    "infinite": "infinitely many",
    "infinitely many solutions": "infinitely many",
    "t": "true",
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
    text = _SPACING.sub(" ", _WRAPPER.sub("", text))
    text = re.sub(r"(?<=\d)[.:](?=\d)", lambda m: "\x00" if m[0] == "." else "\x01", text)
    text = _NOISE.sub(" ", re.sub(r"(?i)\b([ap])\.\s?m\.?", r"\1m", text).replace("'", ""))
    text = " ".join(text.replace("\x00", ".").replace("\x01", ":").lower().split())
    text = _ARTICLE.sub("", re.sub(r"(\d) ([ap]m)\b", r"\1\2", text))
    return _SYNONYMS.get(text, _NUMBERS.get(text, text))


_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*){2,}")


def chemical(text: str) -> str | None:
    r"""A chemical formula without markup: `\text{H}_2\text{O}` is H2O. None for anything else."""
    bare = re.sub(r"\\(?:text|mathrm|ce|mathsf|rm)\b|[\s{}_$]|\\[,;!]", "", text)
    return bare if any(c.isdigit() for c in bare) and _FORMULA.fullmatch(bare) else None


def names_nothing(words: str) -> bool:
    """Whether the (normalised) words say that there is no solution."""
    return words in _EMPTY


def is_wordy(words: str) -> bool:
    """Whether these are words rather than formulas: letters, digits and spaces with a run of three letters."""
    if words in {"yes", "no"} or re.fullmatch(r"\d+(?:st|nd|rd|th)|[\d:]+[ap]m", words):
        return True
    return (
        re.fullmatch(r"[\w\s:°%]+", words) is not None and re.search(r"[^\W\d_]{3}|[\u4e00-\u9fff]", words) is not None
    )
