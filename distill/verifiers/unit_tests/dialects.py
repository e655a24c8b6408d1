"""Whose rules a program was written for: which names it finds without importing them.

| dialect | functions that are called | assertions; programs that read and write |
| --- | --- | --- |
| none | the usual modules and names | names of `typing` |
| humaneval | names of `typing` | names of `typing` |
| leetcode | all that LeetCode and LiveCodeBench import | the same |
| codeforces, atcoder, plain | nothing | nothing |

Without one, a program with a class `Solution` of which something is called was written for LeetCode. A name that a
program defines is its own everywhere. The macro and the environment variable ONLINE_JUDGE, and the usual packages, are
there in every dialect; limits are those of the row.
"""

from types import MappingProxyType

from distill.references import Dialect
from distill.verifiers.unit_tests.prelude import Names, leetcode_names, typing_names, usual_names
from distill.verifiers.unit_tests.source import PythonSource

_NOTHING: Names = MappingProxyType({})


def dialect_of(program: str, said: Dialect | None, *, is_whole: bool) -> Dialect | None:
    """The dialect of a program, from what its row says; `is_whole` where it is run, and nothing of it is called."""
    is_of_leetcode = said is None and not is_whole and "Solution" in PythonSource(program).made
    return "leetcode" if is_of_leetcode else said


def prelude_of(dialect: Dialect | None, *, is_called: bool) -> Names:
    """The names that a program finds; `is_called` where its functions are called and it is not run as a whole."""
    match dialect:
        case None:
            return usual_names() if is_called else typing_names()
        case "humaneval":
            return typing_names()
        case "leetcode":
            return leetcode_names()
        case _:
            return _NOTHING
