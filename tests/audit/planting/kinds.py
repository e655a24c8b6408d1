"""What is planted: faults of each measure, and what only looks like a fault.

Of 58 kinds 25 are held back: they were written before any rule of the audit was tuned, and were first run when
the rules were done.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

from tests.audit.planting import claims, endings, loops, prompts, tongues
from tests.audit.planting.trace import Make
from tests.planted import recase, reframe, respace, respell

SHAPES = ("openthoughts", "openr1", "messages", "s1k", "ours", "alpaca")
TAGGED = ("openthoughts", "openr1", "messages", "alpaca")
BARE = ("openthoughts", "messages", "alpaca")
ANSWERED = ("openr1", "s1k", "ours")
LICENSED = ("messages", "alpaca", "ours")


class Kind(NamedTuple):
    """A way in which a trace is at fault, or looks as if it were."""

    measure: str
    name: str
    is_fault: bool
    is_held_back: bool
    make: Make
    shapes: tuple[str, ...] = SHAPES
    """In which it can be seen."""


def _running(loop: Callable[[random.Random], str]) -> Make:
    return lambda maker, trace: trace._replace(reasoning=f"{trace.reasoning}\n\n{loop(maker.chance)}")


TUNED, HELD = False, True
FAULT, LOOK_ALIKE = True, False
KINDS = (
    Kind("contamination", "verbatim", FAULT, TUNED, prompts.edited(prompts.unchanged)),
    Kind("contamination", "reframed", FAULT, TUNED, prompts.edited(reframe)),
    Kind("contamination", "respelt", FAULT, TUNED, prompts.edited(respell)),
    Kind("contamination", "respaced", FAULT, HELD, prompts.edited(respace)),
    Kind("contamination", "in other case", FAULT, HELD, prompts.edited(recase)),
    Kind("contamination", "embedded", FAULT, HELD, prompts.edited(prompts.embedded)),
    Kind("contamination", "other numbers", LOOK_ALIKE, TUNED, prompts.beside),
    Kind("contamination", "names a benchmark", LOOK_ALIKE, HELD, prompts.named),
    Kind("duplicates", "exact", FAULT, TUNED, prompts.copied(prompts.unchanged)),
    Kind("duplicates", "with its trace", FAULT, TUNED, prompts.copied(prompts.unchanged, with_trace=True)),
    Kind("duplicates", "prefaced", FAULT, TUNED, prompts.copied(prompts.prefaced)),
    Kind("duplicates", "in other case", FAULT, HELD, prompts.copied(recase)),
    Kind("duplicates", "without a word", FAULT, HELD, prompts.copied(prompts.without_a_word)),
    Kind("duplicates", "respaced", FAULT, HELD, prompts.copied(respace)),
    Kind("duplicates", "another number", LOOK_ALIKE, TUNED, prompts.renumbered),
    Kind("duplicates", "the opposite", LOOK_ALIKE, TUNED, prompts.turned),
    Kind("labels", "wrong, called right", FAULT, TUNED, claims.told_wrong, ("openr1",)),
    Kind("labels", "right, called wrong", FAULT, HELD, claims.called_wrong, ("openr1",)),
    Kind("labels", "wrong answer told", FAULT, TUNED, claims.told_wrong, ("s1k", "ours")),
    Kind("labels", "wrong answer in the set", FAULT, HELD, claims.gold_off, ("s1k", "ours")),
    Kind("labels", "other notation", LOOK_ALIKE, TUNED, claims.written, ANSWERED),
    Kind("labels", "in words", LOOK_ALIKE, HELD, claims.in_words, ANSWERED),
    Kind("languages", "trace in Chinese or French", FAULT, TUNED, tongues.abroad(("zh", "fr"))),
    Kind("languages", "trace in Russian, German or Spanish", FAULT, HELD, tongues.abroad(("ru", "de", "es"))),
    Kind("languages", "switch to Chinese", FAULT, TUNED, tongues.switched(("zh",))),
    Kind("languages", "switch to Russian", FAULT, HELD, tongues.switched(("ru",))),
    Kind("languages", "switch to German or Spanish", FAULT, TUNED, tongues.switched(("de", "es"))),
    Kind("languages", "answer in another language", FAULT, TUNED, tongues.answered_abroad, BARE),
    Kind("languages", "Greek letters", LOOK_ALIKE, TUNED, tongues.greek),
    Kind("languages", "quoted words", LOOK_ALIKE, TUNED, tongues.quoting),
    Kind("languages", "a translation asked for", LOOK_ALIKE, HELD, tongues.translating, BARE),
    Kind("languages", "all in one other language", LOOK_ALIKE, HELD, tongues.at_home, BARE),
    Kind("truncation", "stated", FAULT, TUNED, endings.stated, ("openr1",)),
    Kind("truncation", "never closed", FAULT, TUNED, endings.unclosed, TAGGED),
    Kind("truncation", "no answer", FAULT, TUNED, endings.silent, (*TAGGED, "s1k")),
    Kind("truncation", "at the limit", FAULT, HELD, endings.limited, ("ours",)),
    Kind("truncation", "open box", FAULT, TUNED, endings.boxless),
    Kind("truncation", "open fence", FAULT, HELD, endings.fenceless, BARE),
    Kind("truncation", "short", LOOK_ALIKE, TUNED, endings.brief),
    Kind("truncation", "tags spoken of", LOOK_ALIKE, TUNED, endings.of_tags),
    Kind("truncation", "no full stop", LOOK_ALIKE, HELD, endings.unstopped),
    Kind("truncation", "fences within fences", LOOK_ALIKE, HELD, endings.fenced),
    Kind("repetition", "a phrase", FAULT, TUNED, _running(loops.phrase)),
    Kind("repetition", "equal lines", FAULT, TUNED, _running(loops.lines)),
    Kind("repetition", "a paragraph", FAULT, HELD, _running(loops.paragraph)),
    Kind("repetition", "digits", FAULT, HELD, _running(loops.digits)),
    Kind("repetition", "attempts that count up", FAULT, TUNED, _running(loops.attempts)),
    Kind("repetition", "a word", FAULT, TUNED, _running(loops.word)),
    Kind("repetition", "a table", LOOK_ALIKE, TUNED, _running(loops.table)),
    Kind("repetition", "matrices", LOOK_ALIKE, TUNED, _running(loops.matrices)),
    Kind("repetition", "code", LOOK_ALIKE, HELD, _running(loops.code)),
    Kind("repetition", "cases", LOOK_ALIKE, HELD, _running(loops.cases)),
    Kind("licences", "not stated", FAULT, TUNED, claims.licensed(None, ""), LICENSED),
    Kind("licences", "unknown", FAULT, TUNED, claims.licensed("unknown", "other", "n/a"), LICENSED),
    Kind("licences", "no known name", FAULT, HELD, claims.licensed("see the website", "our own terms"), LICENSED),
    Kind("licences", "of its source's others", LOOK_ALIKE, HELD, claims.in_conflict, LICENSED),
    Kind("licences", "other spelling", LOOK_ALIKE, TUNED, claims.spelt, LICENSED),
    Kind("licences", "a link", LOOK_ALIKE, HELD, claims.linked, LICENSED),
)  # fmt: skip
