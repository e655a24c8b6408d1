"""Right answers to puzzles of reasoning-gym, as many as a puzzle has, found by solving it, and a wrong one of each.

A solver gets the entry as JSON gives it back and yields different right answers, lazily. It knows the rules as the
question states them, and of the entry only what the question shows, but where finding an answer is the hard part: then
it makes others of the package's own.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

Entry = dict[str, Any]
Solver = Callable[[Entry], Iterator[str]]
State = TypeVar("State", bound=Hashable)
Pieces = frozenset[tuple[str, str]]
"""The place and colour of each."""


def shortest_ways(
    start: State, steps: Callable[[State], Iterable[tuple[str, State]]], is_goal: Callable[[State], bool]
) -> Iterator[list[str]]:
    """All shortest sequences of moves to a goal."""
    layer: dict[State, list[list[str]]] = {start: [[]]}
    seen = {start}
    while layer:
        goals = [way for state, ways in layer.items() if is_goal(state) for way in ways]
        if goals:
            yield from goals
            return
        following: dict[State, list[list[str]]] = {}
        for state, ways in layer.items():
            for move, reached in steps(state):
                if reached not in seen:
                    following.setdefault(reached, []).extend([*way, move] for way in ways[:4])
        seen |= following.keys()
        layer = following


# -- arithmetic


def expressions(numbers: list[tuple[Fraction, str]], target: int) -> Iterator[str]:
    if len(numbers) == 1:
        if numbers[0][0] == target:
            yield numbers[0][1]
        return
    for first, second in combinations(range(len(numbers)), 2):
        rest = [each for place, each in enumerate(numbers) if place not in (first, second)]
        (a, left), (b, right) = numbers[first], numbers[second]
        made = [(a + b, f"({left} + {right})"), (a - b, f"({left} - {right})"), (b - a, f"({right} - {left})")]
        made += [(a * b, f"({left}*{right})")]
        made += [(a / b, f"({left}/{right})")] if b else []
        for each in made:
            yield from expressions([*rest, each], target)


def countdown(entry: Entry) -> Iterator[str]:
    numbers = [(Fraction(number), str(number)) for number in entry["metadata"]["numbers"]]
    return expressions(numbers, entry["metadata"].get("target", 24))


# -- boards


def n_queens(entry: Entry) -> Iterator[str]:
    puzzle = entry["metadata"]["puzzle"]
    size = len(puzzle)
    fixed = {row: line.index("Q") for row, line in enumerate(puzzle) if "Q" in line}

    def place(queens: list[int]) -> Iterator[list[int]]:
        row = len(queens)
        if row == size:
            yield queens
            return
        for column in [fixed[row]] if row in fixed else range(size):
            if all(column != c and abs(column - c) != row - r for r, c in enumerate(queens)):
                yield from place([*queens, column])

    for queens in place([]):
        yield "\n".join(" ".join("Q" if c == column else "_" for c in range(size)) for column in queens)


def shortest_path(entry: Entry) -> Iterator[str]:
    matrix = entry["metadata"]["matrix"]
    cells = {(r, c): cell for r, row in enumerate(matrix) for c, cell in enumerate(row) if cell != "X"}
    turns = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}

    def steps(place: tuple[int, int]) -> Iterator[tuple[str, tuple[int, int]]]:
        for name, (down, right) in turns.items():
            reached = (place[0] + down, place[1] + right)
            if reached in cells:
                yield name, reached

    start = next(place for place, cell in cells.items() if cell == "*")
    return map(" ".join, shortest_ways(start, steps, lambda place: cells[place] == "#"))


def sokoban(entry: Entry) -> Iterator[str]:
    """The package's way, and the same after a step to an empty place and back."""
    yield entry["answer"]
    grid = [line.split() for line in entry["metadata"]["gamestr"].strip().split("\n")]
    row, column = next((r, c) for r, line in enumerate(grid) for c, cell in enumerate(line) if cell in "*%")
    for there, back, down, right in (("L", "R", 0, -1), ("R", "L", 0, 1), ("U", "D", -1, 0), ("D", "U", 1, 0)):
        if grid[row + down][column + right] in "-X":
            yield there + back + entry["answer"]


def rush_hour(entry: Entry) -> Iterator[str]:
    """All shortest ways on the drawn board, and one with a move back and forth before."""
    drawn = entry["question"].split("Board:\n")[1].split("\n")[:6]
    cells: dict[str, list[tuple[int, int]]] = {}
    for r, line in enumerate(drawn):
        for c, cell in enumerate(line):
            if cell.isupper():
                cells.setdefault(cell, []).append((r, c))
    walls = {(r, c) for r, line in enumerate(drawn) for c, cell in enumerate(line) if cell == "x"}
    is_flat = {car: places[0][0] == places[1][0] for car, places in cells.items()}

    def steps(moved: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
        by = dict(moved)

        def now(car: str, far: int) -> set[tuple[int, int]]:
            return {(r, c + far) if is_flat[car] else (r + far, c) for r, c in cells[car]}

        for car, shift in by.items():
            taken = walls.union(*(now(other, by[other]) for other in by if other != car))
            for sign, step in (("+", 1), ("-", -1)):
                places = now(car, shift + step)
                if all(0 <= r < 6 and 0 <= c < 6 for r, c in places) and not places & taken:
                    yield f"{car}{sign}1", tuple((each, by[each] + step * (each == car)) for each in by)

    exit_by = 5 - max(c for _, c in cells["A"])
    start = tuple((car, 0) for car in sorted(cells))
    for way in shortest_ways(start, steps, lambda moved: dict(moved)["A"] == exit_by):
        yield " ".join(way)
        there = next(move for move, _ in steps(start))
        yield " ".join([there, there.translate(str.maketrans("+-", "-+")), *way])


# -- sequences


def knight_swap(entry: Entry) -> Iterator[str]:
    board, first = entry["metadata"]["board"], entry["metadata"]["start_turn"]
    pieces = frozenset((place, piece) for place, piece in entry["metadata"]["pieces"].items() if piece)
    swapped = frozenset((place, "wB"[piece == "w"]) for place, piece in pieces)
    if not entry["metadata"]["is_possible"]:
        return iter(["No"])

    def steps(state: tuple[str, Pieces]) -> Iterator[tuple[str, tuple[str, Pieces]]]:
        turn, now = state
        taken = {place for place, _ in now}
        for place, piece in sorted(now):
            for reached in board[place] if piece == turn else ():
                if reached not in taken:
                    after = now - {(place, piece)} | {(reached, piece)}
                    yield f"{turn},{place},{reached}", ("wB"[turn == "w"], after)

    return map(json.dumps, shortest_ways((first, pieces), steps, lambda state: state[1] == swapped))


def quantum_lock(entry: Entry) -> Iterator[str]:
    buttons, target = entry["metadata"]["buttons"], entry["metadata"]["target_value"]
    do = {"add": int.__add__, "subtract": int.__sub__, "multiply": int.__mul__}

    def steps(state: tuple[int, str]) -> Iterator[tuple[str, tuple[int, str]]]:
        value, light = state
        for button in buttons:
            if button["active_state"] in (light, "any") and abs(value) < 10**4:
                after = do[button["type"]](value, button["value"])
                yield button["name"], (after, "green" if light == "red" else "red")

    start = (entry["metadata"]["initial_value"], entry["metadata"]["initial_state"])
    return map(" → ".join, shortest_ways(start, steps, lambda state: state[0] == target))


def jugs(entry: Entry) -> Iterator[str]:
    sizes, target = entry["metadata"]["puzzle"]["jug_capacities"], entry["metadata"]["puzzle"]["target"]
    names = "ABCDEFG"[: len(sizes)]

    def steps(full: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
        for i, name in enumerate(names):
            yield f"fill {name}", (*full[:i], sizes[i], *full[i + 1 :])
            yield f"empty {name}", (*full[:i], 0, *full[i + 1 :])
            for j, other in enumerate(names):
                if i != j:
                    amount = min(full[i], sizes[j] - full[j])
                    shift = {i: -amount, j: amount}
                    yield f"pour {name}->{other}", tuple(level + shift.get(k, 0) for k, level in enumerate(full))

    for way in shortest_ways((0,) * len(sizes), steps, lambda full: target in full):
        yield json.dumps(way)
        yield json.dumps(["fill A", "empty A", *way])


def tower_of_hanoi(entry: Entry) -> Iterator[str]:
    """The package's way, and the same with the two pegs that only help exchanged."""
    yield entry["answer"]
    for first, second in combinations(entry["metadata"]["auxiliary_pegs"], 2):
        exchanged = {f"Peg {first}": f"Peg {second}", f"Peg {second}": f"Peg {first}"}
        yield "".join(exchanged.get(part, part) for part in re.split(r"(Peg \d)", entry["answer"]))


def word_ladder(entry: Entry) -> Iterator[str]:
    """The package's ladder, and one through another known word, a letter away from two neighbours of it."""
    from reasoning_gym import create_dataset

    known = vars(create_dataset("word_ladder", seed=0, size=1))["word_sets"][entry["metadata"]["word_length"]]
    words = entry["answer"].split(",")
    yield entry["answer"]
    for place, (first, second) in enumerate(pairwise(words), 1):
        at = next(at for at in range(len(first)) if first[at] != second[at])
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            between = first[:at] + letter + first[at + 1 :]
            if between in known and between not in words:
                yield ",".join([*words[:place], between, *words[place:]])


def boxnet(entry: Entry) -> Iterator[str]:
    """Each box goes along its row and then its column, or the other way round, one agent a step."""
    squares = entry["metadata"]["initial_state"]
    home = {item[7:]: square for square, items in squares.items() for item in items if item.startswith("target_")}
    boxes = [(item[4:], square) for square, items in squares.items() for item in items if item.startswith("box_")]

    def moves(colour: str, square: str, *, is_row_first: bool) -> Iterator[dict[str, str]]:
        here, there = ([float(part) for part in name.split("_")] for name in (square, home[colour]))
        for axis in (0, 1) if is_row_first else (1, 0):
            while here[axis] != there[axis]:
                agent = f"Agent{here}"
                here[axis] += 1 if there[axis] > here[axis] else -1
                yield {agent: f"move(box_{colour}, square{here})"}
        yield {f"Agent{here}": f"move(box_{colour}, target_{colour})"}

    for is_row_first in (True, False):
        yield json.dumps([move for box in boxes for move in moves(*box, is_row_first=is_row_first)])


def rubiks_cube(entry: Entry) -> Iterator[str]:
    """The package's long way, and the scramble undone."""
    yield entry["metadata"]["example_correct_answer"]
    undone = [move[0] if move.endswith("'") else f"{move}'" for move in entry["metadata"]["scramble_moves"].split()]
    yield " ".join(reversed(undone))


# -- assignments and words


def graph_color(entry: Entry) -> Iterator[str]:
    puzzle = entry["metadata"]["puzzle"]
    coloring: dict[str, int] = {}

    def color(vertices: list[int]) -> Iterator[str]:
        if not vertices:
            yield json.dumps(coloring)
            return
        vertex, *rest = vertices
        around = {other for edge in puzzle["edges"] if vertex in edge for other in edge}
        for each in puzzle["color_options"]:
            if all(coloring.get(str(other)) != each for other in around):
                coloring[str(vertex)] = each
                yield from color(rest)
                del coloring[str(vertex)]

    return color(puzzle["vertices"])


def cryptarithm(entry: Entry) -> Iterator[str]:
    """The package's digits, and those with two letters exchanged where the sum stays right."""
    words: list[str] = entry["metadata"]["words_letters"]
    total: str = entry["metadata"]["result_letters"]
    digits = {letter: int(digit) for letter, digit in (pair.split("=") for pair in entry["answer"].split(","))}
    yield entry["answer"]
    for first, second in combinations(digits, 2):
        other = digits | {first: digits[second], second: digits[first]}
        value, *values = (int("".join(str(other[letter]) for letter in word)) for word in (total, *words))
        if value == sum(values) and all(other[word[0]] for word in (total, *words)):
            yield ",".join(f"{letter}={digit}" for letter, digit in other.items())


def palindrome_generation(entry: Entry) -> Iterator[str]:
    half = entry["answer"][: len(entry["answer"]) // 2]
    middle = entry["answer"][len(half) : -len(half)]
    for turned in {half, half[::-1], half[1:] + half[:1]}:
        yield turned + middle + turned[::-1]


def propositional_logic(entry: Entry) -> Iterator[str]:
    """The package's conclusion, and each premise together with it: neither always holds."""
    concluded = entry["metadata"]["example_answer"]
    yield concluded
    yield from (f"({premise} ∧ {concluded})" for premise in entry["metadata"]["premises"] if premise != concluded)


def integral(entry: Entry) -> Iterator[str]:
    """Any constant will do. Some integrals the package leaves unsolved."""
    if "Integral" not in entry["answer"]:
        yield entry["answer"]
        yield f"7 + {entry['answer'].removesuffix(' + C')}"


def reversed_list(entry: Entry) -> Iterator[str]:
    yield entry["answer"]
    yield json.dumps(json.loads(entry["answer"])[::-1])


def reversed_by(separator: str) -> Solver:
    def solver(entry: Entry) -> Iterator[str]:
        yield entry["answer"]
        yield separator.join(reversed(entry["answer"].split(separator)))

    return solver


# -- wrong ones


def shorter(separator: str) -> Callable[[str, Entry], str]:
    """Without its last part."""
    return lambda right, _entry: separator.join(right.split(separator)[:-1])


def shorter_list(right: str, _entry: Entry) -> str:
    return json.dumps(json.loads(right)[:-1])


def with_change(old: str, new: str) -> Callable[[str, Entry], str]:
    return lambda right, _entry: right.replace(old, new, 1)


NEXT_DIGIT = str.maketrans("0123456789", "1234567890")


class Puzzle(NamedTuple):
    """A task that has several right answers."""

    solver: Solver
    wrong: Callable[[str, Entry], str]
    """Makes a wrong answer of a right one."""
    settings: Mapping[str, int] = MappingProxyType({})
    """That make small puzzles."""


PUZZLES: dict[str, Puzzle] = {
    "boxnet": Puzzle(boxnet, shorter_list),
    "countdown": Puzzle(countdown, lambda right, _entry: f"-{right}", {"max_numbers": 4}),
    "cryptarithm": Puzzle(cryptarithm, lambda right, _entry: right.translate(NEXT_DIGIT)),
    "graph_color": Puzzle(graph_color, lambda right, _entry: re.sub(r": \d", ": 1", right)),
    "group_anagrams": Puzzle(reversed_list, shorter_list),
    "intermediate_integration": Puzzle(integral, lambda right, entry: f"{right} + {entry['metadata']['variable']}"),
    "jugs": Puzzle(jugs, shorter_list),
    "knight_swap": Puzzle(knight_swap, shorter_list, {"min_steps": 2, "max_steps": 8}),
    "n_queens": Puzzle(n_queens, with_change("Q _", "_ Q")),
    "palindrome_generation": Puzzle(palindrome_generation, lambda right, _entry: right[1:] + right[:1] + "x"),
    "palindrome_partitioning": Puzzle(reversed_list, shorter_list),
    "polynomial_equations": Puzzle(reversed_by(", "), lambda right, _entry: f"{right}, 7.25"),
    "prime_factorization": Puzzle(reversed_by(" × "), shorter(" × ")),
    "propositional_logic": Puzzle(propositional_logic, lambda right, _entry: f"¬{right}"),
    "puzzle24": Puzzle(countdown, lambda right, _entry: f"-{right}"),
    "quantum_lock": Puzzle(quantum_lock, shorter(" → ")),
    "rubiks_cube": Puzzle(rubiks_cube, shorter(" ")),
    "rush_hour": Puzzle(rush_hour, shorter(" "), {"max_moves": 4}),
    "shortest_path": Puzzle(shortest_path, shorter(" ")),
    "simple_integration": Puzzle(integral, lambda right, entry: f"{right} + {entry['metadata']['variable']}"),
    "sokoban": Puzzle(sokoban, lambda right, _entry: right[:-1], {"max_w": 6, "max_h": 6, "max_boxes": 4}),
    "tower_of_hanoi": Puzzle(tower_of_hanoi, shorter("\n"), {"min_pegs": 4}),
    "word_ladder": Puzzle(word_ladder, shorter(",")),
}
