"""A set of numbers in little room."""

from random import Random

from distill.export.seen import Seen


def test_it_knows_what_a_set_knows() -> None:
    seen, known, random = Seen(), set(), Random(0)
    for _ in range(5000):
        key = random.choice([random.getrandbits(64), random.randrange(3000), 2**64 - 1 - random.randrange(9)])
        assert seen.add(key or 1) is ((key or 1) not in known)
        known.add(key or 1)
    assert len(seen) == len(known)
