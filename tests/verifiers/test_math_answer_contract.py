"""A verdict is a proof, both ways: what a fail and a pass imply, by an evaluation that the verifier does not use."""

from collections.abc import Callable
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.records import Outcome
from distill.verifiers.math_answer import STRICT, equal
from distill.verifiers.math_answer.comparing.compare import same
from distill.verifiers.math_answer.tree import Apply, Const, Interval, Items, Num, Tree, Var

CONTEXT = mpmath.mp.clone()
CONTEXT.dps = 60
PLACES = [
    CONTEXT.mpf(sign * numerator) / 1009
    for sign in (1, -1)
    for numerator in (2, 31, 127, 503, 751, 997, 1511, 2203, 3001, 5003, 9001, 15013, 20011, 31013, 60013, 1000003)
]
FUNCTIONS: dict[str, Callable[..., mpmath.mpf]] = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "sqrt": CONTEXT.sqrt,
    "abs": CONTEXT.fabs,
    "sin": CONTEXT.sin,
    "cos": CONTEXT.cos,
    "exp": CONTEXT.exp,
    "ln": CONTEXT.log,
    "max": max,
    "min": min,
}


def value(tree: Tree, x: mpmath.mpf) -> mpmath.mpf:
    """The real value of a scalar tree at x.

    Raises:
        ArithmeticError: It has none.
    """
    match tree:
        case Num(value=number):
            return CONTEXT.mpf(number.numerator) / number.denominator
        case Const("pi"):
            return +CONTEXT.pi
        case Var():
            return x
        case Apply(op=op, args=args):
            found = FUNCTIONS[op](*(value(arg, x) for arg in args))
            if isinstance(found, CONTEXT.mpc) or not CONTEXT.isfinite(found) or abs(found) > CONTEXT.mpf(10) ** 300:
                raise ArithmeticError("not real")
            return found
        case _:
            raise AssertionError(tree)


def differ(a: Tree, b: Tree) -> bool:
    """Whether two scalars have values that differ beyond rounding, somewhere."""
    for x in PLACES:
        try:
            first, second = value(a, x), value(b, x)
        except (ArithmeticError, ValueError, TypeError):
            continue
        if abs(first - second) > CONTEXT.mpf(10) ** -40 * (1 + abs(first)):
            return True
    return False


def is_defined(a: Tree, b: Tree) -> bool:
    """Whether both have values at one place, at least."""
    for x in PLACES:
        try:
            value(a, x), value(b, x)
        except (ArithmeticError, ValueError, TypeError):
            continue
        return True
    return False


numbers = st.one_of(
    st.integers(-40, 40).map(Num), st.fractions(-9, 9, max_denominator=12).map(lambda f: Num(Fraction(f)))
)
leaves = st.one_of(numbers, st.just(Var("x")), st.just(Const("pi")))


def grown(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        st.builds(Apply, st.sampled_from(["add", "mul", "div", "max", "min"]), pairs),
        st.builds(Apply, st.sampled_from(["neg", "abs", "sqrt", "sin", "cos", "ln"]), st.tuples(parts)),
        st.builds(lambda base, k: Apply("pow", (base, Num(k))), parts, st.integers(2, 4)),
    )


scalars = st.recursive(leaves, grown, max_leaves=7)

X = Var("x")


def plus(a: Tree, b: Tree) -> Tree:
    return Apply("add", (a, b))


CHANGES: list[Callable[[Tree, Num], Tree]] = [
    lambda t, k: Apply("add", (t, Num(0))),
    lambda t, k: Apply("neg", (Apply("neg", (t,)),)),
    lambda t, k: Apply("div", (Apply("mul", (k, t)), k)),
    lambda t, k: Apply("sqrt", (Apply("pow", (t, Num(2))),)),
    lambda t, k: Apply("abs", (t,)),
    lambda t, k: Apply("max", (t, k)),
    lambda t, k: plus(Apply("abs", (plus(X, Apply("neg", (k,))),)), plus(t, Apply("neg", (X,)))),
    lambda t, k: Apply("add", (t, Num(Fraction(1, 10**9)))),
    lambda t, k: Apply("mul", (t, t)),
    lambda t, k: Apply("neg", (t,)),
]
"""Rewritings of a tree, some of which keep its value everywhere, some in places, some nowhere."""


@st.composite
def pairs_of_scalars(draw: st.DrawFn) -> tuple[Tree, Tree]:
    first = draw(scalars)
    if draw(st.booleans()):
        return first, draw(scalars)
    return first, draw(st.sampled_from(CHANGES))(first, Num(draw(st.integers(1, 40))))


@given(pairs_of_scalars())
@settings(max_examples=600, deadline=None)
def test_a_fail_of_scalars_implies_a_place_where_they_differ(pair: tuple[Tree, Tree]) -> None:
    if same(*pair, STRICT) is False:
        assert differ(*pair) or not is_defined(*pair)


@given(pairs_of_scalars())
@settings(max_examples=600, deadline=None)
def test_a_pass_of_scalars_implies_that_they_differ_nowhere(pair: tuple[Tree, Tree]) -> None:
    if same(*pair, STRICT):
        assert not differ(*pair)


constants = st.recursive(st.one_of(numbers, st.just(Const("pi"))), grown, max_leaves=4)


@given(st.lists(constants, min_size=2, max_size=3), st.lists(constants, min_size=2, max_size=3), st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_fail_of_lists_implies_that_no_order_pairs_them_off(a: list[Tree], b: list[Tree], is_turned: bool) -> None:
    others = [*a[1:], a[0]] if is_turned else b
    verdict = same(Items("list", tuple(a)), Items("list", tuple(others)), STRICT)
    if verdict is False:
        unmatched = [item for item in a if all(differ(item, other) or not is_defined(item, other) for other in others)]
        missing = [other for other in others if all(differ(item, other) or not is_defined(item, other) for item in a)]
        assert unmatched or missing or len(a) != len(others) or not is_turned
        assert not (is_turned and all(is_defined(item, item) for item in a))


@given(constants, constants, constants, constants, st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_fail_of_intervals_implies_ends_that_differ(
    a: Tree, b: Tree, c: Tree, d: Tree, is_same: bool, is_closed: bool
) -> None:
    ends = (a, b) if is_same else (c, d)
    verdict = same(Interval(a, b, False, True), Interval(*ends, is_closed, True), STRICT)
    if verdict is False and not is_closed:
        assert differ(a, ends[0]) or differ(b, ends[1]) or not (is_defined(a, ends[0]) and is_defined(b, ends[1]))


OPEN = [
    ("what no grammar reads", "f(x)=2x+3", r"f \text{ is affine \& increasing } \natural"),
    ("another noun beside an equal number", r"5\text{ apples}", r"5\text{ pears}"),
    ("an equation that the value satisfies", "3", "x^2=9"),
    ("a number within words", "7", r"\text{about }7"),
    ("a numeral without its base", "101_2", "101"),
    ("a logarithm whose base is not said", r"\ln 5", r"\log 5"),
    ("what is too large", "(10^{10^{10}})!", "(10^{10^{10}}+1)!"),
    ("half of a day that only one side gives", "3:20", "3:20 PM"),
]


@pytest.mark.parametrize(("why", "reference", "answer"), OPEN, ids=[case[0] for case in OPEN])
def test_what_is_neither_proved_nor_disproved_stays_open(why: str, reference: str, answer: str) -> None:
    assert equal(reference, answer).outcome is None or equal(reference, answer).outcome is Outcome.ABSTAIN


DISPROVED = [
    ("far out", "|x-40|", "40-x"),
    ("between two breakpoints", "|x-30|+|x-34|", "64-2x"),
    ("beyond a maximum", r"\max(x,25)", "25"),
    ("an identity asserts nothing", "x=7", "3x=3x"),
    ("not even of numbers", "x=1", "1=1"),
    ("another argument", "g(4)=1", "g(5)=1"),
    ("a set within a set", r"\{3,4\}", r"\{3,\{4\}\}"),
    ("brackets are part of the answer", "(3,9]", "[3,9]"),
    ("brackets in words", r"\text{decreasing on }(3,9)", r"\text{decreasing on }[3,9)"),
    ("a denial", "7", r"\text{not }7"),
    ("a bound", "7", r"\text{at least }7"),
    ("a count that differs", "1,2,3", "1,2"),
    ("a point of another curve", "x^2+y^2=9", "x^2+y^2=16"),
    ("a point of another region", "x+y<3", "x-y<3"),
    ("a piece with other values", r"\begin{cases}x&x>1\\2&x\le1\end{cases}", r"\begin{cases}x&x>1\\3&x\le1\end{cases}"),
]


@pytest.mark.parametrize(("why", "reference", "answer"), DISPROVED, ids=[case[0] for case in DISPROVED])
def test_a_fail_is_earned_by_a_disproof(why: str, reference: str, answer: str) -> None:
    assert equal(reference, answer).outcome is Outcome.FAIL
    assert equal(reference, reference).outcome is Outcome.PASS


PROVED = [
    ("where both are defined", r"\ln(x^2-3600)", r"\ln(x-60)+\ln(x+60)"),
    ("on the domain of both", r"\arccos(1-2b)", r"2\arcsin\sqrt{b}"),
    ("both branches", "y^2=9x", r"y=\pm3\sqrt{x}"),
    ("the value alone", "xy=12", r"\frac{12}{x}"),
    ("another multiple of the constant", r"\frac{x^4}{4}+C", r"\frac{x^4}{4}+7C"),
    ("the constant under another name", "Ae^{x}+Be^{-x}", "C_1e^{x}+C_2e^{-x}"),
    ("a family under another letter", r"x=\frac{k\pi}{3}", r"x=\frac{n\pi}{3}"),
    ("two families that make up one", r"x=\frac{k\pi}{2}", r"x=k\pi, x=\frac{\pi}{2}+k\pi"),
    ("either side of an approximation", r"\frac{1+\sqrt{57}}{4}\approx 2.14", r"\frac{\sqrt{57}+1}{4}"),
    ("sets by their members", r"A\setminus B", r"A\cap B^c"),
    ("a double in full", r"7\sqrt{3}", "12.124355652982141"),
    ("one more term spelled out", r"3,6,\ldots,3n", r"3,6,9,\ldots,3n"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "reference", "answer"), PROVED, ids=[case[0] for case in PROVED])
def test_a_pass_is_proved(why: str, reference: str, answer: str) -> None:
    assert equal(reference, answer).outcome is Outcome.PASS
