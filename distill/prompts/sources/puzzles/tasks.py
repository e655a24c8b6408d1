"""What is known of single tasks of reasoning-gym 0.1.25: which are mathematics, and which are unfit for a mixture.

Measured on up to 200 puzzles of each task of logic: whether the package's own answer passes our verifier, whether the
next puzzle's fails, how often one and the same answer passes, and, by solving or reading some, whether an answer is the
only right one.
"""

MATHEMATICAL = frozenset({"base_conversion", "count_primes"})
"""Tasks about numbers that the package keeps among its algorithms."""

_GUESSED = "one of two words is right half of the time"
_ONE_OF_SEVERAL = "several answers are right, and its scorer knows one"
UNFIT: dict[str, str] = {
    "boxnet": "it asks for few moves without conflicts, and its scorer looks at neither",
    "circuit_logic": _GUESSED,
    "codeio": "it runs programs that people wrote, outside of any sandbox, and takes what comes of errors as well",
    "course_schedule": _GUESSED,
    "game_of_life_halting": _GUESSED,
    "isomorphic_strings": _GUESSED,
    "number_sequence": _ONE_OF_SEVERAL,
    "ransom_note": _GUESSED,
    "sentence_reordering": _ONE_OF_SEVERAL,
    "syllogism": _GUESSED,
    "tsumego": _ONE_OF_SEVERAL,  # of 200 boards 43 have several best moves, and 4 a better one
}
"""Tasks that a domain's name leaves out, each with the reason; named by themselves, they are made."""
