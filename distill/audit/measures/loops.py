"""Whether a trace runs in circles. Pure.

Reasoning and answer are looked at apart, since an answer repeats what was thought. Blocks of code and tables are left
out, and so is what the prompt has: who is asked to write a line ten times writes it ten times. A check that says the
same twice, a list, and a matrix that is written down again stay below the thresholds, which were taken from 1,000
traces of Gemma (tobypullan/logit_cot_overthinking): 99 in 100 whole ones repeat less than 8.7 % of their runs of 20
words, and the last 6,000 characters of none pack below 22 %.
"""

import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from distill.audit.measures.finding import TraceFinding, excerpt, tail
from distill.audit.measures.prose import without_code
from distill.audit.trace_row import TraceRow
from distill.dataset.detectors import Tools, TraceText, repetition
from distill.prompts.overlap.chunk import mixed
from distill.prompts.overlap.fingerprints import FACTOR

SAME_LINES, SAME_WORDS, PERIODIC, SHRINKS, CYCLE = (
    "a line again and again",
    "the same runs of 20 words",
    "ends in an endless cycle",
    "its end says nothing new",
    "a passage comes back at even distances",
)
MIN_SAME_LINES = 4
MIN_LINE_LETTERS = 8
"""A shorter line is a bracket, a number, or `else:`."""
RUN_WORDS, MAX_SAME_RUNS, MIN_RUNS = 20, 0.2, 100
MAX_WORD_CHARS = 12
"""On average; a text of longer words has no blanks between them."""
MIN_LETTERS_SHARE = 0.4
"""Of a text's characters; below it a text is figures, whose repeats are not words'."""
TAIL_CHARS, MIN_TAIL_RATIO = 6000, 0.15
PERIODIC_CHARS, PERIODIC_WINDOW, MIN_PERIODS = 600, 2000, 8
"""So many characters at the end, looked for in the last 2,000, in so many equal turns, are no list."""
_PROBE_CHARS = 40
_LETTERS = re.compile(r"[^\W\d_]+")
_BLANKS = re.compile(r"\s+")


def loop_signs(row: TraceRow, tools: Tools) -> list[TraceFinding]:
    """Every sign of repetition, of the reasoning and of the answer; each sign once."""
    found: dict[str, TraceFinding] = {}
    for part in (row.reasoning or "", row.answer):
        for sign in _signs(without_code(part), row.prompt, tools):
            known = found.get(sign.sign)
            if known is None or known.score < sign.score:
                found[sign.sign] = sign
    return list(found.values())


def _signs(text: str, prompt: str, tools: Tools) -> Iterator[TraceFinding]:
    if not text:
        return
    yield from _same_lines(text, prompt)
    yield from _periodic(text)
    if _share_of_letters(text) < MIN_LETTERS_SHARE:
        return
    yield from _same_words(text)
    yield from _shrinking(text)
    if repetition(TraceText(text, ""), tools):
        yield TraceFinding(CYCLE, 1.0, "a passage of 40 characters and more comes back 8 times and more", tail(text))


def _same_lines(text: str, prompt: str) -> Iterator[TraceFinding]:
    """Equal lines one after the other, blank ones apart."""
    most, times, last, start = ("", 0, 0), 0, "", 0
    at = 0
    for line in text.split("\n"):
        plain = line.strip()
        if plain:
            times, start = (times + 1, start) if plain == last else (1, at)
            last = plain
            if times > most[1] and sum(map(str.isalpha, plain)) >= MIN_LINE_LETTERS and plain not in prompt:
                most = (plain, times, start)
        at += len(line) + 1
    line, times, start = most
    if times >= MIN_SAME_LINES:
        yield TraceFinding(
            SAME_LINES, float(times), f"one line stands there {times} times in a row", excerpt(text, start, at)
        )


def _same_words(text: str) -> Iterator[TraceFinding]:
    """How many runs of 20 words stood there before; of a text without blanks, such as a Chinese one, 20 characters."""
    words: Sequence[str] = text.split()
    if len(text) > MAX_WORD_CHARS * len(words):
        words = _BLANKS.sub("", text)
    num_runs = len(words) - RUN_WORDS + 1
    if num_runs < MIN_RUNS:
        return
    values = mixed(np.fromiter(map(hash, words), np.int64, len(words)).view(np.uint64))
    runs = np.zeros(num_runs, np.uint64)
    for place in range(RUN_WORDS):
        runs = runs * FACTOR + values[place : place + num_runs]
    share = 1 - len(np.unique(runs)) / num_runs
    if share >= MAX_SAME_RUNS:
        why = f"{share:.0%} of its runs of {RUN_WORDS} words stood there before"
        yield TraceFinding(SAME_WORDS, share * 10, why, tail(text))


def _shrinking(text: str) -> Iterator[TraceFinding]:
    """How small the end of a text becomes when it is packed (zlib)."""
    end = text[-TAIL_CHARS:]
    if len(end) < TAIL_CHARS or _share_of_letters(end) < MIN_LETTERS_SHARE:
        return
    packed = end.encode("utf-8", "replace")
    ratio = len(zlib.compress(packed, 6)) / len(packed)
    if ratio < MIN_TAIL_RATIO:
        why = f"its last {TAIL_CHARS:,} characters pack to {ratio:.0%}"
        yield TraceFinding(SHRINKS, (1 - ratio) * 10, why, tail(text))


def _periodic(text: str) -> Iterator[TraceFinding]:
    """Whether the end is one stretch, eight times and more, by the borders of the reversed end (Knuth-Morris-Pratt)."""
    end = _BLANKS.sub(" ", text[-2 * PERIODIC_WINDOW :])[::-1]
    end = end.lstrip(" .…")[:PERIODIC_WINDOW]
    if len(end) < PERIODIC_CHARS or end[:_PROBE_CHARS] not in end[1:]:
        return
    borders, border, longest = [0] * len(end), 0, 0
    for place in range(1, len(end)):
        while border and end[place] != end[border]:
            border = borders[border - 1]
        border += end[place] == end[border]
        borders[place] = border
        length = place + 1
        if (length - border) * MIN_PERIODS <= length:
            longest = length
    if longest >= PERIODIC_CHARS:
        period = longest - borders[longest - 1]
        why = f"its last {longest:,} characters are one stretch of {period}, {longest // period} times"
        yield TraceFinding(PERIODIC, 10 + longest / 100, why, tail(text))


def _share_of_letters(text: str) -> float:
    return sum(map(len, _LETTERS.findall(text))) / max(len(text), 1)
