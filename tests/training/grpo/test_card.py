from pathlib import Path

from distill.training.grpo.card import GrpoResult, card, curve_of, curve_table
from distill.training.grpo.scoring import UNDECIDED
from distill.training.lineage import Lineage


def result(log: list[dict[str, float | None]]) -> GrpoResult:
    """A training with one reward of the user's own beside accuracy."""
    lineage = Lineage(
        recipe="toy",
        recipe_digest="0",
        base="org/base",
        base_digest="0",
        license="apache-2.0",
        verifiers=("math_answer",),
        seconds=1.0,
        hardware="1 × CPU",
        versions={},
    )
    return GrpoResult(
        model=Path("out"),
        lineage=lineage,
        prompts="prompts.jsonl",
        prompts_digest="0",
        weights={"accuracy": 1.0, "letters:es": 0.5},
        num_prompts=8,
        num_set_aside=0,
        num_steps=len(log),
        completions_per_step=8,
        num_tokens=100,
        num_errors={"accuracy": 0, "es": 0},
        curve=curve_of(log, ["accuracy", "es"]),
    )


def entry(step: int, reward: float | None, undecided: float) -> dict[str, float | None]:
    """What TRL logs after a rollout."""
    lengths = {"completions/mean_length": 12.0, "completions/clipped_ratio": 0.5, UNDECIDED: undecided}
    return {"step": step, "reward": reward, "rewards/accuracy/mean": reward, "rewards/es/mean": 2.0, **lengths}


def test_a_reward_has_one_name_in_every_table() -> None:
    found = result([entry(1, 0.25, 0.25), entry(2, 0.5, 0.0)])
    assert curve_table(found).splitlines()[0] == "| step | reward | accuracy | es | tokens | cut off | undecided |"
    assert "| 1 | 0.250 | 0.250 | 2.000 | 12 | 50% | 25% |" in curve_table(found)
    assert "| rewards | accuracy × 1, es × 0.5 |" in card(found)


def test_the_card_says_how_much_of_what_was_sampled_taught_nothing() -> None:
    assert "nothing could decide on | 12.5%," in card(result([entry(1, 0.25, 0.25), entry(2, 0.5, 0.0)]))
    nothing = card(result([entry(1, None, 1.0)]))
    assert "| reward | no completion had one |" in nothing
    assert "| 1 | – | – | 2.000 | 12 | 50% | 100% |" in nothing


def test_logs_of_an_earlier_version_have_no_undecided_completions() -> None:
    log = {name: value for name, value in entry(1, 0.5, 0.5).items() if name != UNDECIDED}
    assert result([log]).curve[0].undecided_share == 0
