r"""Short answers in mathematics, science and logic: numbers, expressions, sets, relations, a few words.

- `reading`: LaTeX or plain text becomes a tree.
- `comparing`: two trees are the same, are not, or stay open.
- `numbers`: values of trees, where comparing needs them: exact, in doubles, to many digits, modulo a prime.
- `extracting`: the place of the answer in a text.
- `workers`: killable processes, for what needs sympy.

Tiers go from cheap to dear, each with three outcomes: the same text or number; trees; sympy. What none of them decides
is an abstain. `MathAnswer` is the verifier; `equal` is the comparison alone.

>>> equal(r"\frac{1}{2}", "0.5")
MathDecision(outcome=<Outcome.PASS: 'pass'>, reason='equal')
"""

from distill.verifiers.math_answer.convention import CONVENTIONS, REFERENCE_DIGITS, STRICT, Convention
from distill.verifiers.math_answer.decide import MathDecision, decide
from distill.verifiers.math_answer.extracting.extract import Extraction, extract
from distill.verifiers.math_answer.verifier import MathAnswer

__all__ = [
    "CONVENTIONS",
    "REFERENCE_DIGITS",
    "STRICT",
    "Convention",
    "Extraction",
    "MathAnswer",
    "MathDecision",
    "decide",
    "equal",
    "extract",
]


def equal(reference: str, answer: str, convention: Convention = STRICT) -> MathDecision:
    """Whether an extracted answer equals a reference, by the tiers that are bounded in time.

    For voting, deduplication and checking references. `outcome` is None where it stays undecided.
    """
    return decide(reference, Extraction(answer, "given"), convention)
