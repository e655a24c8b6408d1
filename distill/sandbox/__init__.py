"""Run untrusted programs. `README.md` beside this says what is a wall against whom, and which folder trusts what."""
