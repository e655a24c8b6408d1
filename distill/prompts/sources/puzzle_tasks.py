"""What is known of single tasks of reasoning-gym 0.1.25: which are mathematics, and which are unfit for a mixture."""

MATHEMATICAL = frozenset({"base_conversion", "count_primes"})
"""Tasks about numbers that the package keeps among its algorithms."""
UNFIT: dict[str, str] = {}
"""Tasks that a domain's name leaves out, each with the reason; named alone, they are made."""
