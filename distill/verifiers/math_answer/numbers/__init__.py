"""Values of trees: exact, in floats, to many digits, modulo primes."""
