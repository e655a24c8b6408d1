import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from distill.errors import InputError, RunError
from distill.evaluation.scores import read_scores
from distill.pipeline.pipeline_run import run_pipeline
from distill.recipe.stages import Pipeline, load_any
from distill.store import RunFolder
from distill.store.manifest import read_manifest
from tests.endpoint import Endpoint
from tests.training.tiny import tiny_base, tiny_recipe

NUM_PROMPTS = 12
SAMPLING = {"temperature": 0.2, "max_tokens": 64}
LEARNING = {"learning_rate": 0.01, "save_strategy": "steps", "save_steps": 15}
SERVED = {"engine": "transformers", "context_length": 256}


def write_prompts(folder: Path) -> None:
    """Sums that are all 12: a tiny model can learn that. Whatever it says to what is held out is right or wrong."""
    rows = [{"prompt": f"What is {i} + {12 - i}?", "answer": "12"} for i in range(NUM_PROMPTS)]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    held_out = {"prompt": "Print 12.", "tests": {"cases": [{"stdin": "", "stdout": "12"}]}}
    (folder / "held-out.jsonl").write_text(json.dumps(held_out) + "\n")


def written(folder: Path, stages: dict[str, object]) -> Path:
    """A pipeline's file, with its run folder beside it."""
    file = folder / "toy.yaml"
    file.write_text(yaml.safe_dump({"name": "toy", "run": str(folder / "run"), "stages": stages}, sort_keys=False))
    return file


def sampled(url: str, policy: str = "fixed(2)") -> dict[str, object]:
    """A stage that an endpoint does."""
    teacher = {"model": "toy", "endpoints": [url]}
    generate = {"policy": policy, "concurrency": 4}
    return {"kind": "sample", "prompts": {"file": "train.jsonl"}, "teacher": teacher, "generate": generate}


def loaded(file: Path, *overrides: str) -> Pipeline:
    pipeline = load_any(str(file), overrides)
    assert isinstance(pipeline, Pipeline)
    return pipeline


def test_stages_run_in_order_each_in_its_folder_and_not_again(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with Endpoint().running() as endpoint:
        pipeline = loaded(written(tmp_path, {"first": sampled(endpoint.url), "second": sampled(endpoint.url)}))
        run_pipeline(pipeline)
        run_pipeline(pipeline)
        assert endpoint.num_requests == 2 * 2 * NUM_PROMPTS
    entries = read_manifest(tmp_path / "run").stages
    assert {name: entry.is_done for name, entry in entries.items()} == {"first": True, "second": True}
    assert entries["second"].counts["rows"] == NUM_PROMPTS
    assert (tmp_path / "run" / "second" / "dataset" / "README.md").is_file()


def test_a_stage_that_needs_a_missing_file_stops_the_pipeline_before_the_first(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with Endpoint().running() as endpoint:
        late = sampled(endpoint.url) | {"prompts": {"file": "missing.jsonl"}}
        with pytest.raises(InputError, match=r"Stage second of toy needs .*missing\.jsonl.*Nothing was run"):
            run_pipeline(loaded(written(tmp_path, {"first": sampled(endpoint.url), "second": late})))
        assert endpoint.num_requests == 0


def test_a_pipeline_and_a_run_do_not_share_a_folder(tmp_path: Path) -> None:
    write_prompts(tmp_path)
    with Endpoint().running() as endpoint:
        file = written(tmp_path, {"first": sampled(endpoint.url)})
        run_pipeline(loaded(file))
        with (
            pytest.raises(RunError, match="holds a pipeline"),
            RunFolder.open(tmp_path / "run", lambda _: None),
        ):
            pass
        with pytest.raises(RunError, match="something else than this pipeline"):
            run_pipeline(loaded(file, f"run={tmp_path / 'run' / 'first'}"))


def r1(folder: Path, url: str) -> Path:
    """The stages of recipes/r1.yaml, on a model of two layers that learns to say 12."""
    recipe = str(tiny_recipe(folder / "tiny.yaml", tiny_base(folder / "base"), export_dtype="float32"))
    reinforcement = {
        "distill": {
            "student": recipe,
            "batch": {"unit": "examples", "size": 4},
            "rewards": {"accuracy": 1.0},
            "max_prompt_tokens": 64,
        },
        "num_generations": 4, "max_completion_length": 48, "max_steps": 3, "learning_rate": 1e-6, "temperature": 0.5,
        "per_device_train_batch_size": 4, "save_strategy": "steps", "save_steps": 1, "report_to": "none", "beta": 0.0,
    }  # fmt: skip
    (folder / "reinforce.yaml").write_text(yaml.safe_dump(reinforcement))
    training = {"kind": "sft", "recipe": recipe}
    grpo = {"kind": "grpo", "recipe": str(folder / "reinforce.yaml"), "prompts": {"file": "train.jsonl"}}
    teacher = {"model": "reason", "weights": "reason", "num_slots": 4, **SERVED}
    generate = {"policy": "fixed(2)", "sampling": SAMPLING, "concurrency": 2}
    return written(
        folder,
        {
            "examples": sampled(url),
            "cold": {**training, "dataset": "examples", "overrides": {**LEARNING, "num_train_epochs": 18}},
            "reason": {**grpo, "base": "cold"},
            "traces": {"kind": "sample", "prompts": {"file": "train.jsonl"}, "teacher": teacher, "generate": generate,
                       "select": {"policy": "all(2)"}},
            "student": {**training, "dataset": ["traces", "examples"],
                        "overrides": {**LEARNING, "num_train_epochs": 3}},
            "r1": {**grpo, "base": "student"},
            "score": {"kind": "eval", "model": "r1", "file": "held-out.jsonl", "num_samples": 2, "concurrency": 2,
                      "sampling": SAMPLING, **SERVED},
        },
    )  # fmt: skip


def has_checkpoint(stage: str) -> Callable[[Path], bool]:
    """Inside a training."""
    return lambda run: any((run / stage / "model.work").glob("checkpoint-*/trainer_state.json"))


def has_journal(stage: str) -> Callable[[Path], bool]:
    """Inside a sampling: some samples are stored, and none of their shards is sealed."""
    return lambda run: any(file.stat().st_size > 0 for file in (run / stage / "samples").glob("*.journal"))


def is_done(stage: str) -> Callable[[Path], bool]:
    """Between two stages."""

    def ask(run: Path) -> bool:
        entry = read_manifest(run).stages.get(stage)
        return entry is not None and entry.is_done

    return ask


KILLS = (has_journal("examples"), has_checkpoint("cold"), is_done("reason"))
PRODUCTS = ("*/model/sft.json", "*/model/grpo.json", "*/dataset/selection.json")


def attempt(file: Path, run: Path, kill_when: Callable[[Path], bool] | None) -> int:
    """Run the command in a process group of its own, and kill all of it once `kill_when` holds."""
    line = [sys.executable, "-m", "distill", "run", str(file)]
    process = subprocess.Popen(line, start_new_session=True, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        if kill_when is not None and kill_when(run):
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    return process.wait()


def made(run: Path) -> dict[str, int]:
    """When each stage that is done was done."""
    files = [file for pattern in PRODUCTS for file in run.glob(pattern)]
    return {str(file): file.stat().st_mtime_ns for file in files if is_done(file.relative_to(run).parts[0])(run)}


@pytest.mark.slow
@pytest.mark.real
def test_r1_killed_between_and_inside_stages_goes_on_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    write_prompts(tmp_path)
    run, before = tmp_path / "run", dict[str, int]()
    with Endpoint(delay_s=0.3).running() as endpoint:
        file = r1(tmp_path, endpoint.url)
        for kill_when in KILLS:
            assert attempt(file, run, kill_when) == -signal.SIGKILL
            assert before.items() <= made(run).items()  # what was done stays as it was
            before = made(run)
        assert attempt(file, run, None) == 0
        asked = endpoint.num_requests
    assert before.items() <= made(run).items()
    assert all(entry.is_done for entry in read_manifest(run).stages.values())
    assert list(read_manifest(run).stages) == ["examples", "cold", "reason", "traces", "student", "r1", "score"]
    for stage in ("examples", "traces"):
        keys = Counter(map(RunFolder.at(run / stage).samples.key, RunFolder.at(run / stage).samples.rows()))
        assert set(keys.values()) == {1}
        assert len(keys) == 2 * NUM_PROMPTS
    assert asked <= 3 * NUM_PROMPTS  # again only what was under way, or in the last group commit, at the one kill
    for stage in ("cold", "student"):
        log = json.loads((run / stage / "model.work" / "metrics.json").read_text())["log"]
        steps = [entry["step"] for entry in log if "loss" in entry]
        assert steps == list(range(1, steps[-1] + 1))
    student = json.loads((run / "student" / "model" / "sft.json").read_text())
    assert set(student["teachers"]) == {"reason", "toy"}
    assert student["set_aside"] == {}
    assert read_scores(run)["score"].num_samples == 2
