"""Judging by a language model, for what rules cannot decide.

`template` says what is asked, `opinion` what a reply means, `verifier` asks. What this does not do: a judge can be
mistaken, and a strong enough injection can persuade it. Fence, ticket, both orders and several votes make that rarer;
the share of samples on which it agrees with a rule says how far to trust it.
"""

from distill.verifiers.judge.opinion import Opinion, read_opinion
from distill.verifiers.judge.template import Template
from distill.verifiers.judge.verifier import Judge, JudgeSpending, load_template

__all__ = ["Judge", "JudgeSpending", "Opinion", "Template", "load_template", "read_opinion"]
