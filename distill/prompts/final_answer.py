r"""What a dataset gives as an answer ─▶ the answer itself. Pure.

`"42"` · `42.0` · `["42"]` · `'["42"]'` · a solution that ends in `\boxed{42}` or `#### 42`
"""

import json
import math
import re
from decimal import Decimal

from distill.prompts.turns import clean

NO_ANSWER = frozenset({"", "nan", "none", "null", "n/a", "proof", "notfound", "not found"})
"""Words that stand where there is no answer, in lower case; NuminaMath writes `proof` and `notfound`."""
_RESIDUES = ("\\\\", "\\noindent", "\\newline", "\\par")
"""What TeX ends a paragraph with."""
_VALUE = re.compile(
    r"[-+]?\$?[-+]?[\d.,/]*\d%?\$?\.?|\$[^$\n]{1,80}\$\.?|\(?[A-Z]\)?\.?|yes|no|true|false", re.IGNORECASE
)
"""A reply that is nothing but an answer: a number, a formula, a letter, a word of assent."""


def read_answer(found: object) -> object:
    r"""The answer as text; a tuple where there are several; None without one.

    Numbers, true and false become text, lists of one and JSON text of a list are opened. What is none of these stays as
    it is, so that `parse_prompt` names it.

    >>> read_answer(['9.6\n']), read_answer('["2"]'), read_answer(5.0), read_answer("nan"), read_answer([1, 2])
    ('9.6', '2', '5', None, ('1', '2'))
    """
    match found:
        case str():
            return _read_text(found)
        case bool():
            return str(found)
        case float() | Decimal():
            return _read_number(found)
        case int():
            return str(found)
        case list() | tuple():
            answers = [answer for each in found if (answer := read_answer(each)) is not None]
            return tuple(map(str, answers)) if answers[1:] else next(iter(answers), None)
    return found


def final_answer(text: str) -> str:
    r"""The answer at the end of a solution: in the last `\boxed{…}`, or behind the last `####`; else all of it.

    >>> final_answer(r"So it is \boxed{\frac{1}{2}}."), final_answer("3 * 6 = 18\n#### 18"), final_answer(" 7 ")
    ('\\frac{1}{2}', '18', '7')
    """
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start >= 0:
        inside = _braced(text, text.index("{", start))
        if inside is not None:
            return inside.strip()
    return text.rpartition("####")[2].strip()


def is_answer(reply: object) -> bool:
    """Whether a reply or solution says which of it is the answer, or is nothing else."""
    if isinstance(reply, list | tuple) and len(reply) == 1:
        return is_answer(reply[0])
    if isinstance(reply, str):
        return final_answer(reply) != reply.strip() or _VALUE.fullmatch(reply.strip()) is not None
    return isinstance(reply, int | float | Decimal)


def _read_text(found: str) -> object:
    text = clean(found)
    if text.startswith("[") and text.endswith("]"):
        try:
            values = json.loads(text)
        except ValueError:
            values = None  # an interval, a list that is the answer
        if isinstance(values, list) and all(isinstance(value, str) for value in values):
            return read_answer(values)
    answer = final_answer(text)
    while answer.endswith(_RESIDUES):
        answer = answer.removesuffix(next(each for each in _RESIDUES if answer.endswith(each))).strip()
    return None if answer.lower() in NO_ANSWER else answer


def _read_number(found: float | Decimal) -> str | None:
    if not math.isfinite(found):
        return None
    return str(int(found)) if found == int(found) and -(2**53) < found < 2**53 else str(found)


def _braced(text: str, start: int) -> str | None:
    """What stands between the brace at `start` and the one that closes it."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in "{}" and text[place - 1] != "\\":
            depth += 1 if text[place] == "{" else -1
        if depth == 0:
            return text[start + 1 : place]
    return None
