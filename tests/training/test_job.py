"""What a training that has begun, or has finished, takes up again under other settings."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from distill.errors import RunError
from distill.training.job import TrainingEvent
from distill.training.recipe import load
from distill.training.sft import sft
from tests.training.tiny import tiny_base, tiny_dataset, tiny_recipe

pytestmark = pytest.mark.slow
SAVING = ["save_strategy=steps", "save_steps=4"]
SHARDED = [*SAVING, "distill.accelerate=fsdp2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A recipe, 50 rows, so that the last of 13 steps is half a batch, and a finished training of them."""
    folder = tmp_path_factory.mktemp("job")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISTILL_CACHE", str(folder / "cache"))
        tiny_recipe(folder / "tiny.yaml", tiny_base(folder / "base"))
        tiny_dataset(folder / "rows.jsonl", 50)
        sft(folder / "tiny.yaml", folder / "rows.jsonl", out=folder / "one", overrides=SAVING, num_gpus=1)
        yield folder


def curve(work: Path) -> dict[int, tuple[float, float]]:
    """Loss and gradient norm of each step."""
    log = json.loads((work / "metrics.json").read_text(encoding="utf-8"))["log"]
    return {entry["step"]: (entry["loss"], entry["grad_norm"]) for entry in log if "loss" in entry}


def broken(folder: Path, name: str, out: Path) -> Path:
    """A copy of a training as it was after its first checkpoint; returns the model folder to be."""
    work = out.with_name(f"{out.name}.work")
    shutil.copytree(folder / f"{name}.work", work, symlinks=True)
    for later in work.glob("checkpoint-*"):
        if later.name != "checkpoint-4":
            shutil.rmtree(later)
    (work / "metrics.json").unlink()
    return out


@pytest.mark.parametrize(
    ("overrides", "num_processes"),
    [
        (["per_device_train_batch_size=1", "activation_checkpointing=true"], 1),
        (["per_device_train_batch_size=4", "dataloader_num_workers=1"], 1),
        ([], 2),
    ],
    ids=["smaller batches", "larger batches", "more processes"],
)
def test_a_resumed_training_sees_the_same_rows_however_they_are_dealt(
    folder: Path, tmp_path: Path, overrides: list[str], num_processes: int
) -> None:
    out, seen = broken(folder, "one", tmp_path / "out"), list[TrainingEvent]()
    sft(
        folder / "tiny.yaml",
        folder / "rows.jsonl",
        out=out,
        overrides=["save_strategy=steps", "save_steps=5", "save_total_limit=5", *overrides],
        num_gpus=num_processes,
        report=seen.append,
    )
    work = tmp_path / "out.work"
    assert min(event.done for event in seen if event.stage == "train") == 5
    assert {path.name for path in work.glob("checkpoint-*")} == {f"checkpoint-{n}" for n in (4, 5, 10, 13)}
    whole = curve(folder / "one.work")
    assert len(whole) == 13
    if num_processes > 1:
        del whole[13]  # several processes fill up the epoch's last step with rows from its beginning
    for step, measured in whole.items():
        assert curve(work)[step] == pytest.approx(measured, rel=1e-4), step


def test_shards_are_dealt_anew_to_another_number_of_processes_and_to_no_copies(folder: Path, tmp_path: Path) -> None:
    recipe, rows = folder / "tiny.yaml", folder / "rows.jsonl"
    single = ["per_device_train_batch_size=1"]
    sft(recipe, rows, out=tmp_path / "two", overrides=[*SHARDED, *single], num_gpus=2)
    out = broken(tmp_path, "two", tmp_path / "out")
    with pytest.raises(RunError, match=r"another layout \(FSDP2, SHARDED_STATE_DICT\), which this one \(whole\)"):
        sft(recipe, rows, out=out, overrides=[*SAVING, *single], num_gpus=2)
    sft(recipe, rows, out=out, overrides=[*SHARDED, *single], num_gpus=4)
    whole = curve(tmp_path / "two.work")
    assert len(whole) == 13
    for step in range(1, 13):
        assert curve(tmp_path / "out.work")[step] == pytest.approx(whole[step], rel=1e-4), step


def test_a_finished_model_is_exported_anew_where_only_the_export_changed(folder: Path, tmp_path: Path) -> None:
    recipe, rows, seen = folder / "tiny.yaml", folder / "rows.jsonl", list[TrainingEvent]()
    shutil.copytree(folder / "one.work", tmp_path / "out.work", symlinks=True)
    out = Path(shutil.copytree(folder / "one", tmp_path / "out"))
    again = sft(recipe, rows, out=out, overrides=[*SAVING, "report_to=[]", "save_steps=9"], report=seen.append)
    assert again.was_done
    anew = [*SAVING, "distill.export_dtype=float32", "distill.license=mit"]
    exported = sft(recipe, rows, out=out, overrides=anew, report=seen.append)
    assert not exported.was_done
    assert "train" not in {event.stage for event in seen}
    assert json.loads((out / "config.json").read_text(encoding="utf-8"))["dtype"] == "float32"
    assert (out / "README.md").read_text(encoding="utf-8").startswith("---\nlicense: mit\n")
    with pytest.raises(RunError, match=r"another recipe \(learning_rate: 0\.001 → 0\.0001\)"):
        sft(recipe, rows, out=out, overrides=[*anew, "learning_rate=1e-4"])
    shutil.rmtree(tmp_path / "out.work")
    with pytest.raises(RunError, match=r"to be exported anew, and .* is gone"):
        sft(recipe, rows, out=out, overrides=SAVING)


def test_the_recipe_in_the_model_folder_gives_the_same_settings(folder: Path) -> None:
    kept, given = load(folder / "one" / "recipe.yaml"), load(folder / "tiny.yaml", SAVING)
    assert (kept.distill, kept.trl) == (given.distill, given.trl)
    assert sft(folder / "one" / "recipe.yaml", folder / "rows.jsonl", out=folder / "one", num_gpus=1).was_done


def test_a_training_that_an_earlier_version_began_goes_on(folder: Path, tmp_path: Path) -> None:
    out = broken(folder, "one", tmp_path / "out")
    settings = tmp_path / "out.work" / "settings.json"
    digests = {
        key: value for key, value in json.loads(settings.read_text()).items() if key in ("recipe", "base", "dataset")
    }
    settings.write_text(json.dumps(digests))
    with pytest.raises(RunError, match=r"a training with another recipe\. Set it back"):
        sft(folder / "tiny.yaml", folder / "rows.jsonl", out=out, overrides=[*SAVING, "seed=1"], num_gpus=1)
    result = sft(folder / "tiny.yaml", folder / "rows.jsonl", out=out, overrides=SAVING, num_gpus=1)
    assert result.num_steps == 13


def test_the_card_says_how_the_model_was_trained(folder: Path) -> None:
    card = (folder / "one" / "README.md").read_text(encoding="utf-8")
    for line in (
        "| learning rate | 0.001, linear, warm-up 0 |",
        "| batch | 4 examples a step |",
        "| dtype | float32, computing in the same |",
        "| adapter | none, all weights are trained |",
        "| seed | 42 |",
    ):
        assert line in card
    assert "optim adamw_torch_fused, adam_beta1 0.9" in card
    assert (
        yaml.safe_load((folder / "one" / "recipe.yaml").read_text(encoding="utf-8"))["distill"]["license"]
        == "apache-2.0"
    )
