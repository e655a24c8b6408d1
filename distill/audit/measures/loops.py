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
from distill.audit.measures.letters import num_letters
from distill.audit.measures.lines import line_runs
from distill.audit.measures.prose import without_code
from distill.audit.trace_row import TraceRow
from distill.dataset.detectors import Tools, TraceText, repetition
from distill.prompts.overlap.chunk import mixed
from distill.prompts.overlap.fingerprints import FACTOR

SAME_LINES, COUNTED, SAME_WORDS, PERIODIC, SHRINKS, CYCLE = (
    "a line again and again",
    "the same lines under a number that rises",
    "the same runs of 20 words",
    "ends in an endless cycle",
    "its end says nothing new",
    "a passage comes back at even distances",
)
RUN_WORDS, MAX_SAME_RUNS, MIN_RUNS = 20, 0.2, 100
MAX_WORD_CHARS = 12
"""On average; a text of longer words has no blanks between them."""
MIN_LETTERS_SHARE = 0.4
"""Of a text's characters; below it a text is figures, whose repeats are not words'."""
TAIL_CHARS, MIN_TAIL_RATIO = 6000, 0.15
PERIODIC_CHARS, PERIODIC_WINDOW, MIN_PERIODS = 600, 2000, 8
"""So many characters at the end, looked for in the last 2,000, in so many equal turns, are no list."""
_PROBE_CHARS = 40
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
    yield from _lines(text, prompt)
    yield from _periodic(text)
    if _share_of_letters(text) < MIN_LETTERS_SHARE:
        return
    yield from _same_words(text)
    yield from _shrinking(text)
    if repetition(TraceText(text, ""), tools):
        yield TraceFinding(CYCLE, 1.0, "a passage of 40 characters and more comes back 8 times and more", tail(text))


def _lines(text: str, prompt: str) -> Iterator[TraceFinding]:
    for run in line_runs(text, prompt):
        sign = COUNTED if run.is_counted else SAME_LINES
        what = "lines that differ by a number that rises stand" if run.is_counted else "one line stands"
        at = text.find(run.first)
        why = f"{what} there {run.times} times in a row"
        yield TraceFinding(sign, float(run.times), why, excerpt(text, at, at + len(run.first) * run.times))


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
    runs.sort()
    share = np.count_nonzero(runs[1:] == runs[:-1]) / num_runs
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
    end = " ".join(text[-2 * PERIODIC_WINDOW :].split())[::-1]
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
    return num_letters(text) / max(len(text), 1)
