"""Teachers that misbehave as real endpoints do, each one fault, and the harness that samples them."""
