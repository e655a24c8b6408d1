"""A text as a row of tokens, each with one letter for what it does. Pure.

The kinds of words stand in `words`; besides: L a bare letter, B one in brackets, R several as in `ACD`, X a box or tag,
`,` `.` `?` `:` `=` punctuation, N a line's end, x anything else.
"""

import re
from itertools import zip_longest
from typing import Final, NamedTuple

from distill.rows.parse import LETTERS
from distill.verifiers.choice.option_texts import OptionTexts
from distill.verifiers.choice.words import KIND_OF, LETTER_OF

MARK: Final = "\ue000"
"""Stands in a text for a box or tag that was read already; Unicode keeps this character for private use."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_IN_WORDS = r"A-Za-z\u00c0-\u024f\u0370-\u04ff0-9_"
_SPLIT = sorted((phrase for phrase in KIND_OF if re.match(f"[{_CJK}]", phrase)), key=len, reverse=True)
_OTHERS = "".join(LETTER_OF)
_TOKEN = re.compile(
    rf"""(?P<mark>{MARK}) | (?P<short>\b(?:i\.e\.?|[Aa]ns\.))
    | (?<![{_IN_WORDS}'^\\]) (?P<open>[(\[]\ ?)? (?P<letter>[A-Za-z]|(?<!\w)[{_OTHERS}](?!\w))
      (?![{_IN_WORDS}^]|'\w) (?P<close>\ ?[)\]])?
    | (?<![{_IN_WORDS}'^\\]) (?P<run>[A-Z]{{2,8}}) (?![{_IN_WORDS}^])
    | (?P<cjk>(?=[{_CJK}]) (?: {"|".join(map(re.escape, _SPLIT))} | . ))
    | (?P<word>\b[ldnc]'|\b(?:qu|j)'|[\u0900-\u0963\u0966-\u097f]++|[^\W\d_{_CJK}]++(?:'[a-z]++)?+)
    | (?P<number>[\d_^\\]++(?:[.,]\d++)*+)
    | (?P<point>[.,;:?!。।۔؟،|/&=<>+→⇒—–、\n-])""",
    re.VERBOSE,
)
_POINTS: Final = {
    "、": ",", ";": ",", "،": ",", "!": ".", "。": ".", "।": ".", "۔": ".", "؟": "?", "\n": "N",
    "—": ":", "–": ":", "-": ":", "→": ":", "⇒": ":", "/": "&", "&": "&", "<": "x", ">": "x", "+": "x", "|": "x",
}  # fmt: skip
_KIND_OF_GROUP: Final = {"word": "", "cjk": "", "short": "", "mark": "X", "number": "x"}
_MAY_BE_WORDS: Final = frozenset(["", "l", "R"])
_I_AM = re.compile(r"I (?!is\b)[a-z]")
_SIZES: Final = {
    phrase.split(" ")[0]: phrase.count(" ") + 1 for phrase in sorted(KIND_OF, key=lambda own: own.count(" "))
}
"""The number of words of the longest phrase that begins with a word."""
_AFTER_A_LETTER: Final = frozenset(".N,?:&|irwonkbX ")
_AFTER_A_WORD: Final = frozenset(".N,?:&|irwonbX ")
_WORDS_TOO: Final = frozenset("AIOEY")
"""Letters that are words of their own in some language."""


class Sign(NamedTuple):
    """What a piece of a text does, and where it stands; for letters, the places of the options that they name."""

    kind: str
    start: int
    end: int
    places: tuple[int, ...] = ()


def tokens(text: str, options: OptionTexts) -> list[Sign]:
    """The tokens of a text, spaces and quotation marks left out."""
    matches = list(_TOKEN.finditer(text))
    return _settled(_phrases(matches, [match[0].casefold() for match in matches]), text, options)


def kinds_of(row: list[Sign]) -> str:
    """The kinds of tokens, one letter each."""
    return "".join([token.kind for token in row])


def _phrases(matches: list[re.Match[str]], words: list[str]) -> list[Sign]:
    """The words with their kinds; phrases of up to three words become one token."""
    out: list[Sign] = []
    at = 0
    while at < len(matches):
        match, size = matches[at], 1
        own = _sign(match)
        if own.kind in _MAY_BE_WORDS:
            kind, size = _phrase(words, at)
            if kind and not (own.kind == "l" and _is_the_letter(kind, words[at + 1 : at + 2], out)):
                own = Sign(kind, own.start, matches[at + size - 1].end())
            elif own.kind == "":
                own = own._replace(kind="f" if words[at].endswith(("ly", "mente")) else "x")
                size = 1
        out.append(own)
        at += size
    return out


def _sign(match: re.Match[str]) -> Sign:
    """What an expression's match is by itself; "" for a word, whose kind has to be looked up."""
    group = match.lastgroup or ""
    start, end = match.span()
    if group in _KIND_OF_GROUP:
        return Sign(_KIND_OF_GROUP[group], start, end)
    if group == "point":
        return Sign(_POINTS.get(match[0], match[0]), start, end)
    if group == "run":
        return Sign("R", start, end, tuple(map(LETTERS.index, match[0])))
    letter = LETTER_OF.get(match["letter"], match["letter"])
    kind = "B" if match["close"] else "L" if letter.isupper() else "l"
    return Sign(kind, start, end, (LETTERS.index(letter.upper()),))


def _phrase(words: list[str], at: int) -> tuple[str, int]:
    """The kind of the longest phrase that begins at a word, and its number of words; no kind where none does."""
    for size in range(min(_SIZES.get(words[at], 0), len(words) - at), 1, -1):
        kind = KIND_OF.get(" ".join(words[at : at + size]))
        if kind:
            return kind, size
    return KIND_OF.get(words[at], ""), 1


def _is_the_letter(kind: str, following: list[str], before: list[Sign]) -> bool:
    """Whether a small letter that is a word as well stands for an option: `The answer is a.`, but not `A o B`."""
    is_joined = bool(before) and before[-1].kind in "LBRXl"
    return not is_joined if kind in "|&" else not following or following[0] in (".", "\n")


def _settled(found: list[Sign], text: str, options: OptionTexts) -> list[Sign]:
    """Without the letters that are words, variables or parts of names, as in `A good idea`, `A = 5`, `B cells`.

    An option's own text behind its letter is left out as well: its words say nothing of the answer. The text of another
    option there leaves open which of the two is meant.
    """
    out: list[Sign] = []
    end = 0
    for token, following in zip_longest(found, found[1:]):
        if token.start < end:
            continue
        behind = options.text_behind(text, token.end) if token.kind in ("L", "B") else None
        if behind and _is_label(token, behind[2]):
            end = behind[1]
            is_own = behind[0] == token.places[0]
            token = token if is_own else token._replace(places=())  # noqa: PLW2901
        elif token.kind == "L" and text[token.start : token.end + 1] == "A:" and "\nB:" not in text:
            token = token._replace(kind="a")  # noqa: PLW2901  `A:` for the answer, as `Q:` for the question
        elif not _is_letter(token, following.kind if following else " ", text, len(options.choices)):
            token = token._replace(kind="x")  # noqa: PLW2901
        out.append(token)
    return out


def _is_label(token: Sign, between: str) -> bool:
    """Whether what stands between a letter and an option's text binds them: `(B). Mars` begins a new sentence."""
    return not (token.kind == "B" and "." in between)


def _is_letter(token: Sign, following: str, text: str, num_options: int) -> bool:
    if token.kind in ("L", "l") and token.places[0] >= num_options and (token.kind == "l" or following not in ".N "):
        return False
    if token.kind == "R":
        return sorted(set(token.places)) == list(token.places) and token.places[-1] < num_options
    if token.kind == "l":
        return following in ".N, "
    if token.kind != "L" or text[token.end : token.end + 2] == " (":
        return True
    if text[token.start] in _WORDS_TOO:
        return following in _AFTER_A_WORD and not _I_AM.match(text, token.start)
    return following in _AFTER_A_LETTER or (following in "fdsut" and token.places[0] < num_options)
