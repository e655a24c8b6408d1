"""Ideas for a pass that is not earned, and for a way out: none gets one, and none leaves anything behind."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from distill.records import Prompt
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import descendants, on_inputs, sections

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUM_TESTS = 40
GROUPS = Path("/sys/fs/cgroup")


def guess() -> Prompt:
    """Forty questions that only chance answers: right for all once in 2^40 tries."""
    answers = ["YES" if hashlib.sha256(b"%d" % n).digest()[0] & 1 else "NO" for n in range(NUM_TESTS)]
    return on_inputs(*((f"{n}\n", f"{a}\n") for n, a in enumerate(answers)), time_limit_s=0.5, memory_mb=256)


HELD = on_inputs(("", "held\n"), time_limit_s=4)


def mounts() -> int:
    return Path("/proc/self/mountinfo").read_text().count("\n")


def groups() -> set[str]:
    return {str(path) for path in GROUPS.glob(f"**/distill-{os.getpid()}-*")}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    before = mounts(), groups()
    verifier = UnitTests(num_workers=1)
    yield verifier
    await verifier.close()
    assert not descendants()
    assert (mounts(), groups()) == before


@pytest.mark.parametrize(("kind", "program"), [pytest.param(o, p, id=n) for n, o, p in sections("hostile_ideas.txt")])
async def test_an_idea_gets_nowhere(unit_tests: UnitTests, kind: str, program: str) -> None:
    before = descendants()
    verdict = await unit_tests.verify(HELD if kind == "holds" else guess(), program)
    assert verdict.outcome.value == {"holds": "pass", "fail": "fail"}[kind], verdict
    assert descendants() == before
