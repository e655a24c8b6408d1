"""Scores an answer to a problem of reasoning-gym by the package's own `score_answer`. It runs inside the sandbox.

input   {"task": "countdown", "entry": {…}, "readings": ["3*(5+2)"], "is_marked": true}
output  ["pass", "scored 1 of 1 by reasoning-gym's countdown"]

Version 0.1.25 was read, scorer by scorer. Some give the full score to what the question rules out: those answers meet
an objection first, which disproves them or does not let them be read. Some give less to what is right as asked, such
as a longer way to solve a puzzle: that is an abstain. Some evaluate an answer as Python: what could run code is never
shown to them, so that no text can score itself. A scorer that knows one of several right answers is taken at its word.
"""

import ast
import importlib
import json
import math
import os
import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal, NamedTuple, Protocol, get_args

Entry = dict[str, Any]
"""A problem as the package made it, or as it came back from JSON."""


Kind = Literal["pass", "doubt", "fail", "unread"]
"""What counts of several readings of an answer is the first of these."""


class Finding(NamedTuple):
    """What is known of one reading of an answer."""

    kind: Kind
    reason: str


class Dataset(Protocol):
    """What is used of the package's datasets."""

    def score_answer(self, answer: str, entry: Entry) -> float:
        """The score of an answer, 0 to 1."""
        ...


Objection = Callable[[str, Entry], Finding | None]


def decide(dataset: Dataset, task: str, readings: list[str], entry: Entry, *, is_marked: bool) -> tuple[str, str]:
    """The outcome and its reason: a pass where any reading of the answer has the full score."""
    found = [_by_reading(dataset, task, reading, entry) for reading in readings]
    kind, reason = min(found, key=lambda finding: get_args(Kind).index(finding.kind))
    if kind == "fail" and not is_marked:
        return "abstain", f"nothing marks the answer; of what stands at the end: {reason}"
    return (kind if kind in ("pass", "fail") else "abstain"), reason


def _by_reading(dataset: Dataset, task: str, reading: str, entry: Entry) -> Finding:
    try:
        objection = OBJECTIONS[task](reading, entry) if task in OBJECTIONS else None
        if objection is not None:
            return objection
        score = float(dataset.score_answer(reading, _as_made(task, entry)))
    except (MemoryError, RecursionError) as error:
        return Finding("unread", f"{type(error).__name__} in the scorer")
    except Exception as error:  # noqa: BLE001 - whatever a scorer raises, it has not decided
        return Finding("unread", f"the scorer broke on it: {type(error).__name__}: {error}"[:200])
    if not 0 <= score <= 1:
        return Finding("unread", f"the scorer gave {score:.3g}, where scores are 0 to 1")
    reason = f"scored {_shown(score)} of 1 by reasoning-gym's {task}"
    if score == 1:
        return Finding("pass", reason)
    doubt = _doubt(task, score, entry)
    return Finding("doubt", f"{reason}: {doubt}") if doubt else Finding("fail", reason)


def _shown(score: float) -> str:
    """A score of less than 1 is never rounded to 1."""
    return f"{min(score, 0.999):.3g}" if score < 1 else "1"


def _as_made(task: str, entry: Entry) -> Entry:
    """A copy, since scorers write into it. Boards of ARC are compared as tuples, which JSON does not have."""
    copy: Entry = json.loads(json.dumps(entry))
    if task in {"arc_agi", "rearc"}:
        copy["metadata"]["output"] = tuple(map(tuple, copy["metadata"]["output"]))
    return copy


# -- less than the full score, and yet not wrong

LONGER, OTHER_FORM = "it may be right, in more moves than needed", "it is right, in another form than was asked for"
DOUBTFUL: dict[str, tuple[float, str]] = {
    "advanced_geometry": (0.5, "it is right when rounded"),
    "binary_matrix": (0.1, OTHER_FORM),
    "knight_swap": (0.06, LONGER),
    "n_queens": (0.5, OTHER_FORM),
    "spiral_matrix": (0.1, OTHER_FORM),
    "string_insertion": (0.1, OTHER_FORM),
    "tower_of_hanoi": (0.06, LONGER),
    "word_ladder": (0.0001, "it has words that the package's list lacks"),
}
"""From which score on an answer is no longer wrong, and why."""


def _doubt(task: str, score: float, entry: Entry) -> str | None:
    if task == "codeio" and "feasible input" in entry.get("question", ""):
        return "other inputs may give this output as well"
    least, doubt = DOUBTFUL.get(task, (math.inf, ""))
    return doubt if score >= least else None


# -- the full score, and yet wrong


def _arithmetic(target: Callable[[Entry], int]) -> Objection:
    """The numbers of the problem, each once, by + - * / and brackets, with exactly the value that is asked for."""

    def objection(answer: str, entry: Entry) -> Finding | None:
        numbers: list[int] = []
        try:
            value = _value(ast.parse(answer.strip(), mode="eval").body, numbers)
        except (SyntaxError, ValueError):
            return _more_than("numbers, + - * / and brackets", answer)
        except ZeroDivisionError:
            return Finding("fail", "it divides by zero")
        if sorted(numbers) != sorted(entry["metadata"]["numbers"]):
            return Finding("fail", "it does not use each number of the problem once")
        return None if value == target(entry) else Finding("fail", "it has another value")

    return objection


def _value(node: ast.expr, numbers: list[int]) -> Fraction:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            numbers.append(number)
            return Fraction(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, numbers)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, numbers) + _value(right, numbers)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left, numbers) - _value(right, numbers)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left, numbers) * _value(right, numbers)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left, numbers) / _value(right, numbers)
    raise ValueError("no arithmetic")


_FORMULA = re.compile(r"[\w\s+\-*/^(),.]*")
_FUNCTIONS = frozenset(
    "sin cos tan cot sec csc asin acos atan acot sinh cosh tanh asinh acosh atanh exp log ln sqrt Abs sign pi".split()
)


def _formula(answer: str, _entry: Entry) -> Finding | None:
    """Sympy evaluates text as Python: only letters, numbers, signs and known functions are shown to it."""
    names = set(re.findall(r"[^\W\d]\w*", answer))
    unknown = sorted(name for name in names if len(name) > 1 and name not in _FUNCTIONS)
    is_plain = _FORMULA.fullmatch(answer) and not re.search(r"\.\s*[^\W\d]", answer)
    if is_plain and not unknown and not names & {"N", "O", "Q", "S"}:
        return None
    return Finding("unread", "the scorer evaluates formulas, and it is more than one of known functions")


def _same_text(answer: str, entry: Entry) -> Finding | None:
    is_same = "".join(answer.split()).casefold() == "".join(str(entry["answer"]).split()).casefold()
    return None if is_same else Finding("fail", "the problem has another answer")


def _same_number(answer: str, entry: Entry) -> Finding | None:
    try:
        difference = abs(Fraction(answer.replace(",", "")) - Fraction(str(entry["answer"]).replace(",", "")))
    except (ValueError, ZeroDivisionError):
        return None
    return None if difference <= Fraction(1, 10_000) else Finding("fail", "the problem has another answer")


def _same_list(answer: str, entry: Entry) -> Finding | None:
    """Numbers that were only put in order are the numbers of the problem, not some that are near."""
    try:
        given, wanted = (sorted(map(float, json.loads(text.replace("'", '"')))) for text in (answer, entry["answer"]))
    except (ValueError, TypeError):
        return None
    return None if given == wanted else Finding("fail", "it has other numbers than the problem")


def _same_board(answer: str, entry: Entry) -> Finding | None:
    try:
        is_same = json.loads(answer) == json.loads(entry["answer"])
    except ValueError:
        return None
    return None if is_same else Finding("fail", "the problem has another answer")


def _same_length(separator: str | None) -> Objection:
    """What comes behind the last right word counts as well; no separator means spaces."""

    def objection(answer: str, entry: Entry) -> Finding | None:
        nums = [len(text.split(separator)) for text in (answer, entry["answer"])]
        return None if nums[0] == nums[1] else Finding("fail", f"it has {nums[0]} words instead of {nums[1]}")

    return objection


def _only(allowed: Callable[[str], re.Match[str] | None], what: str, *, has_numbers: bool = True) -> Objection:
    """A scorer that picks what it knows out of a text sees a text of nothing else."""

    def objection(answer: str, _entry: Entry) -> Finding | None:
        return None if allowed(answer.strip()) else _more_than(what, answer, has_numbers=has_numbers)

    return objection


def _more_than(what: str, answer: str, *, has_numbers: bool = True) -> Finding:
    """What has words beside its numbers may be right; what has words alone is not."""
    if not has_numbers or re.search(r"\d", answer):
        return Finding("unread", f"it is more than {what}")
    return Finding("fail", f"it is not {what}")


def _roots(answer: str, entry: Entry) -> Finding | None:
    """A scorer that leaves out what is no number would take any words for "no solution"."""
    if not entry["answer"]:
        return Finding("fail", "it names a solution, and there is none") if re.search(r"\d", answer) else None
    try:
        [float(part) for part in answer.split(",")]
    except ValueError:
        return Finding("unread", "it is more than decimal numbers with commas between")
    return None


def _blocked_move(answer: str, entry: Entry) -> Finding | None:
    """The package's board leaves a move that is blocked undone, and goes on."""
    board = importlib.import_module("reasoning_gym.games.rush_hour").Board(entry["metadata"]["board_config"])
    for car, sign, steps in re.findall(r"([A-Z])([+-])(\d{1,3})", answer):
        place, wanted = ord(car) - ord("A"), int(sign + steps)
        if place >= len(board._pieces):
            return Finding("fail", f"there is no car {car}")
        piece = board._pieces[place]
        before = piece.position
        board.move(car, wanted)
        if piece.position - before != wanted * piece.stride:
            return Finding("fail", f"{car}{sign}{steps} is blocked")
    return None


_FRACTION = r"\$?\s*(?:\\d?frac\s*\{\s*\d+\s*\}\s*\{\s*\d+\s*\}|\(?\d+\s*/\s*\d+\)?)\s*\$?"
OBJECTIONS: dict[str, Objection] = {
    "calendar_arithmetic": _same_number,  # below zero its scores grow with the distance
    "coin_flip": _same_number,  # a beginning of the right digits has the full score
    "countdown": _arithmetic(
        lambda entry: int(entry["metadata"]["target"])
    ),  # to five digits; any of sympy's functions
    "figlet_font": _same_text,  # ten right letters have the full score
    "fraction_simplification": _only(re.compile(_FRACTION).fullmatch, "one fraction"),
    "game_of_life": _same_board,  # what lies around the board is not looked at
    "game_of_life_halting": _same_text,  # any text has the full score
    "gsm_symbolic": _only(re.compile(r"\D*(?:\d+(?:\.\d+)?\D*)?").fullmatch, "one number"),  # the first number counts
    "intermediate_integration": _formula,
    "kakurasu": _only(re.compile(r"[01\s,|\[\]]*").fullmatch, "a grid of 0 and 1"),
    "letter_jumble": _same_length(None),
    "number_sorting": _same_list,  # each number may be off by 1
    "polynomial_equations": _roots,
    "polynomial_multiplication": _formula,
    "puzzle24": _arithmetic(lambda _entry: 24),  # any four numbers, and any value from 24 to 25
    "quantum_lock": _only(re.compile(r"[ABCabc\s→>,;.-]*").fullmatch, "a sequence of buttons", has_numbers=False),
    "rush_hour": _blocked_move,
    "simple_integration": _formula,
    "sokoban": _only(re.compile(r"[LRUD\s,]*").fullmatch, "a sequence of moves", has_numbers=False),
    "spell_backward": _same_text,  # its sum of shares may exceed 1
    "time_intervals": _only(re.compile(r"-?\d+(?: days?)?(?:, \d+:[\d:.]+)?|[\d:.]+").fullmatch, "one span of time"),
    "word_sorting": _same_length(","),
}
LITERALS = ("binary_matrix", "n_queens", "spiral_matrix", "string_insertion")
"""Tasks whose scorers evaluate an answer to read a list."""


def main() -> None:
    """Decide on what stands on standard input."""
    from reasoning_gym.factory import DATASETS, create_dataset

    given = json.load(sys.stdin)
    task = given.pop("task")
    if task not in DATASETS:
        decision = ("abstain", f"reasoning-gym has no task {task!r}"[:120])
    else:
        dataset = create_dataset(task, seed=0, size=1)
        if task in LITERALS:
            vars(sys.modules[type(dataset).__module__])["eval"] = ast.literal_eval
        decision = decide(dataset, task, **given)
    os.write(1, json.dumps(decision).encode() + b"\n")


if __name__ == "__main__":
    main()
