"""A peer's side of `math_answer.py`: `math_answer_peer.py CHECKER`, pairs as JSON on stdin, results on stdout."""

import json
import signal
import sys
import time
from collections.abc import Callable

DEADLINE_S = 5
"""math-verify sets itself this limit; the others have none of their own and get it here. Late is undecided."""


def boxed(text: str) -> str:
    """A bare string in a box, where all of them look first."""
    return text if "$" in text or "boxed" in text or len(text) > 200 else rf"\boxed{{{text}}}"


def math_verify_bare(reference: str, completion: str) -> bool:
    """As its README says."""
    from math_verify import parse, verify

    return bool(verify(parse(reference), parse(completion)))


def math_verify(reference: str, completion: str) -> bool:
    """With bare strings boxed, which suits it better."""
    return math_verify_bare(boxed(reference), boxed(completion))


def math_verify_marked(reference: str, completion: str) -> bool:
    """With the reference boxed and the completion as it is, for whole completions and for answers that are boxed."""
    return math_verify_bare(boxed(reference), completion)


def mathruler(reference: str, completion: str) -> bool:
    """The grader of PRM800K with that of MATH, as a package."""
    from mathruler.grader import extract_boxed_content, grade_answer

    answer = extract_boxed_content(boxed(completion))
    return bool(grade_answer(completion if answer == "None" else answer, reference))


def latex2sympy(reference: str, completion: str) -> bool:
    """The parser below math-verify by itself, and sympy's opinion of the difference."""
    from latex2sympy2_extended import latex2sympy
    from sympy import simplify

    start = completion.rfind(r"\boxed{")
    answer = completion[start + 7 : completion.rfind("}")] if start >= 0 else completion
    return bool(simplify(latex2sympy(answer) - latex2sympy(reference)) == 0)


CHECKERS: dict[str, Callable[[str, str], bool]] = {
    check.__name__: check for check in (math_verify_bare, math_verify, math_verify_marked, mathruler, latex2sympy)
}


def decide(check: Callable[[str, str], bool], reference: str, completion: str) -> bool | None:
    """The verdict; None for an exception or a passed deadline, as a loop over data would have to take it."""
    if check not in {math_verify, math_verify_bare, math_verify_marked}:
        signal.alarm(DEADLINE_S)
    try:
        return check(reference, completion)
    except Exception:  # noqa: BLE001 - parsers raise whatever their libraries raise
        return None
    finally:
        signal.alarm(0)


def _late(*_: object) -> None:
    raise TimeoutError


def main() -> None:
    """Check every set of pairs, in order; times are CPU seconds."""
    check = CHECKERS[sys.argv[1]]
    signal.signal(signal.SIGALRM, _late)
    check("1", "1")  # imports do not count, and have to be there
    results = {}
    for name, pairs in json.load(sys.stdin).items():
        verdicts, seconds = [], []
        for reference, completion, _ in pairs:
            began_s = time.process_time()
            verdicts.append(decide(check, reference, completion))
            seconds.append(time.process_time() - began_s)
        results[name] = (verdicts, seconds)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
