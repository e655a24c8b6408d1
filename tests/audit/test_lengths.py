"""How long traces are, and where a limit ended many."""

import numpy as np
import pytest

from distill.audit.measures.lengths import lengths_by_domain, limit_of

SPREAD = np.random.default_rng(0).integers(100, 9_000, 2_000)


def test_each_domain_has_its_quantiles_and_the_largest_comes_first() -> None:
    lengths = np.concatenate([np.arange(1, 101), np.array([5, 7, 9])])
    domains = np.array([1] * 100 + [0] * 3)
    math, code = lengths_by_domain(lengths, domains, ["code", "math"])
    assert (math.domain, math.num_traces, math.shortest, math.longest) == ("math", 100, 1, 100)
    assert math.quantiles == {"p05": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95, "p99": 99}
    assert (code.domain, code.mean) == ("code", 7.0)


@pytest.mark.parametrize(
    "lengths", [SPREAD, np.array([1]), np.array([7, 7, 7]), np.array([1, 10**6]), np.array([0, 3])]
)
def test_bars_touch_and_hold_every_trace(lengths: np.ndarray) -> None:
    (found,) = lengths_by_domain(lengths, np.zeros(len(lengths), np.int64), [""])
    assert sum(bar.num for bar in found.bins) == len(lengths)
    assert [bar.high for bar in found.bins[:-1]] == [bar.low for bar in found.bins[1:]]
    assert found.bins[0].low <= lengths.min()
    assert found.bins[-1].high > lengths.max()


def test_many_that_end_together_ended_at_a_limit() -> None:
    assert limit_of(np.concatenate([SPREAD, np.full(40, 16_384)])) == 16_384


@pytest.mark.parametrize(
    ("why", "lengths"),
    [
        ("nothing", np.zeros(0, np.int64)),
        ("all are different", SPREAD),
        ("a few are equal", np.concatenate([SPREAD, np.full(9, 16_384)])),
        ("one in a hundred at least", np.concatenate([SPREAD, np.full(15, 16_384)])),
        ("many are equal, and some are longer", np.concatenate([SPREAD, np.full(400, 4_096)])),
        ("the setting in place of the length", np.full(500, 8_192)),
    ],
)
def test_other_sets_have_no_limit(why: str, lengths: np.ndarray) -> None:
    assert limit_of(lengths) is None
