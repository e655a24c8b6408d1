"""Short answers in mathematics, science and logic: numbers, expressions, sets, relations, a few words.

Tiers, each with three outcomes: the same text or number; our own grammar with exact and high-precision evaluation;
sympy, in killable workers; abstain. `MathAnswer` is the verifier; `equal` the comparison alone.
"""

from distill.records import Outcome
from distill.verifiers.math_answer.convention import POLICIES, STRICT, MathPolicy
from distill.verifiers.math_answer.decide import Decision, decide
from distill.verifiers.math_answer.extracting.extract import Extraction, extract
from distill.verifiers.math_answer.verifier import MathAnswer
from distill.verifiers.math_answer.workers.worker import answer

__all__ = [
    "POLICIES",
    "STRICT",
    "Decision",
    "Extraction",
    "MathAnswer",
    "MathPolicy",
    "decide",
    "equal",
    "extract",
    "verify_answer",
]


def equal(reference: str, answer: str, policy: MathPolicy = STRICT) -> Decision:
    """Whether an extracted answer equals a reference, by the tiers that are bounded in time.

    For voting, deduplication and checking references. `outcome` is None where it stays undecided.
    """
    return decide(reference, Extraction(answer, "given"), policy)


def verify_answer(reference: str, answer_text: str, policy: MathPolicy = STRICT) -> Decision:
    """Extract and compare by all tiers in this process, without a deadline; `MathAnswer` is the safe way."""
    found = extract(answer_text)
    return Decision(Outcome.FAIL, "no answer") if found is None else answer(reference, found, policy)[0]
