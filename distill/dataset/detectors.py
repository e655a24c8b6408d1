"""Detectors of what is wrong with a correct trace, each a question about its text. Pure.

DeepSeek-R1 dropped "mixed languages, long paragraphs, and code blocks" (arXiv 2501.12948 v2, B.3.3) and gives no
thresholds; those here are ours.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from distill.metrics import Equal

LONG_PARAGRAPH_CHARS = 2000
MIXED_SHARE = 0.05
"""The largest share of letters outside the main script or language; a quoted word or a name stays below it."""
_MIN_FOREIGN_LETTERS = 8
_MIN_LANGUAGE_LETTERS = 120
"""Language identification errs on shorter pieces."""
_MAX_LANGUAGE_CHARS = 600
"""The beginning of a paragraph suffices to identify its language."""
_LATIN_END = "\u0250"
_CJK_WEIGHT = 3
"""A Chinese character says about as much as three Latin letters."""
_NUM_PROBES, _PROBE_CHARS = 8, 40
_LOOP_SHARE, _LOOP_REPEATS = 0.2, 8

_NOT_PROSE = re.compile(
    r"```[^`]*+(?:``?[^`]++)*+(?:```|`{0,2}\Z)|`[^`\n]*`|\$\$[^$]*+(?:\$[^$]++)*+\$\$|\$[^$\n]*\$"
    r"|\\\((?:[^\\]|\\(?![()]))*+\\\)|\\\[(?:[^\\]|\\(?![\[\]]))*+\\\]|\\[A-Za-z]+|https?://\S+"
)
_FOREIGN_LETTER = re.compile(r"[^\x00-\x7f\W\d_\u0370-\u03ff\u2100-\u214f\U0001d400-\U0001d7ff]")
"""A letter beyond ASCII, but no Greek one and no letter-like sign, which formulas are full of."""
_WORD = re.compile(r"[^\W\d_]{3,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


class TraceText(NamedTuple):
    """What a filter sees of a sample."""

    reasoning: str
    """Empty where the teacher wrote none."""
    answer: str


class Tools(NamedTuple):
    """Two questions about language and mathematics that others answer for the detectors."""

    identify: Callable[[str], str]
    """The language of a text."""
    equal: Equal
    """Whether two answers mean the same."""


def unanswered(text: TraceText, _: Tools) -> bool:
    """There is no answer after the reasoning."""
    return not text.answer.strip()


def no_reasoning(text: TraceText, _: Tools) -> bool:
    """The teacher wrote no reasoning."""
    return not text.reasoning.strip()


def mixed_language(text: TraceText, tools: Tools) -> bool:
    """The reasoning changes script or language: Chinese inside English, a French paragraph inside German.

    Formulas, code and single foreign words do not count. Languages are told apart in Latin script only, and where
    it has accents, since identification costs milliseconds: English is nearly the only language without them.
    """
    foreign = () if text.reasoning.isascii() else _FOREIGN_LETTER.findall(text.reasoning)
    if len(foreign) < _MIN_FOREIGN_LETTERS:
        return False
    prose = _NOT_PROSE.sub(" ", text.reasoning)
    if _is_mixed(_letters_by_script(prose)):
        return True
    has_accents = sum(letter < _LATIN_END for letter in foreign) >= _MIN_FOREIGN_LETTERS
    return has_accents and _is_mixed(_letters_by_language(prose, tools))


def repetition(text: TraceText, _: Tools) -> bool:
    """The text loops: one stretch of 40 characters comes back at least 8 times, a fifth of the text is repeats.

    Stretches are probed at eight places, so that one lies in every loop that covers a fifth of the text.
    """
    whole = text.reasoning or text.answer
    reach = len(whole) // _LOOP_REPEATS  # so far away at most is the next turn of a loop
    if reach < _PROBE_CHARS:
        return False
    for start in range(0, len(whole) - _PROBE_CHARS, len(whole) // _NUM_PROBES):
        probe = whole[start : start + _PROBE_CHARS]
        if whole.find(probe, start + 1, start + reach + _PROBE_CHARS) < 0:
            continue
        times = whole.count(probe)
        if times >= _LOOP_REPEATS and _covered(whole, probe, times) >= _LOOP_SHARE * len(whole):
            return True
    return False


def contradiction(text: TraceText, tools: Tools) -> bool:
    r"""The last `\boxed{}` of the reasoning and that of the answer disagree."""
    thought, said = last_box(text.reasoning), last_box(text.answer)
    return thought is not None and said is not None and not tools.equal(thought, said)


def long_paragraph(text: TraceText, _: Tools) -> bool:
    """A paragraph of the reasoning is longer than 2,000 characters."""
    return any(len(paragraph) > LONG_PARAGRAPH_CHARS for paragraph in text.reasoning.split("\n\n"))


def code_block(text: TraceText, _: Tools) -> bool:
    """The reasoning holds a fenced block of code."""
    return "```" in text.reasoning


def last_box(text: str) -> str | None:
    r"""What stands in the last `\boxed{…}`, braces balanced; None without one, or where it never closes."""
    _, found, rest = text.rpartition("\\boxed{")
    depth = 1
    for place, letter in enumerate(rest if found else ""):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return rest[:place].strip()
    return None


def _covered(whole: str, probe: str, times: int) -> int:
    """Characters from one occurrence of the probe to the next, times its repeats, where these are evenly spaced."""
    first = whole.find(probe)
    period = whole.find(probe, first + 1) - first
    return max(period, len(probe)) * times if whole.count(whole[first : first + period]) >= times else 0


def _is_mixed(letters: Counter[str]) -> bool:
    foreign = letters.total() - max(letters.values(), default=0)
    return foreign >= _MIN_FOREIGN_LETTERS and foreign > MIXED_SHARE * letters.total()


def _letters_by_script(prose: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in _WORD.findall(prose):
        script = _script(word[0])
        counts[script] += len(word) * (_CJK_WEIGHT if script == "CJK" else 1)
    return counts


def _script(letter: str) -> str:
    """`LATIN`, `CYRILLIC`, …: the first word of the character's name. Chinese, Japanese and Korean count as one."""
    if letter < _LATIN_END:
        return "LATIN"
    name = unicodedata.name(letter, "UNNAMED").split(maxsplit=1)[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA", "HANGUL") else name.partition("-")[0]


def _letters_by_language(prose: str, tools: Tools) -> Counter[str]:
    """Letters by language, over the paragraphs that are long enough to tell."""
    counts: Counter[str] = Counter()
    for paragraph in prose.split("\n\n"):
        num_letters = sum(map(str.isalpha, paragraph))
        if num_letters >= _MIN_LANGUAGE_LETTERS:
            counts[tools.identify(paragraph[:_MAX_LANGUAGE_CHARS])] += num_letters
    return counts
