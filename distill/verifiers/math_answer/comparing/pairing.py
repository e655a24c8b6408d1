"""Pairing the items of two sequences, in order or in any order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from distill.verifiers.math_answer.convention import Convention
from distill.verifiers.math_answer.numbers import constants
from distill.verifiers.math_answer.tree import Apply, Num, Tree

_MAX_PAIRED = 64
"""Lists of up to so many items are matched pairwise; longer ones are compared only if all items are rational."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """How two items compare, and under which convention."""

    same: Callable[[Tree, Tree], bool | None]
    convention: Convention

    def in_order(self, refs: Sequence[Tree], preds: Sequence[Tree]) -> bool | None:
        """Whether the items are the same one by one."""
        if len(refs) != len(preds):
            return False
        verdicts: list[bool | None] = []
        for ref, pred in zip(refs, preds, strict=True):
            verdicts.append(self.same(ref, pred))
            if verdicts[-1] is False:
                return False
        return all_of(verdicts)

    def in_any_order(self, refs: Sequence[Tree], preds: Sequence[Tree]) -> bool | None:
        """Whether the items can be paired off."""
        if len(refs) != len(preds):
            return False
        numbers = [_numbers(refs), _numbers(preds)]
        if numbers[0] is not None and numbers[1] is not None and not self.convention.relative_tolerance:
            return numbers[0] == numbers[1]
        if len(refs) > _MAX_PAIRED:
            return None
        left, is_open = list(preds), False
        for ref in refs:
            verdicts: list[bool | None] = []
            for pred in left:
                verdicts.append(self.same(ref, pred))
                if verdicts[-1]:
                    break
            if verdicts and verdicts[-1]:
                left.pop(len(verdicts) - 1)
            elif None in verdicts:
                is_open = True
            else:
                return False
        return None if is_open else True


def all_of(verdicts: Sequence[bool | None]) -> bool | None:
    """Whether all hold; one that fails decides, one that is open leaves it open."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _numbers(items: Sequence[Tree]) -> list[Fraction | int] | None:
    """The items in order of size, where all are rational constants."""
    values: list[Fraction | int] = []
    for item in items:
        value = constants.exact(item) if isinstance(item, Num | Apply) else None
        if value is None:
            return None
        values.append(value)
    return sorted(values)
