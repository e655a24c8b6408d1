"""The rewards of public GRPO recipes, as ours."""

from typing import Literal, NamedTuple

from distill.training.from_trl.line import LeftOut, Missing, RecipeLine, Settings

_OURS = {
    "accuracy": "accuracy",
    "reasoning_accuracy": "accuracy",
    "code": "accuracy",
    "binary_code": "accuracy",
    "ioi_code": "accuracy",
    "cf_code": "accuracy",
    "format": "format",
    "think_format": "format",
    "length": "length",
    "len": "length",
    "soft_overlong_punishment": "overlong",
}
"""Rewards of open-r1 and of TRL, by their name without `_reward`. Verifiers decide on sums and programs alike."""
_SCALED = {"cosine", "cosine_scaled"}
"""Accuracy that falls with the length: both of ours."""
_SHARES = {"code", "ioi_code"}
"""Those that pay a program the share of its tests."""
_PARTS = {
    "tag_count": "`format` is all of it or nothing",
    "code_format": "`format` asks for the tags; accuracy finds the program in its fence",
}
"""What one of ours contains, as long as that one is asked for."""
_OWN = "write it as a function of distill.training.grpo.rewards.ScoredCompletion, and name it `module:function`"


class RewardLines(NamedTuple):
    """What completions are rewarded for."""

    lines: list[RecipeLine]
    left_out: list[LeftOut]
    missing: list[Missing]


def rewards(settings: Settings) -> RewardLines:
    """`distill.rewards` and `distill.unit_tests`; a function that nothing here is like is listed."""
    asked = _asked(settings)
    if not asked:
        line = RecipeLine("rewards", {"accuracy": 1.0}, "the file names none; a verifier decides")
        return RewardLines([line], [], [])
    weights, left_out = dict[str, float](), list[LeftOut]()
    for name, weight in sorted(asked.items(), key=lambda pair: pair[0] in _PARTS or 2 * (pair[0] in _SCALED)):
        ours, is_asked = _OURS.get(name), "format" in weights
        if name in _PARTS and not is_asked:
            ours = "format"
        if name in _SCALED:
            weights |= {"accuracy": weights.get("accuracy", weight), "length": weight}
        elif ours:
            weights[ours] = weights.get(ours, 0.0) + weight
        else:
            left_out.append(LeftOut(f"reward {name}", weight, _PARTS.get(name, _OWN)))
    if not weights:
        named = ", ".join(asked)
        return RewardLines(
            [], left_out, [Missing("distill.rewards.accuracy=1.0", f"none here is like {named}; {_OWN}")]
        )
    lines = [
        RecipeLine("rewards", dict(weights), f"from {', '.join(f'{name} {weight}' for name, weight in asked.items())}")
    ]
    if (unit_tests := _unit_tests(settings, set(asked))) == "share":
        lines.append(RecipeLine("unit_tests", unit_tests, "code is paid by the share of its tests"))
    if "overlong" in weights and "soft_punish_cache" in settings:
        lines.append(RecipeLine("overlong_buffer", settings["soft_punish_cache"], "from soft_punish_cache"))
    return RewardLines(lines, left_out, [])


def _asked(settings: Settings) -> dict[str, float]:
    """Names without module, `get_` and `_reward`, with their weights."""
    given = settings.get("reward_funcs") or []
    names = [str(name) for name in given] if isinstance(given, list) else [str(given)]
    weights = settings.get("reward_weights")
    numbers = [float(str(weight)) for weight in weights] if isinstance(weights, list) else [1.0] * len(names)
    return {_plain(name): weight for name, weight in zip(names, numbers, strict=False)}


def _plain(name: str) -> str:
    return name.rpartition(".")[2].removeprefix("get_").removesuffix("_reward").removesuffix("_func")


def _unit_tests(settings: Settings, names: set[str]) -> Literal["all", "share"]:
    mode = settings.get("code_eval_scoring_mode", "weighted_sum")  # open-r1's default
    return "share" if names & _SHARES or ("cf_code" in names and mode != "pass_fail") else "all"
