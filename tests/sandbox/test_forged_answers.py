"""Programs that answer the tests by hand, with what no honest end of the link would write: it gains them nothing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import on_assertions

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORGER = """
import sys
def harness():
    frame = sys._getframe()
    while 'ProgramServer' not in frame.f_globals: frame = frame.f_back
    return frame.f_globals
Peer = harness()['ProgramServer'].__init__.__globals__['Peer']
honest_encode, honest_answer = Peer._encode_other, Peer._answer
class Raw:
    def __init__(self, data): self.data = data
Peer._encode_other = lambda peer, value: value.data if type(value) is Raw else honest_encode(peer, value)
true, null = True, None
"""
KIND = '{"specials": ["__eq__", "__bool__"], "names": ["__class__"], "name": "int", "has_hash": true, "std": %s, '
ANSWERS = [
    '{"named": "builtins:exit"}', '{"named": "builtins:quit"}', '{"named": "builtins:__dict__"}',
    '{"named": "builtins:__dict__.update"}', '{"named": "builtins:__build_class__"}', '{"named": "builtins:eval"}',
    '{"named": "types:new_class.__globals__"}', '{"named": "types.sys"}', '{"named": "collections:_sys.modules"}',
    '{"named": "operator:attrgetter"}', '{"named": "os:system"}', '{"named": "unittest.mock:ANY"}', '{"named": 5}',
    '{"module": "sys"}', '{"module": "builtins"}', '{"module": "os"}', '{"module": 5}',
    '{"yours": -1}', '{"yours": true}', '{"yours": "a"}', '{"yours": {}}', '{"box": 0}', '{"box": -2}', '{"box": []}',
    '{"lent": []}', '{"lent": [7]}', '{"lent": [true, {"class": {"named": "builtins:int"}, "plain": 3}]}',
    '{"lent": [9, %s"bases": [{"named": "builtins:bool"}]}]}' % (KIND % '"types.NoneType"'),
    '{"lent": [8, {"class": {"lent": [9, %s"bases": []}]}}]}' % (KIND % "null"),
    '{"value": ["builtins:NotImplementedType"]}', '{"value": ["numpy", "O", null, {"bytes": "00"}]}', '{"value": []}',
    '{"error": [{"named": "builtins:SystemExit"}, {"dict": []}, 0]}', '{"error": [{"named": "builtins:int"}, 3]}',
    '{"dict": [[[], 1]]}', '{"tuple": 3}', '{"decimal": "sNaN"}', '{"set": [[]]}', '{"a": 1, "b": 2}', "{}",
]  # fmt: skip
TESTS = """
def same(x): return x
assert callable(same)
found = f(same, [3])
assert found != 3
assert found() == 3
assert f(same, [3]) == 3
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    verifier = UnitTests(num_workers=1)
    yield verifier
    await verifier.close()


@pytest.mark.parametrize("answer", ANSWERS)
async def test_no_answer_passes(unit_tests: UnitTests, answer: str) -> None:
    program = f"{FORGER}\ndef f(callback, items): return Raw({answer})"
    verdict = await unit_tests.verify(on_assertions(TESTS, time_limit_s=2), program)
    assert verdict.outcome.value == "fail", verdict.reason


NAMES = {
    "a list": '["f"]',
    "a number": "3",
    "more than was asked for": '{"dict": [[name, peer.encode(f)] for name in ("f", "abs", "__note__")]}',
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
async def test_no_names_pass(unit_tests: UnitTests, names: str) -> None:
    program = f"""{FORGER}
def answer(peer, message):
    return {{"answer": {names}}} if message.get("do") == "names" else honest_answer(peer, message)
Peer._answer = answer
def f(*_): return 0
"""
    verdict = await unit_tests.verify(on_assertions("x = f(1)\nassert abs(x - 3) < 1e-6"), program)
    assert verdict.outcome.value == "fail", verdict.reason
