from pathlib import Path

import pytest

from distill.errors import RunError
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Sampling
from distill.sampling import generate as stage
from distill.sampling.growth import is_more
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from tests.endpoint import Endpoint
from tests.teacher.test_faults import write_prompts

NUM_PROMPTS = 6


def draw(folder: Path, endpoint: Endpoint, policy: str, num_prompts: int = NUM_PROMPTS, **given: object) -> RunFolder:
    settings = GenerateSection.model_validate({"policy": policy, **given})
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, write_prompts(folder, num_prompts))
        teacher = TeacherSection(model="toy", endpoints=(endpoint.url,))
        stage.generate(run, teacher, settings, None, VerifySection(workers=1))
    return run


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("fixed(1)", "fixed(4)"),
        ("at_least(2, 4)", "at_least(2, max_n=9)"),
        ("shortest_of(4)", "shortest_of(8, probes=2)"),
        ("budget(1000)", "budget(2e6)"),
    ],
)
def test_a_policy_that_asks_for_more_of_the_same_is_growth(then: str, now: str) -> None:
    assert is_more(then, now)
    assert not is_more(now, then)
    assert not is_more(then, then)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("fixed(1)", "shortest_of(4)"),
        ("at_least(2, 4)", "at_least(3, 9)"),
        ("shortest_of(4, probes=2)", "shortest_of(8, probes=1)"),
        ("budget(1000, max_n=4)", "budget(2000, max_n=8)"),
    ],
)
def test_any_other_is_a_change(then: str, now: str) -> None:
    assert not is_more(then, now)


def test_a_run_grows_and_asks_only_for_what_is_new(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        before = draw(tmp_path, endpoint, "fixed(1)").manifest.stages
        run = draw(tmp_path, endpoint, "fixed(3)")
        assert endpoint.asked.total() == run.samples.count() == run.verdicts.count() == 3 * NUM_PROMPTS
        after = run.manifest.stages
        assert after["generate"].settings["grown_from"] == ["fixed(1)"]
        assert after["generate"].digest != before["generate"].digest
        assert after["generate"].is_done
        assert after["verify"].is_done
        run = draw(tmp_path, endpoint, "fixed(3)", NUM_PROMPTS + 2)
        assert endpoint.asked.total() == run.samples.count() == run.verdicts.count() == 3 * (NUM_PROMPTS + 2)
        assert run.manifest.stages["generate"].settings["grown_from"] == ["fixed(1)"]
        with pytest.raises(RunError, match=r"policy: 'fixed\(3\)' → 'fixed\(1\)'"):
            draw(tmp_path, endpoint, "fixed(1)", NUM_PROMPTS + 2)
        with pytest.raises(RunError, match="sampling: "):
            draw(tmp_path, endpoint, "fixed(4)", NUM_PROMPTS + 2, sampling=Sampling(temperature=0.1))


def test_samples_without_a_manifest_are_taken_under_the_settings_that_drew_them(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        run = draw(tmp_path, endpoint, "fixed(2)")
        before = run.manifest.stages
        (run.path / "manifest.json").unlink()
        with pytest.raises(RunError, match=r"'q\d' has temperature 0\.6, not 0\.1. Run the command that drew them"):
            draw(tmp_path, endpoint, "fixed(2)", sampling=Sampling(temperature=0.1))
        with pytest.raises(RunError, match=r"has a sample 1, counted from 0, and fixed\(1\) asks for fewer"):
            draw(tmp_path, endpoint, "fixed(1)")
        again = draw(tmp_path, endpoint, "fixed(2)")
        assert endpoint.asked.total() == again.samples.count() == 2 * NUM_PROMPTS
    after = again.manifest.stages
    assert {name: entry.digest for name, entry in after.items()} == {name: e.digest for name, e in before.items()}


def test_what_an_attempt_left_unverified_is_verified_when_the_stage_ends(tmp_path: Path) -> None:
    """`fixed` draws without waiting for verdicts, so an attempt that is killed leaves samples that have none."""
    with Endpoint().running() as endpoint:
        run = draw(tmp_path, endpoint, "fixed(2)")
        with RunFolder.open(run.path, print) as opened:
            opened.verdicts.remove(lambda row: row["index"] == 1, ["index"])
            opened.reopen("generate")
        assert draw(tmp_path, endpoint, "fixed(2)").verdicts.count() == 2 * NUM_PROMPTS
        with RunFolder.open(run.path, print) as opened:
            opened.verdicts.remove(lambda row: row["index"] == 0, ["index"])
        assert draw(tmp_path, endpoint, "fixed(2)").verdicts.count() == 2 * NUM_PROMPTS
        assert endpoint.asked.total() == 2 * NUM_PROMPTS
