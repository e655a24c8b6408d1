"""The verifier of puzzles: what it asks the package, what it never shows it, and its limits."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from distill.errors import MissingExtraError
from distill.recipe.sections import VerifySection
from distill.records import Message, Outcome, Prompt, Verdict
from distill.references import Scorer, ScorerPackage
from distill.verifiers.scorer import packages
from distill.verifiers.scorer.packages import ScoringPackage, installed
from distill.verifiers.scorer.verifier import ScorerVerifier
from distill.verifiers.verify import verify_files

pytest.importorskip("reasoning_gym")

COUNTDOWN = {
    "question": "Make 21.",
    "answer": "3*(5 + 2)",
    "metadata": {"numbers": [2, 3, 5], "target": 21},
}
INTEGRAL = {"question": "?", "answer": "x**2 + C", "metadata": {"variable": "x", "integrand": "2*x"}}
shared_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verifier() -> AsyncIterator[ScorerVerifier]:
    """One for the module: it takes seconds to import the package."""
    made = ScorerVerifier(num_workers=1)
    yield made
    await made.close()


def prompt(task: str, entry: Mapping[str, object]) -> Prompt:
    reference = Scorer.model_validate({"package": "reasoning-gym", "task": task, "entry": entry})
    return Prompt(id="p", messages=(Message(role="user", content="?"),), domain="logic", reference=reference)


async def decide(verifier: ScorerVerifier, answer: str, task: str = "countdown", entry: object = COUNTDOWN) -> Verdict:
    assert isinstance(entry, dict)
    return await verifier.verify(prompt(task, entry), answer)


@shared_loop
@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ("<answer>3*(5 + 2)</answer>", Outcome.PASS, "scored 1 of 1 by reasoning-gym's countdown (tagged)"),
        ("\\boxed{(2+5) \\times 3}", Outcome.PASS, "scored 1 of 1 by reasoning-gym's countdown (boxed)"),
        ("It is\n```\n5*3 + 2*3\n```", Outcome.FAIL, "it does not use each number of the problem once (block)"),
        ("The answer is 5 + 3*2", Outcome.FAIL, "it has another value (marker)"),
        ("<answer>3/(2 - 2)</answer>", Outcome.FAIL, "it divides by zero (tagged)"),
        ("(5 + 2)*3", Outcome.PASS, "scored 1 of 1 by reasoning-gym's countdown (unmarked)"),
        (
            "5 + 2 + 3",
            Outcome.ABSTAIN,
            "nothing marks the answer; of what stands at the end: it has another value (unmarked)",
        ),
        ("  ", Outcome.FAIL, "no answer"),
    ],
)
async def test_the_scorer_decides_on_what_is_stated(
    answer: str, outcome: Outcome, reason: str, verifier: ScorerVerifier
) -> None:
    verdict = await decide(verifier, answer)
    assert (verdict.outcome, verdict.verifier, verdict.reason) == (outcome, "scorer", reason)


@shared_loop
@pytest.mark.parametrize(
    ("task", "entry", "answer"),
    [
        ("countdown", COUNTDOWN, 'print(\'["pass", ""]\') or exit()'),
        ("countdown", COUNTDOWN, "__import__('os')._exit(0)"),
        ("simple_integration", INTEGRAL, "exit()"),
        ("simple_integration", INTEGRAL, "x.__class__"),
        ("simple_integration", INTEGRAL, "Integral(2*x, x)"),
        ("polynomial_multiplication", {"question": "?", "answer": "x", "metadata": {}}, "open('/etc/passwd')"),
    ],
)
async def test_what_could_run_is_not_shown_to_a_scorer_that_evaluates(
    task: str, entry: object, answer: str, verifier: ScorerVerifier
) -> None:
    verdict = await decide(verifier, f"<answer>{answer}</answer>", task, entry)
    assert verdict.outcome is not Outcome.PASS
    assert verdict.reason.startswith(
        ("it is not numbers", "it is more than numbers", "the scorer evaluates formulas, and")
    )


@shared_loop
async def test_a_board_is_read_as_a_literal_and_never_run(verifier: ScorerVerifier) -> None:
    board = [["_", "Q"], ["Q", "_"]]
    entry = {"question": "?", "answer": "_ Q\nQ _", "metadata": {"valid_answers": ["_ Q\nQ _"]}}
    listed = await decide(verifier, f"<answer>{board}</answer>", "n_queens", entry)
    assert (listed.outcome, listed.reason.partition(":")[0]) == (
        Outcome.ABSTAIN,
        "scored 0.5 of 1 by reasoning-gym's n_queens",
    )
    hostile = "__import__('os').write(1, b'[\"pass\", \"\"]\\n') and __import__('os')._exit(0)"
    assert (await decide(verifier, f"<answer>{hostile}</answer>", "n_queens", entry)).outcome is Outcome.FAIL


@shared_loop
@pytest.mark.parametrize(
    ("task", "entry", "reason"),
    [
        ("no_such_task", COUNTDOWN, "reasoning-gym has no task 'no_such_task'"),
        ("countdown", {"question": "?"}, "the scorer broke on it: KeyError: 'metadata'"),
        ("prime_factorization", {"answer": "2 × 3"}, "the scorer broke on it: ValueError: invalid literal for int()"),
    ],
)
async def test_a_scorer_that_breaks_has_not_decided(
    task: str, entry: object, reason: str, verifier: ScorerVerifier
) -> None:
    verdict = await decide(verifier, "<answer>3*(5 + 2)</answer>", task, entry)
    assert verdict.outcome is Outcome.ABSTAIN
    assert verdict.reason.startswith(reason)


@shared_loop
async def test_one_that_hangs_is_ended_and_the_next_row_is_decided(
    verifier: ScorerVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill.verifiers.scorer.verifier.TIME_LIMIT_S", 0.5)
    tower = "<answer>x**(10**8) + 9**(9**9)</answer>"
    late, right = await asyncio.gather(
        decide(verifier, tower, "simple_integration", INTEGRAL), decide(verifier, "<answer>3*(5+2)</answer>")
    )
    assert (late.outcome, late.reason.partition(": ")[::2][0]) == (Outcome.ABSTAIN, "the scorer did not finish")
    assert right.outcome is Outcome.PASS


@shared_loop
async def test_it_says_on_what_its_verdicts_rest(verifier: ScorerVerifier) -> None:
    await decide(verifier, "<answer>1</answer>")
    assert verifier.describe()[0].startswith("reasoning-gym 0.1.")
    assert "seccomp" in verifier.describe()


def test_one_bad_row_spoils_no_file(tmp_path: Path) -> None:
    scorer = {"package": "reasoning-gym", "task": "countdown", "entry": COUNTDOWN}
    answers = ["\ud800", "<answer>" + "9" * 100_000 + "</answer>", "<answer>3*(5 + 2)</answer>"]
    rows: list[dict[str, object]] = [{"scorer": scorer, "completion": answer} for answer in answers]
    rows += [{"scorer": scorer | {"package": "os"}, "completion": "1"}, {"scorer": "{", "completion": "1"}]
    file, out = tmp_path / "c.jsonl", tmp_path / "v.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert verify_files([file], out, VerifySection(workers=1)) == {"pass": 1, "fail": 0, "abstain": 4}
    reasons = [json.loads(line)["reason"] for line in out.read_text().splitlines()]
    assert "longer than 20,000 characters" in reasons[1]
    assert "`scorer.package`: Input should be 'reasoning-gym', but found 'os'" in reasons[3]
    assert "`scorer` should be an object or JSON text" in reasons[4]


def test_a_package_that_is_not_installed_stops_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    missing: dict[ScorerPackage, ScoringPackage] = {
        "reasoning-gym": ScoringPackage("no_such_module", "prompts", Path(__file__))
    }
    monkeypatch.setattr(packages, "PACKAGES", missing)
    with pytest.raises(MissingExtraError, match=r"reasoning-gym, .* is not installed; install it with `pip install"):
        installed("reasoning-gym")
