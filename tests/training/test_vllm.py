"""The real vLLM, its build for CPUs, loads what a training exports, and sees what was trained."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from distill.training.sft import sft
from tests.teacher.engines.test_vllm import install
from tests.training.tiny import SHAPE, tiny_base, tiny_dataset, tiny_recipe

pytestmark = [pytest.mark.real, pytest.mark.slow]

QUESTION = "What is 1 + 1?"
"""The second row of the tiny dataset."""
ASK = f"""
import json, sys
from vllm import LLM, SamplingParams

for folder in sys.argv[1:]:
    model = LLM(folder, dtype="float32", enforce_eager=True, max_model_len=128, max_num_seqs=1, seed=0)
    asked = [{{"role": "user", "content": {QUESTION!r}}}]
    reply = model.chat(asked, SamplingParams(temperature=0, max_tokens=8), use_tqdm=False)[0]
    config = model.llm_engine.vllm_config.model_config.hf_config
    theta = config.rope_parameters["rope_theta"]
    told = {{"prompt": reply.prompt_token_ids, "written": list(reply.outputs[0].token_ids), "theta": theta}}
    print("told " + json.dumps(told), flush=True)
    del model
"""
HIDDEN = {"hidden": 128}
"""Heads of 32: vLLM's attention for CPUs knows none of 16."""


def ask(*models: Path) -> list[dict[str, object]]:
    """What vLLM reads and writes when each model is asked the same."""
    alone = {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1"}
    line = [str(install()), "-c", ASK, *map(str, models)]
    done = subprocess.run(line, check=False, capture_output=True, text=True, env={**os.environ, **alone}, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line.removeprefix("told ")) for line in done.stdout.splitlines() if line.startswith("told ")]


def trained(folder: Path, kind: str) -> Path:
    base = tiny_base(folder / "base", kind, hidden_size=HIDDEN["hidden"])
    rope = {"theta": 300000, "max_position_embeddings": 8192} if kind == "qwen2" else None
    shape = {**SHAPE, **HIDDEN, "qkv_bias": kind == "qwen2"}
    recipe = tiny_recipe(folder / "tiny.yaml", base, kind, rope=rope, shape=shape, export_dtype="float32")
    sft(recipe, tiny_dataset(folder / "rows.jsonl"), out=folder / "out")
    return folder / "out"


def trained_prompt(out: Path) -> list[int]:
    """The tokens before the labels in the row that asks the question, as they were trained."""
    import pyarrow as pa

    block = next((out.with_name("out.work") / "data").glob("*.arrow"))
    row = pa.ipc.open_stream(block.read_bytes()).read_all().to_pylist()[1]
    return [int(token) for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100]


def greedy(out: Path, prompt: list[int]) -> list[int]:
    """What transformers writes after the prompt."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(out, dtype="float32")
    written = model.generate(  # type: ignore[misc]
        torch.tensor([prompt]), do_sample=False, temperature=None, top_p=None, max_new_tokens=8
    )
    return [int(token) for token in written[0, len(prompt) :]]


def test_vllm_is_given_the_trained_prompt_and_writes_what_transformers_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    kinds = {"qwen2": 300000, "llama": 10000}
    models = []
    for kind in kinds:
        (tmp_path / kind).mkdir()
        models.append(trained(tmp_path / kind, kind))
    for model, theta, told in zip(models, kinds.values(), ask(*models), strict=True):
        prompt = trained_prompt(model)
        assert told == {"prompt": prompt, "written": greedy(model, prompt), "theta": theta}
