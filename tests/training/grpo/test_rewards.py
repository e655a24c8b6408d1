import asyncio
from collections import defaultdict

import pytest

from distill.errors import RecipeError
from distill.recipe.sections import VerifySection
from distill.records import Message, Prompt
from distill.references import Answer, FunctionTests, domain_for
from distill.references import Reference as Gold
from distill.training.grpo.recipe import Settings, load
from distill.training.grpo.rewards import Rewards

EOS = 2
LIMIT = 32


def settings(rewards: dict[str, float], *, is_prefilled: bool = True, **block: object) -> Settings:
    recipe = load("r1-stage1", ["distill.base=students/cold"]).distill
    return Settings(
        block=recipe.model_copy(update={"rewards": rewards, "overlong_buffer": 16} | block),
        verify=VerifySection(workers=1),
        max_completion_length=LIMIT,
        eos_token_id=EOS,
        is_prefilled=is_prefilled,
    )


def prompt(question: str, reference: Gold | None, language: str | None = "en") -> Prompt:
    messages = (Message(role="user", content=question),)
    return Prompt(id=question, messages=messages, domain=domain_for(reference), reference=reference, language=language)


SUM = prompt("What is 2 + 2?", Answer(value="4"))


class Called:
    """Rewards as the trainer calls them, on completions of given lengths."""

    def __init__(self, given: Settings) -> None:
        self.said: list[str] = []
        self.metrics: defaultdict[str, float] = defaultdict(float)
        self.rewards = Rewards(given, self.said.append)

    async def _all(self, rows: list[tuple[Prompt, str, int]], is_padded: bool) -> dict[str, list[float | None]]:
        def count(name: str, value: float) -> None:
            self.metrics[name] += value

        ids = [[1] * (length - 1) + [1 if length >= LIMIT else EOS] for _, _, length in rows]
        texts = [f"\n {text} \n" if is_padded else text for _, text, _ in rows]
        found = await asyncio.gather(
            *(
                reward(
                    completions=[[{"role": "assistant", "content": text}] for text in texts],
                    completion_ids=ids,
                    row=[asked.model_dump_json() for asked, _, _ in rows],
                    log_metric=count,
                    trainer_state=None,
                )
                for reward in self.rewards.functions
            )
        )
        await self.rewards.close()
        return {reward.__name__: scores for reward, scores in zip(self.rewards.functions, found, strict=True)}

    def on(self, *rows: tuple[Prompt, str, int], is_padded: bool = False) -> dict[str, list[float | None]]:
        return asyncio.run(self._all(list(rows), is_padded))


def test_a_right_answer_earns_one_and_a_wrong_or_missing_one_nothing() -> None:
    rows = [(SUM, text, 9) for text in ("2+2</think>\\boxed{4}", "2+2</think>\\boxed{5}", "it is 4", "</think>")]
    assert Called(settings({"accuracy": 1.0})).on(*rows) == {"accuracy": [1.0, 0.0, 0.0, 0.0]}


def test_what_never_ended_has_failed() -> None:
    assert Called(settings({"accuracy": 1.0})).on((SUM, "r</think>\\boxed{4} and", LIMIT)) == {"accuracy": [0.0]}


def test_an_abstain_is_neither_reward_nor_penalty() -> None:
    unknowable = prompt("Why?", None)
    called = Called(settings({"accuracy": 1.0, "length": 0.1}))
    found = called.on((unknowable, "r</think>so", 5), (unknowable, "r</think>because", 9))
    assert found == {"accuracy": [None, None], "length": [None, None]}
    assert called.metrics["rewards/accuracy/num_none"] == 2
    assert called.metrics["rewards/accuracy/num_errors"] == 0


def test_the_answer_of_r1_zeros_form_stands_in_its_tags() -> None:
    given = settings({"accuracy": 1.0, "format": 1.0}, is_prefilled=False, template="r1-zero")
    rows = [(SUM, "<think>2+2</think> <answer>4</answer>", 9), (SUM, "<think>4</think> <answer>5</answer> 4", 9)]
    assert Called(given).on(*rows) == {"accuracy": [1.0, 0.0], "format": [1.0, 0.0]}


@pytest.mark.parametrize(("unit_tests", "earned"), [("all", 0.0), ("share", 0.5)])
def test_a_program_earns_all_or_its_share_of_tests(unit_tests: str, earned: float) -> None:
    cases = [{"args": [n], "expected": n * n} for n in (0, 1, 2, 3)]
    square = prompt("Square a number.", FunctionTests.model_validate({"function": "square", "cases": cases}))
    half = "r</think>```python\ndef square(n):\n    return n\n```"
    whole = "r</think>```python\ndef square(n):\n    return n * n\n```"
    found = Called(settings({"accuracy": 1.0}, unit_tests=unit_tests)).on((square, half, 20), (square, whole, 20))
    assert found == {"accuracy": [earned, 1.0]}


def test_the_shape_rewards_are_blind_to_padding() -> None:
    rewards = {"accuracy": 1.0, "format": 1.0, "language": 1.0, "overlong": 1.0, "length": 1.0}
    rows = [(SUM, "We add two and two</think>\n\n\\boxed{4}", 8), (SUM, "我们把二加二</think>\\boxed{4}", 24)]
    plain = Called(settings(rewards)).on(*rows)
    assert plain == Called(settings(rewards)).on(*rows, is_padded=True)
    assert plain["language"] == [1.0, 0.0]
    assert plain["overlong"] == [0.0, -0.5]
    assert plain["length"] == [0.5, -0.5]


def test_lengths_are_compared_within_a_prompts_own_group() -> None:
    other = prompt("What is 1 + 1?", Answer(value="2"))
    right, wrong = "r</think>\\boxed{4}", "r</think>\\boxed{9}"
    found = Called(settings({"length": 1.0})).on(
        (SUM, right, 10), (SUM, wrong, 20), (other, wrong, 5), (other, wrong, 9)
    )
    assert found == {"length": [0.5, -0.5, 0.0, -0.5]}


@pytest.mark.parametrize(("name", "patience_s"), [("raises", 60.0), ("hangs", 0.05)])
def test_a_reward_that_fails_gives_none_and_is_counted_and_told_once(name: str, patience_s: float) -> None:
    called = Called(settings({"format": 1.0, f"tests.planted_rewards:{name}": 1.0}, reward_timeout_s=patience_s))
    found = called.on((SUM, "r</think>4", 5), (SUM, "4", 5))
    assert found == {"format": [1.0, 0.0], name: [None, None]}
    assert called.metrics[f"rewards/{name}/num_errors"] == 2
    assert len(called.said) == 1
    assert ("planted: What is 2 + 2?" if name == "raises" else "TimeoutError") in called.said[0]


def test_a_verifier_that_breaks_is_counted_and_not_raised() -> None:
    called = Called(settings({"accuracy": 1.0}).model_copy(update={"verify": VerifySection(sandbox="nowhere:at all")}))
    tests = FunctionTests.model_validate({"function": "f", "cases": [{"args": [], "expected": 1}]})
    assert called.on((prompt("f", tests), "r</think>```python\ndef f(): return 1\n```", 9)) == {"accuracy": [None]}
    assert called.metrics["rewards/accuracy/num_errors"] == 1


def test_a_reward_of_ones_own_is_named_by_module_and_function() -> None:
    assert Called(settings({"tests.planted_rewards:length": 1.0})).on((SUM, "four", 5)) == {"length": [4.0]}
    with pytest.raises(RecipeError, match="PYTHONPATH"):
        Called(settings({"tests.planted_rewards:missing": 1.0}))
