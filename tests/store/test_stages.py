from pathlib import Path

import pytest

from distill.errors import RecipeError, RunError
from distill.store.manifest import read_manifest
from distill.store.stages import StageSettings, begin, changes, finish, refuse_changed, refuse_unknown

COLD = StageSettings({"rate": 1, "rows": "a"}, "c0", (), ("warm",))
WARM = StageSettings({"rate": 2}, "w0", ("cold",))


def test_a_stage_is_begun_once_and_its_attempts_add_up(tmp_path: Path) -> None:
    for _ in range(2):
        assert not begin(tmp_path, "cold", COLD).is_done
    started = read_manifest(tmp_path).stages["cold"].started
    for seconds in (1.5, 2.0):
        finish(tmp_path, "cold", {"rows": 3}, seconds, {"sympy": "1"})
    entry = begin(tmp_path, "cold", COLD)
    assert (entry.is_done, entry.counts, entry.seconds, entry.started) == (True, {"rows": 3}, 3.5, started)
    assert {"distill", "sympy"} == set(entry.versions)


def test_a_stage_of_another_digest_starts_anew(tmp_path: Path) -> None:
    begin(tmp_path, "cold", COLD)
    finish(tmp_path, "cold", {}, 1.0)
    assert not begin(tmp_path, "cold", COLD._replace(digest="c1")).is_done


def test_changed_settings_are_refused_with_what_changed_and_the_ways_out(tmp_path: Path) -> None:
    begin(tmp_path, "cold", COLD)
    refuse_changed(tmp_path, "cold", COLD)
    refuse_changed(tmp_path, "warm", WARM)  # has not begun
    now = StageSettings({"rate": 3, "rows": "a"}, "c1", (), ("warm",))
    with pytest.raises(RunError, match=r"\(rate: 1 → 3\).*run=DIR.*--restart cold.*built on that \(warm\)"):
        refuse_changed(tmp_path, "cold", now)


def test_a_change_of_what_a_stage_is_built_on_names_that(tmp_path: Path) -> None:
    begin(tmp_path, "warm", WARM)
    with pytest.raises(RunError, match="what it is built on, cold, differs"):
        refuse_changed(tmp_path, "warm", WARM._replace(digest="w1"))


def test_settings_that_came_or_went_are_changes() -> None:
    assert changes({"a": 1, "b": 2}, {"b": 2, "c": 3}) == ["a: 1 → None", "c: None → 3"]


def test_a_stage_that_does_not_exist_is_refused_with_those_that_do() -> None:
    refuse_unknown("cold", ["cold", "warm"])
    with pytest.raises(RecipeError, match="no stage 'cool' to restart; stages are cold, warm"):
        refuse_unknown("cool", ["cold", "warm"])
