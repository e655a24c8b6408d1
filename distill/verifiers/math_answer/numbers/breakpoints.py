"""Where two expressions may stop agreeing: a wide grid, and a point between all places where a branch changes.

Expressions of sums, products and smooth functions that agree at a few points in general position are the same. Absolute
values, roots, maxima, inverse functions and logarithms are others on the far side of a breakpoint, wherever it lies.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.compiled import compiled
from distill.verifiers.math_answer.tree import Apply, Num, Rational, Tree, variables, walk

_BRANCHING = frozenset(
    "abs sqrt root max min floor ceil mod sgn ln log log10 "
    "arcsin arccos arctan arccot arcsec arccsc arccosh arctanh arccoth".split()
)
_MAGNITUDES = (
    0.0013, 0.013, 0.13, 0.37, 0.61, 0.83, 0.97, 1.13, 1.57, 2.3, 3.1, 4.7, 6.1, 8.3, 11.7, 15.3, 19.1, 24.3, 31.7,
    43.1, 57.3, 77.7, 103.9, 151.3, 211.7, 307.1, 433.3, 619.9, 907.3, 1307.1, 2011.7, 5003.3, 12007.9, 100003.1,
    1000003.7,
)  # fmt: skip
GRID: tuple[float, ...] = tuple(sorted([-m for m in _MAGNITUDES] + list(_MAGNITUDES)))
"""Places on both sides of zero, from near to far, in no simple ratio to each other."""
OFFSET = Fraction(1, 9973)
"""Added to places that are short decimals: there, sines of many whole multiples of pi agree that differ elsewhere."""
_NUM_BISECTIONS = 40
_MAX_NAMES = 3
"""Variables that are varied one after the other."""


def _beside(place: float) -> Fraction:
    return Fraction(place).limit_denominator(10**7) + OFFSET


_PLACES = tuple(map(_beside, GRID))
Point = dict[str, Rational]
Along = Callable[[float], float | None]


def switches(*trees: Tree) -> list[Tree]:
    """The trees whose sign tells on which branch a function is, and denominators beside them; [] if all is smooth."""
    return [switch for switch in dict.fromkeys(s for tree in trees for s in _switches(tree)) if variables(switch)]


def points(switches: list[Tree], bases: list[Point]) -> Iterator[Point]:
    """Points on the grid and between breakpoints, one variable varied at a time around each base; none if smooth."""
    if not switches:
        return
    for base in bases:
        for name in sorted(base)[:_MAX_NAMES]:
            for place in (*_PLACES, *map(_beside, _between(switches, name, base))):
                yield {**base, name: place}


def _switches(tree: Tree) -> Iterator[Tree]:
    nodes = [node for node in walk(tree) if isinstance(node, Apply)]
    if not any(node.op in _BRANCHING or _is_fractional_power(node) for node in nodes):
        return
    for node in nodes:
        match node:
            case Apply(op="max" | "min", args=(first, *rest)):
                yield from (Apply("add", (first, Apply("neg", (other,)))) for other in rest)
            case Apply(op="div", args=(_, bottom)):
                yield bottom
            case Apply(op="arcsin" | "arccos", args=(arg,)):
                yield Apply("add", (Num(1), Apply("neg", (Apply("mul", (arg, arg)),))))
            case Apply(args=(Apply(op="pow", args=(base, _)),)) if node.op in _BRANCHING:
                yield base
            case Apply(args=(arg, *_)) if node.op in _BRANCHING or _is_fractional_power(node):
                yield arg


def _is_fractional_power(node: Apply) -> bool:
    return node.op == "pow" and not (isinstance(node.args[1], Num) and isinstance(node.args[1].value, int))


def _between(switches: list[Tree], name: str, base: Mapping[str, Rational]) -> list[float]:
    """A place between each two neighbours among all zeros of the switches."""
    env = {other: float(value) for other, value in base.items()}
    zeros = sorted({zero for switch in switches for zero in roots(along(switch, name, env))})
    return [(low + high) / 2 for low, high in pairwise(zeros) if high - low > 1e-9 * abs(high)]


def along(tree: Tree, name: str, env: Mapping[str, float]) -> Along:
    """The tree as a real function of one variable; None where it has no real value."""
    function = compiled(tree)

    def value(x: float) -> float | None:
        try:
            y = function({**env, name: x})
        except CannotEvaluateError:
            return None
        return None if isinstance(y, complex) else y

    return value


def roots(value: Along) -> Iterator[float]:
    """The places on the grid's range between which the sign of a function changes, by bisection."""
    values = [(x, y) for x in GRID if (y := value(x)) is not None]
    for (low, at_low), (high, at_high) in pairwise(values):
        if at_low * at_high < 0:
            yield _bisected(value, low, high, at_low > 0)


def _bisected(value: Along, low: float, high: float, is_falling: bool) -> float:
    for _ in range(_NUM_BISECTIONS):
        middle = (low + high) / 2
        y = value(middle)
        if y is None:
            return middle
        low, high = (middle, high) if (y > 0) == is_falling else (low, middle)
    return (low + high) / 2
