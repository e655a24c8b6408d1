"""Instruction-following checks in the vocabulary of IFEval (Zhou et al. 2023, arXiv 2311.07911).

constraints  [{"id": "length_constraints:number_words", "relation": "at most", "num_words": 3}]
answer       "No, thank you very much."
verdict      fail, "length_constraints:number_words: it has 5 words, at most 3 are wanted"

Covered: IFEval's 25 checks, strictly, each by its published name and arguments (`rules`); an answer passes where all
of a prompt's rules hold (`verifier`). Not covered: IFEval's loose allowances, such as leaving out a first line that
introduces the answer; its trained splitter of sentences; rules of other data sets, which leave an answer undecided.
"""

from distill.verifiers.constraints.rules import RULES, Undecidable, broken
from distill.verifiers.constraints.verifier import ConstraintsVerifier

__all__ = ["RULES", "ConstraintsVerifier", "Undecidable", "broken"]
