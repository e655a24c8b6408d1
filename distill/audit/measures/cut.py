r"""Whether a trace ends before it is done. Pure.

Signs are certain; a hint is what cut traces often show, and whole ones too. Of 1,000 traces of Gemma that state how
they ended (tobypullan/logit_cot_overthinking, 91 cut off), the signs that are read from the text alone find 89 and no
whole one; the other two were cut inside their answers.
"""

from collections.abc import Iterator

from distill import reasoning
from distill.audit.measures.finding import TraceFinding, tail
from distill.audit.measures.prose import open_fence
from distill.audit.trace_row import TraceRow
from distill.records import FinishReason
from distill.teacher.replies.endings import ending

STATED, OPEN_TAG, NO_ANSWER, OPEN_MARKUP, AT_LIMIT = (
    "stated finish",
    "tag opened, never closed",
    "nothing after the trace",
    "open \\boxed or fence",
    "an identical maximal count",
)
MID_SENTENCE = "ends in the middle of a sentence"
_MIN_PROSE_CHARS = 200
"""A shorter answer may be a formula or a name, which no full stop ends."""
_GOES_ON = frozenset(",;:(-–—+*=/\\")


def cut_signs(row: TraceRow) -> list[TraceFinding]:
    """Every sign and hint that a trace was cut off.

    Where the set says that it ended by itself, open markup is a hint, since models forget to close it, but for a box
    around which more is open.
    """
    how = ending(row.finish) if row.finish else FinishReason.FILTERED
    found = []
    if how is None or how is FinishReason.LENGTH:
        found.append((STATED, f"the set states that it ended by `{row.finish}`", True))
    found += [(sign, why, True) for sign, why in _unanswered(row)]
    if row.answer and (markup := _open_markup(row.answer)):
        is_certain = how is not FinishReason.STOP or _is_in_formula(row.answer)
        found.append((OPEN_MARKUP, markup, is_certain))
    if _is_mid_sentence(row.answer):
        found.append((MID_SENTENCE, f"its last sign is {row.answer.rstrip()[-1]!r}", False))
    num_certain = sum(is_certain for *_, is_certain in found)
    size = num_certain + min(len(row.completion) / 1e7, 0.99)
    return [TraceFinding(sign, size, why, tail(row.completion), is_certain) for sign, why, is_certain in found]


def _unanswered(row: TraceRow) -> Iterator[tuple[str, str]]:
    if row.answer.strip() or not row.completion.strip():
        return
    parts = reasoning.split(row.completion)
    if not parts.is_finished:
        yield OPEN_TAG, "its reasoning is opened and never closed, so there is no answer"
    elif row.reasoning and row.reasoning.strip():
        yield NO_ANSWER, "its reasoning is closed, and nothing stands behind it"


def _open_markup(answer: str) -> str:
    r"""What is open at the end of the answer: a `\boxed{`, or a block of code. Empty where nothing is."""
    _, box, rest = answer.rpartition("\\boxed{")
    if box and not _closes(rest):
        return "its last \\boxed{ never closes"
    return "its last block of code never ends" if open_fence(answer) else ""


def _is_in_formula(answer: str) -> bool:
    r"""Whether the text ends within its last box and within what that holds, or what holds it: `$\boxed{\frac{1`."""
    before, box, rest = answer.rpartition("\\boxed{")
    if not box or "\n" in rest.strip():
        return False
    line = before[before.rfind("\n") + 1 :]
    is_inline = (line + rest).count("$") % 2 == 1 or any(
        line.count(opening) > (line + rest).count(closing) for opening, closing in (("\\(", "\\)"), ("\\[", "\\]"))
    )
    return is_inline or rest.count("{") > rest.count("}")


def _closes(text: str) -> bool:
    depth = 1
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return True
    return False


def _is_mid_sentence(answer: str) -> bool:
    """Whether prose, whose last paragraph but one ended a sentence, ends in a small letter or a sign that goes on."""
    text = answer.rstrip()
    if len(text) < _MIN_PROSE_CHARS:
        return False
    last = text[-1]
    return last in _GOES_ON or (last.islower() and " " in text[text.rfind("\n") + 1 :])
