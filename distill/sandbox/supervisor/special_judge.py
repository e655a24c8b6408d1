"""Special judges: the contract, the check of each judge before it is used, and what its word means.

A judge gets three texts: the input, what the program gave (`output`), and what is expected. It says whether the output
is right, in one of these ways:

- a Python function of three arguments, in this order unless their names say another, or of two with such names; it gets
  the texts, or files where the arguments are called `…_path`, and returns True or False, 1 or
  0, a word (`"AC"`, `"wrong answer"`), a tuple that begins so, or a dict with such under `ok`, `verdict`, `score`, …;
  or which returns nothing, and raises where it refuses;
- a program whose arguments are the names of three files, in this order (testlib's, unless it gives them names of
  another), and whose input is one JSON object of the texts. It accepts by status 0 and refuses by any other
  (testlib's: 1 wrong, 2 presentation, 7 points; 3 means that it is broken), or prints 1 or 0, a word, or an object;
- a program of Kattis', DOMjudge's and the ICPC's, in whose source both 42 and 43 stand: it accepts by the one and
  refuses by the other. Its arguments are the files of input and expected output, and a folder; its input is the output.

Of function tests the texts are JSON: the arguments, the result, the expected value. Less than full marks is refused.

Before a judge's word counts on a test, it has to accept the expected output, and refuse an empty one and one with
other numbers and words, else the row abstains. Where nothing is expected it has to refuse something else. A judge that
accepts by silence has to have refused on purpose, not crashed; one that refuses in words accepts in the words of the
expected output alone: so are points read. Once it has shown that, what makes it crash is wrong; so is what makes it run
out of time, if that is longer than 64 KiB and ten times the expected output. Shorter ones abstain.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from distill.sandbox.cell.cell import Cell
from distill.sandbox.clean import clean
from distill.sandbox.plain import encode
from distill.sandbox.supervisor.compiled import Toolchain
from distill.sandbox.supervisor.expected import Compare
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.supervisor.judging.judge import JudgedTexts, ReadyJudge, open_judge
from distill.sandbox.supervisor.judging.plain_json import plain_json
from distill.sandbox.supervisor.judging.ruling import Ruling, Said, means_the_same
from distill.sandbox.task import SHOWN_TEST, SpecialJudge, Task

_SHOWN = 200
_MAX_CHECKED = 1 << 14
_LONG, _TIMES_LONGER = 64 << 10, 10
_NUMBER = re.compile(rb"[+-]?\d[\d.eE+-]*+")
_WRONG_NUMBERS = (b"-987654321", b"-987654320")
"""One is odd and one is even, so that no rule about remainders accepts both."""


class Judges:
    """The special judges of a worker. It remembers which of them passed their check, and on which tests."""

    def __init__(self, cell: Callable[[str], Cell], toolchain: Callable[[str], Toolchain | None]) -> None:
        """`cell` is one for a judge in Python, `toolchain` one for the language that a judge is written in."""
        self._cell = cell
        self._toolchain = toolchain
        self._checked: OrderedDict[bytes, _Checked] = OrderedDict()

    def compare(self, task: Task, judge: SpecialJudge) -> Compare:
        """How the outputs of a task's program are judged."""
        opened: list[ReadyJudge | Failure] = []

        def judging(index: int, output: object) -> Failure | None:
            assert isinstance(output, bytes)
            if not opened:
                opened.append(open_judge(judge, self._cell, self._toolchain))
            ready = opened[0]
            if isinstance(ready, Failure):
                return ready
            texts = _texts(task, index, output)
            checked = self._check(judge, ready, texts)
            return checked.failure or _read(_in_its_words(ready.ask(texts), checked.words), texts)

        return judging

    def _check(self, judge: SpecialJudge, ready: ReadyJudge, texts: JudgedTexts) -> "_Checked":
        key = hashlib.sha256(repr((judge, texts.input, texts.expected)).encode()).digest()
        if key not in self._checked:
            checked = _check(ready, texts)
            if checked.is_lost:
                return checked
            self._checked[key] = checked
            if len(self._checked) > _MAX_CHECKED:
                self._checked.popitem(last=False)
        return self._checked[key]


class _Checked(NamedTuple):
    """What is known of a judge on a test."""

    failure: Failure | None = None
    """Why it cannot be believed."""
    words: str | None = None
    """What it printed when it accepted, where it refuses by what it prints; None where its words are free."""
    is_lost: bool = False
    """The sandbox broke: nothing is known."""


def _texts(task: Task, index: int, output: bytes) -> JudgedTexts:
    given, expected = task.cases[index]
    if task.kind == "function":
        return JudgedTexts(plain_json(encode(given)).encode(), output, plain_json(encode(expected)).encode())
    return JudgedTexts(_bytes(given), output, _bytes(expected))


def _bytes(text: object) -> bytes:
    return str(text).encode(errors="surrogatepass")


def _check(judge: ReadyJudge, texts: JudgedTexts) -> _Checked:
    """Whether a judge can be believed on a test."""
    is_blank = not texts.expected.strip()
    first = judge.ask(texts._replace(output=texts.expected))
    if is_blank and first.said is Said.NO:
        return _Checked()
    if first.said is not Said.YES and not (is_blank and first.said is Said.CRASHED):
        return _unfit(first, "does not accept the expected output")
    on_empty = first if is_blank else judge.ask(texts._replace(output=b""))
    if on_empty.said is Said.LOST or (on_empty.said is Said.YES and not is_blank):
        return _unfit(on_empty, "accepts an empty output")
    seen = [on_empty, *_on_wrong(judge, texts)]
    refusal = next((answer for answer in seen if answer.said is Said.NO), None)
    if seen[-1].said is Said.LOST or (refusal is None and (first.is_by_status or is_blank)):
        return _unfit(seen[-1], "was never seen to refuse an output")
    is_in_words = refusal is not None and not refusal.is_by_status
    words = first.comment if is_in_words and first.is_by_status else None
    if _in_its_words(seen[-1], words).said is Said.YES:
        return _unfit(seen[-1], "accepts other numbers and words as well")
    return _Checked(words=words)


def _on_wrong(judge: ReadyJudge, texts: JudgedTexts) -> Iterator[Ruling]:
    """What it says of wrong outputs, until it refuses one or cannot be asked."""
    for wrong in _WRONG_NUMBERS:
        answer = judge.ask(texts._replace(output=_garbled(texts.expected, wrong)))
        yield answer
        if answer.said in {Said.NO, Said.LOST, Said.TOO_SLOW}:
            return


def _garbled(expected: bytes, number: bytes) -> bytes:
    """The expected output with other numbers and other words; a number where it is empty."""
    lines = expected.split(b"\n") if expected.strip() else [b"1"]
    words = ([number if _NUMBER.fullmatch(word) else word[::-1] + b"~" for word in line.split()] for line in lines)
    return b"\n".join(map(b" ".join, words))


def _unfit(answer: Ruling, what: str) -> _Checked:
    if answer.said is Said.LOST:
        return _Checked(Failure(answer.comment, is_ours=True), is_lost=True)
    if answer.said in {Said.CRASHED, Said.TOO_SLOW, Said.BROKEN}:
        return _Checked(Failure(f"the checker is broken: {clean(answer.comment, _SHOWN)}", is_ours=True))
    said = f" ({clean(answer.comment, _SHOWN)})" if answer.comment else ""
    return _Checked(Failure(f"the checker {what}{said}", is_ours=True))


def _in_its_words(answer: Ruling, accepted: str | None) -> Ruling:
    """What a judge says that refuses in words: other words than those that it accepted by may refuse as well."""
    if accepted is None or not answer.is_by_status or answer.said is not Said.YES:
        return answer
    return answer if means_the_same(answer.comment, accepted) else answer._replace(said=Said.UNCLEAR)


def _read(answer: Ruling, texts: JudgedTexts) -> Failure | None:
    comment, got = clean(answer.comment, _SHOWN), clean(texts.output, SHOWN_TEST)
    match answer.said:
        case Said.YES:
            return None
        case Said.NO:
            return Failure("wrong answer: the checker rejects it" + (f" ({comment})" if comment else ""), got=got)
        case Said.CRASHED:
            return Failure(f"wrong answer: the checker cannot read it ({comment})", got=got)
        case Said.TOO_SLOW if len(texts.output) > max(_LONG, _TIMES_LONGER * len(texts.expected)):
            return Failure(f"wrong answer: the checker cannot read so long an output ({comment})", got=got)
        case Said.LOST:
            return Failure(answer.comment, is_ours=True)
    return Failure(f"the checker does not decide: {answer.said.value} ({comment})", is_ours=True)
