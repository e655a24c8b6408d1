import pytest

from distill.training.from_trl.line import Settings
from distill.training.from_trl.rewards import rewards


@pytest.mark.parametrize(
    ("functions", "weights", "ours"),
    [
        (["accuracy", "format"], [1.0, 0.2], {"accuracy": 1.0, "format": 0.2}),
        (["accuracy", "format", "tag_count"], None, {"accuracy": 1.0, "format": 1.0}),
        (["tag_count", "accuracy"], [0.5, 1.0], {"accuracy": 1.0, "format": 0.5}),
        (["cf_code", "code_format"], [1.0, 0.1], {"accuracy": 1.0, "format": 0.1}),
        (["accuracy", "code"], [1.0, 2.0], {"accuracy": 3.0}),
        (["format", "cosine"], [1.0, 2.0], {"format": 1.0, "accuracy": 2.0, "length": 2.0}),
        (["cosine", "accuracy"], [2.0, 1.0], {"accuracy": 1.0, "length": 2.0}),
        (["trl.rewards.think_format_reward", "accuracy_reward"], None, {"format": 1.0, "accuracy": 1.0}),
        (["get_soft_overlong_punishment", "accuracy"], None, {"overlong": 1.0, "accuracy": 1.0}),
        ("accuracy_reward", None, {"accuracy": 1.0}),
        (None, None, {"accuracy": 1.0}),
    ],
)
def test_rewards_have_a_counterpart(
    functions: list[str] | str | None, weights: list[float] | None, ours: object
) -> None:
    found = rewards({"reward_funcs": functions, "reward_weights": weights})  # type: ignore[dict-item]
    assert found.lines[0].value == ours


def test_a_function_without_counterpart_is_listed() -> None:
    found = rewards({"reward_funcs": ["accuracy", "reasoning_steps"], "reward_weights": [1.0, 0.3]})
    assert [(one.key, one.value) for one in found.left_out] == [("reward reasoning_steps", 0.3)]
    assert "module:function" in found.left_out[0].reason


def test_rewards_that_nothing_here_is_like_have_to_be_given() -> None:
    found = rewards({"reward_funcs": ["reasoning_steps"]})
    assert found.lines == []
    assert found.missing[0].key == "distill.rewards.accuracy=1.0"


@pytest.mark.parametrize(
    ("settings", "share"),
    [
        ({"reward_funcs": ["code"]}, True),
        ({"reward_funcs": ["binary_code"]}, False),
        ({"reward_funcs": ["cf_code"], "code_eval_scoring_mode": "pass_fail"}, False),
        ({"reward_funcs": ["cf_code"], "code_eval_scoring_mode": "partial"}, True),
    ],
)
def test_programs_are_paid_as_they_were(settings: Settings, share: bool) -> None:
    lines = {line.key: line.value for line in rewards(settings).lines}
    assert lines.get("unit_tests") == ("share" if share else None)


def test_the_buffer_of_overlong_is_kept() -> None:
    found = rewards({"reward_funcs": ["accuracy", "soft_overlong_punishment"], "soft_punish_cache": 512})
    assert {line.key: line.value for line in found.lines}["overlong_buffer"] == 512
