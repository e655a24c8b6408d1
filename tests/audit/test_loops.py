"""Which traces run in circles, and which only repeat what there is to repeat."""

import random

import pytest

from distill.audit.measures.loops import COUNTED, CYCLE, PERIODIC, SAME_LINES, SAME_WORDS, SHRINKS, loop_signs
from distill.audit.trace_row import TraceRow
from distill.dataset.reasons import default_tools
from tests.audit.traces import thought

TOOLS = default_tools()
WORDS = (
    "sum side triangle number value point line angle root prime factor case step term part total half double area "
    "volume circle length ratio power digit product divide subtract multiply compare assume check prove follow need "
    "know find take give write read count move turn hold keep leave meet pass"
).split()


def prose(num_words: int, seed: int = 0) -> str:
    """Words that say something new all the time."""
    chance = random.Random(seed)
    words = [chance.choice(WORDS) + chance.choice(["", "s", "ed", "ing"]) for _ in range(num_words)]
    return " ".join(word + ("." if place % 11 == 10 else "") for place, word in enumerate(words))


CHINESE = "".join(chr(0x4E00 + random.Random(1).randrange(3000)) for _ in range(3))
HEALTHY = prose(900)
STEPS = [
    f"Step {n}: we try n = {n}, then n² + n = {n * n + n}, which is {'' if n % 3 else 'not '}enough." for n in range(40)
]
TABLE = "\n".join(f"| {n} | {n * n} | {n**3} |" for n in range(60))
GRID = "\n".join(["5 3 . | . 7 . | . . .", "6 . . | 1 9 5 | . . ."] * 30)
MATRIX = "\\begin{pmatrix} 1 & 0 & 0 \\\\ 0 & 1 & 0 \\\\ 0 & 0 & 1 \\end{pmatrix}\n" * 20
PROGRAM = "```python\n" + "print('a line of output')\n" * 30 + "```\n"

LOOPS = [
    ("one line for ever", f"{HEALTHY}\n" + "Wait, let me check that again.\n" * 40, SAME_LINES),
    ("the same line with blank ones between", f"{HEALTHY}\n\n" + "Let me compute it once more.\n\n" * 6, SAME_LINES),
    ("words for ever", HEALTHY + " and then we add one" * 120, PERIODIC),
    ("figures for ever", HEALTHY + " 0.3" + "3" * 1500, PERIODIC),
    (
        "a passage comes back",
        prose(120) + " ".join(prose(60, 7) + prose(20, seed) for seed in range(10, 22)),
        SAME_WORDS,
    ),
    ("a paragraph of five sentences for ever", "\n\n".join([prose(60, 3)] * 12), CYCLE),
    (
        "only numbers change",
        "\n".join(f"Hmm, trying value {n} now, no, that fails again." for n in range(900)),
        SHRINKS,
    ),
    (
        "attempts that count up",
        f"{HEALTHY}\n"
        + "\n".join(f"Try {n}: we put it in and see that the wanted sum of 40 is missed." for n in range(3, 16)),
        COUNTED,
    ),
    (
        "attempts of two lines that count up",
        f"{HEALTHY}\n"
        + "\n\n".join(f"### Attempt {n}\nLet me begin again from what is given and be careful." for n in range(2, 14)),
        COUNTED,
    ),
    ("Chinese for ever", HEALTHY + "让我再检查一遍这个结果。" * 200, PERIODIC),
]
NO_LOOPS = [
    ("prose", HEALTHY),
    ("a check that says the same line twice", f"{HEALTHY}\nSo the answer is 42.\nSo the answer is 42.\n"),
    ("three equal lines", f"{HEALTHY}\n" + "So the answer is 42.\n" * 3),
    ("a list of cases", HEALTHY + "\n" + "\n".join(STEPS)),
    (
        "a few cases that fail alike",
        f"{HEALTHY}\n"
        + "\n".join(f"For n = {n} the remainder is not zero, so that {n} is no divisor." for n in range(2, 9)),
    ),
    (
        "cases with results",
        f"{HEALTHY}\n"
        + "\n".join(
            f"For n = {n} the square of the number is {n * n}, and the remainder is {n * n % 7}." for n in range(40)
        ),
    ),
    ("values", f"{HEALTHY}\n" + "\n".join(f"a_{n} = a_{n - 1} + {n}" for n in range(1, 40))),
    ("a table", f"{HEALTHY}\n{TABLE}\n{prose(100, 2)}"),
    ("a grid that is drawn again", f"{HEALTHY}\n{GRID}\n{prose(100, 2)}"),
    ("a matrix that is written again", f"{HEALTHY}\n{MATRIX}{prose(100, 2)}"),
    ("a program that prints the same", f"{HEALTHY}\n{PROGRAM}{prose(100, 2)}"),
    ("brackets", f"{HEALTHY}\n" + "}\n" * 12),
    ("short", "Yes. Yes. Yes. Yes."),
    ("nothing", ""),
]


@pytest.mark.parametrize(("why", "text", "sign"), LOOPS, ids=[case[0] for case in LOOPS])
def test_a_loop_has_its_sign(why: str, text: str, sign: str) -> None:
    assert sign in [found.sign for found in loop_signs(thought(text), TOOLS)]


@pytest.mark.parametrize(("why", "text"), NO_LOOPS, ids=[case[0] for case in NO_LOOPS])
def test_what_has_to_be_repeated_is_no_loop(why: str, text: str) -> None:
    assert loop_signs(thought(text), TOOLS) == []


def test_a_line_that_the_prompt_has_may_be_repeated() -> None:
    line = "I will not talk in class."
    asked: TraceRow = thought("They want it five times.", "\n".join([line] * 5), prompt=f"Write five times: {line}")
    assert loop_signs(asked, TOOLS) == []
    assert loop_signs(asked._replace(prompt="How are you?"), TOOLS) != []


def test_an_answer_that_says_what_was_thought_is_no_loop() -> None:
    assert loop_signs(thought(HEALTHY, HEALTHY), TOOLS) == []
