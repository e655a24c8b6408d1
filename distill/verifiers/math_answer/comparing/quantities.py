"""Numbers with units, percentages, ratios and numerals, and when two of them are the same."""

from fractions import Fraction

from distill.verifiers.math_answer import units
from distill.verifiers.math_answer.comparing.rounding import is_printed, rounds_to
from distill.verifiers.math_answer.convention import Convention
from distill.verifiers.math_answer.numbers import constants, expressions, scalars
from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.numbers.floats import FLOATS
from distill.verifiers.math_answer.tree import (
    Apply,
    Based,
    Num,
    Quantity,
    Ratio,
    Rational,
    Tree,
    Var,
    is_scalar,
    rational,
)  # fmt: skip


def same_quantity(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    """Whether a value with or without a unit equals another."""
    value, unit = (ref.value, ref.unit) if isinstance(ref, Quantity) else (ref, "")
    given, given_unit = (pred.value, pred.unit) if isinstance(pred, Quantity) else (pred, "")
    if not (is_scalar(value) and is_scalar(given)):
        return None
    if "%" in {unit, given_unit}:
        return _percent(value, given, (unit == "%", given_unit == "%"), convention)
    if convention.units == "ignored" or not (unit or given_unit):
        return same_number(value, given, convention)
    measure, given_measure = _measure(unit), _measure(given_unit)
    angles = _is_degrees(measure), _is_degrees(given_measure)
    if None not in angles and angles[0] != angles[1]:
        turned = [Apply("deg", (x,)) if is_degrees else x for x, is_degrees in zip((value, given), angles, strict=True)]
        return same_number(turned[0], turned[1], convention)
    if not (unit and given_unit):
        return _one_bare((value, unit), (given, given_unit), convention)
    if measure is None or given_measure is None:
        verdict = same_number(value, given, convention)
        return None if verdict and not _are_one_noun(unit, given_unit) else verdict
    if measure[0] != given_measure[0]:
        return False
    if measure[1] == given_measure[1]:
        return same_number(value, given, convention)
    factor = Num(Fraction(given_measure[1]) / Fraction(measure[1]))
    return same_number(value, Apply("mul", (given, factor)), convention)


def _are_one_noun(a: str, b: str) -> bool:
    """Whether two words that are no units are the same, but for a plural or words around them."""
    words = [{word.removesuffix("s") for word in noun.lower().split()} for noun in (a, b)]
    return words[0] <= words[1] or words[1] <= words[0]


def _one_bare(ref: tuple[Tree, str], pred: tuple[Tree, str], convention: Convention) -> bool | None:
    """Only one side has a unit: as letters it may be part of the other side's product; else it was left out."""
    (value, unit), (given, given_unit) = ref, pred
    is_known = _measure(unit or given_unit) is not None
    if unit:
        if is_known and constants.facts(given).names:
            return scalars.same_scalar(_based(_spelled(value, unit)), _based(given))
        return False if convention.units == "required" and is_known else _bare(value, given, unit, convention)
    if is_known and constants.facts(value).names and not constants.facts(given).names:
        return scalars.same_scalar(_based(value), _based(_spelled(given, given_unit)))
    return _bare(given, value, given_unit, convention)


def _is_degrees(measure: tuple[units.Dimension, Rational] | None) -> bool | None:
    """Degrees rather than radians; None for what is no angle."""
    if measure is None or measure[0] not in {(("angle", 1),), (("radian", 1),)}:
        return None
    return measure[0] == (("angle", 1),)


def _measure(unit: str) -> tuple[units.Dimension, Rational] | None:
    unit = unit.replace(".", "")
    return units.measure(unit) or units.measure(unit.split(maxsplit=1)[0]) if unit else None


def _bare(value: Tree, other: Tree, unit: str, convention: Convention) -> bool | None:
    """A value with a unit against one without; degrees also against radians."""
    verdict = same_number(value, other, convention)
    if verdict is not True and unit in {"deg", "degrees", "degree"}:
        return same_number(Apply("deg", (value,)), other, convention) or verdict
    return verdict


def _spelled(value: Tree, unit: str) -> Tree:
    r"""`5\text{ m}` as the product 5 m, for what was written without a text command."""
    tree = value
    for name, exponent in units.factors(unit):
        tree = Apply("mul", (tree, Apply("pow", (Var(name), Num(exponent)))))
    return tree


def _based(tree: Tree) -> Tree:
    """The product with base units for its units: `0.25 L` and `250 mL` are one volume."""
    bases: dict[str, Tree] = {}
    for name in constants.facts(tree).names:
        if (size := units.measure(name)) is not None:
            base: Tree = Num(size[1])
            for dimension, exponent in size[0]:
                base = Apply("mul", (base, Apply("pow", (Var(f"[{dimension}]"), Num(exponent)))))
            bases[name] = base
    return expressions.substituted(tree, bases)


def _percent(ref: Tree, pred: Tree, signs: tuple[bool, bool], convention: Convention) -> bool | None:
    if signs == (True, True):
        return same_number(ref, pred, convention)
    if signs[0] and convention.tolerance == "reference-digits" and rounds_to(Apply("mul", (pred, Num(100))), ref):
        return True
    scaled_ref, scaled_pred = (
        Apply("percent", (x,)) if sign else x for x, sign in zip((ref, pred), signs, strict=True)
    )
    verdict = same_number(scaled_ref, scaled_pred, convention)
    plain = same_number(ref, pred, convention)
    if verdict is True or plain is not True:
        return verdict
    return True if convention.percent == "optional" or _magnitude(ref) > 1 else None


def _magnitude(tree: Tree) -> float:
    try:
        value: complex = evaluate(tree, FLOATS, {})
        return abs(value)
    except CannotEvaluateError:
        return 0.0


def same_number(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    """Whether two scalars are equal, exactly or within what the convention forgives."""
    if convention.relative_tolerance or convention.num_significant:
        near = _is_near(ref, pred, convention)
        if near is not None:
            return near
    if not convention.is_unreduced_accepted and _is_unreduced(pred):
        return False
    verdict = scalars.same_scalar(ref, pred)
    if verdict is False:
        is_rounded = convention.tolerance == "reference-digits" and rounds_to(pred, ref)
        return is_rounded or is_printed(ref, pred) or is_printed(pred, ref)
    return verdict


def _is_near(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    """By tolerance, or rounded to significant figures; None for integers and what is no plain number."""
    exact_ref = rational(ref)
    if isinstance(exact_ref, int) and isinstance(ref, Num) and not ref.num_digits:
        return None
    try:
        x, y = evaluate(ref, FLOATS, {}), evaluate(pred, FLOATS, {})
    except CannotEvaluateError:
        return None
    if convention.num_significant and not isinstance(x, complex) and not isinstance(y, complex):
        digits = convention.num_significant
        return f"{x:.{digits - 1}e}" == f"{y:.{digits - 1}e}" or abs(x - y) <= convention.relative_tolerance * abs(x)
    return abs(x - y) <= convention.relative_tolerance * abs(x)


def is_near(exact: Tree, rounded: Tree) -> bool | None:
    """Whether a value may have been rounded to the other: within 2 %; None where one has no value."""
    try:
        x, y = evaluate(exact, FLOATS, {}), evaluate(rounded, FLOATS, {})
    except CannotEvaluateError:
        return None
    return abs(x - y) <= 0.02 * abs(x)


def _is_unreduced(tree: Tree) -> bool:
    match tree:
        case Apply(op="neg", args=(arg,)):
            return _is_unreduced(arg)
        case Apply(op="div", args=(Num(value=top), Num(value=bottom))) if bottom:
            return bottom == 1 or (
                Fraction(top) / Fraction(bottom) != 0 and Fraction(top, bottom).denominator != bottom
            )
        case _:
            return False


def same_numeral(ref: Tree, pred: Tree) -> bool | None:
    """Numerals in a stated base: the base is part of what was asked for."""
    match ref, pred:
        case Based(value=a, base=b), Based(value=c, base=d):
            return a == c and b == d
        case Based(base=10, value=value), _ if is_scalar(pred):
            return scalars.same_scalar(Num(value), pred)
        case Based(), Num(value=int(value)) if _digits(value, ref.base) == ref.value:
            return None
        case _, Based(value=value) if is_scalar(ref):
            return scalars.same_scalar(ref, Num(value))
        case _:
            return False


def _digits(value: int, base: int) -> int | None:
    """The value of the same digits in another base, as where the base was left out."""
    try:
        return int(str(value), base)
    except ValueError:
        return None


def same_ratio(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    """`3:5` is 6:10, 3/5 and 60%; clock times are only themselves."""
    ref, pred = (_share(tree) for tree in (ref, pred))
    match ref, pred:
        case Ratio(parts=a, is_clock=is_clock), Ratio(parts=b, is_clock=is_other_clock):
            if len(a) != len(b):
                return False
            alike = [scalars.same_scalar(x, y) for x, y in zip(a, b, strict=True)]
            if all(alike):
                return True
            if any(scalars.same_scalar(x, Num(0)) is not False for x in (*a, *b)):
                return False
            products = [
                scalars.same_scalar(Apply("mul", (x, b[0])), Apply("mul", (y, a[0]))) for x, y in zip(a, b, strict=True)
            ]
            if False in products:
                return False
            return None if None in products or (is_clock and is_other_clock) else True
        case Ratio(parts=(top, bottom)), other if is_scalar(other):
            return same_number(Apply("div", (top, bottom)), other, convention)
        case other, Ratio(parts=(top, bottom)) if is_scalar(other):
            return same_number(other, Apply("div", (top, bottom)), convention)
        case _:
            return False


def _share(tree: Tree) -> Tree:
    return Apply("percent", (tree.value,)) if isinstance(tree, Quantity) and tree.unit == "%" else tree
