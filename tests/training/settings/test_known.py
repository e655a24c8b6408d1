import subprocess
import sys
from pathlib import Path

import pytest

LOADING = """
import sys
from distill.training.recipe import load
load("qwen-7b", ["learning_rate=1e-5", "use_peft=true", "lora_r=8"])
print(sorted({"torch", "transformers", "trl"} & set(sys.modules)))
"""


def test_trl_is_asked_once_and_later_recipes_are_checked_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path))
    told = [
        subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert "trl" in told[0]
    assert told[1] == "[]\n"
