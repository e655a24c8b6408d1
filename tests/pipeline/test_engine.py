from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from distill.errors import RunError
from distill.pipeline.engine import Entry, Stage, is_left, run_stages
from distill.recipe.recipe import Recipe
from distill.store.manifest import read_manifest
from distill.store.stages import Counts, StageSettings

TOY = Recipe.model_validate({"name": "toy", "prompts": {"file": "p.jsonl"}, "teacher": {"model": "toy"}})


def stage(folder: Path, name: str, asked: list[str], digest: str = "0", *, is_cheap: bool = False) -> Stage:
    """A stage that makes a file of its name and counts one."""

    def perform() -> Counts:
        asked.append(name)
        (folder / name).touch()
        return {"files": 1}

    settings = StageSettings({"digest": digest}, digest)
    return Stage(name, "toy", perform, Entry(lambda: settings, folder / name, is_cheap=is_cheap))


def restless(asked: list[str]) -> Stage:
    """A stage that knows itself what is left of it."""
    return Stage("restless", "toy", lambda: asked.append("restless"))


def take(folder: Path, *make: Callable[[list[str]], Stage]) -> list[str]:
    """Run the stages; the names of those that were asked to do anything."""
    asked: list[str] = []
    run_stages(TOY, folder / "recipe.yaml", [each(asked) for each in make])
    return asked


def test_stages_are_taken_in_order_and_those_that_are_done_not_again(tmp_path: Path) -> None:
    stages = [restless, *(lambda asked, name=name: stage(tmp_path, name, asked) for name in ("first", "second"))]
    assert take(tmp_path, *stages) == ["restless", "first", "second"]
    assert take(tmp_path, *stages) == ["restless"]
    entries = read_manifest(tmp_path).stages
    assert {name: (entry.is_done, entry.counts) for name, entry in entries.items()} == {
        "first": (True, {"files": 1}), "second": (True, {"files": 1}),
    }  # fmt: skip
    assert Recipe.model_validate(yaml.safe_load((tmp_path / "recipe.yaml").read_text())) == TOY


def test_a_stage_that_failed_is_begun_and_left_and_those_before_it_are_done(tmp_path: Path) -> None:
    def broken(asked: list[str]) -> Stage:
        def perform() -> Counts:
            raise KeyboardInterrupt

        return stage(tmp_path, "second", asked)._replace(perform=perform)

    with pytest.raises(KeyboardInterrupt):
        take(tmp_path, lambda asked: stage(tmp_path, "first", asked), broken)
    assert {name: entry.is_done for name, entry in read_manifest(tmp_path).stages.items()} == {
        "first": True, "second": False,
    }  # fmt: skip
    assert is_left(tmp_path, broken([]))


def test_what_a_stage_made_and_was_lost_is_made_again(tmp_path: Path) -> None:
    take(tmp_path, lambda asked: stage(tmp_path, "first", asked))
    (tmp_path / "first").unlink()
    assert take(tmp_path, lambda asked: stage(tmp_path, "first", asked)) == ["first"]


def test_a_changed_costly_stage_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    take(tmp_path, lambda asked: stage(tmp_path, "costly", asked))
    asked: list[str] = []
    stages = [restless(asked), stage(tmp_path, "costly", asked, "1")]
    with pytest.raises(RunError, match=r"the stage costly under other settings \(digest: '0' → '1'\)"):
        run_stages(TOY, tmp_path / "recipe.yaml", stages)
    assert asked == []


def test_a_changed_cheap_stage_starts_anew(tmp_path: Path) -> None:
    assert take(tmp_path, lambda asked: stage(tmp_path, "cheap", asked, "0", is_cheap=True)) == ["cheap"]
    assert take(tmp_path, lambda asked: stage(tmp_path, "cheap", asked, "1", is_cheap=True)) == ["cheap"]


def test_settings_that_follow_from_an_earlier_stage_are_asked_when_their_turn_comes(tmp_path: Path) -> None:
    """As those of `sft` follow from what `select` recorded."""

    def follows(asked: list[str]) -> Stage:
        def settings() -> StageSettings:
            known = read_manifest(tmp_path).stages.get("cheap")
            return StageSettings({}, known.digest if known else "nothing", ["cheap"])

        return Stage("follows", "toy", lambda: asked.append("follows"), Entry(settings, tmp_path))

    take(tmp_path, lambda asked: stage(tmp_path, "cheap", asked, is_cheap=True), follows)
    assert read_manifest(tmp_path).stages["follows"].digest == "0"
    with pytest.raises(RunError, match=r"the stage follows under other settings .*built on, cheap, differs"):
        take(tmp_path, lambda asked: stage(tmp_path, "cheap", asked, "1", is_cheap=True), follows)
