"""The reward that an export holds: a program of its own, which asks a service and never guesses."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from distill.export.export import export, tool_of
from tests.cli.test_serve_verifier import serving
from tests.export.planted import ROWS
from tests.export.test_export import one_file


@pytest.fixture
def reward(tmp_path: Path) -> ModuleType:
    """As verl loads it."""
    export([one_file(tmp_path / "set", ROWS[0])], tool_of("verl"), tmp_path / "out")
    spec = importlib.util.spec_from_file_location("reward", tmp_path / "out" / "reward.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_right_answer_scores_1_and_others_0_of_which_the_undecided_are_counted(
    reward: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scored(text: str, answer: str) -> dict[str, float]:
        extra = {"row": json.dumps({"answer": answer}), "num_turns": 1}
        found: dict[str, float] = reward.compute_score("distill/math", text, answer, extra, reward_router_address=None)
        return found

    with serving("--workers", "1") as (_, address):
        monkeypatch.setenv("DISTILL_VERIFIER", address + "/")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # of clusters: it does not lead to the service
        assert scored("<think>2 + 2</think> \\boxed{4}", "4") == {"score": 1.0, "acc": 1.0, "is_undecided": 0.0}
        assert scored("\\boxed{5}", "4") == {"score": 0.0, "acc": 0.0, "is_undecided": 0.0}
        assert scored("\\boxed{4}", "\\frac{") == {"score": 0.0, "acc": 0.0, "is_undecided": 1.0}
        assert scored("half a pair \ud800 \\boxed{4}", "4")["score"] == 1.0


def test_training_stops_where_no_verifier_answers(reward: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_VERIFIER", "http://127.0.0.1:9")
    with pytest.raises(RuntimeError, match="distill serve-verifier"):
        reward.compute_score("distill/math", "\\boxed{4}", "4", None)
