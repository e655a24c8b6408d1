from pathlib import Path

import pytest

from distill.errors import RunError
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.sampling import generate as stage
from distill.sampling.prompts import Slice, import_prompts
from distill.store import RunFolder
from distill.store.merge import merge
from tests.endpoint import Endpoint
from tests.teacher.test_faults import write_prompts


def draw(folder: Path, file: Path, endpoint: Endpoint, share: str | None, policy: str = "fixed(2)") -> None:
    with RunFolder.open(folder, print) as run:
        import_prompts(run, file, Slice.parse(share) if share else None)
        teacher = TeacherSection(model="toy", endpoints=(endpoint.url,))
        stage.generate(run, teacher, GenerateSection(policy=policy), None, VerifySection(workers=1))


def test_slices_are_stable_disjoint_and_whole(tmp_path: Path) -> None:
    ids = [f"q{i}" for i in range(1000)]
    shares = [{name for name in ids if name in Slice.parse(f"{number}/7")} for number in range(1, 8)]
    assert set.union(*shares) == set(ids)
    assert sum(map(len, shares)) == 1000
    assert min(map(len, shares)) > 80


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/2/3", "-1/3"])
def test_anything_else_is_no_slice(text: str) -> None:
    with pytest.raises(RunError, match="A slice reads 3/16"):
        Slice.parse(text)


def test_runs_of_slices_merge_into_the_run_of_the_whole(tmp_path: Path) -> None:
    file, parts = write_prompts(tmp_path, 30), [tmp_path / f"part{i}" for i in (1, 2, 3)]
    with Endpoint().running() as endpoint:
        for number, part in enumerate(parts, start=1):
            draw(part, file, endpoint, f"{number}/3")
        whole = merge(parts, tmp_path / "whole")
        num_asked = endpoint.asked.total()
        draw(tmp_path / "whole", file, endpoint, None)
        assert endpoint.asked.total() == num_asked == 60
    assert (whole.prompts.count(), whole.samples.count(), whole.verdicts.count()) == (30, 60, 60)
    assert whole.manifest.stages["generate"].counts["samples"] == 60
    assert all((part / "manifest.json").exists() for part in parts)


def test_a_half_done_slice_is_finished_in_the_merged_run(tmp_path: Path) -> None:
    file = write_prompts(tmp_path, 30)
    with Endpoint().running() as endpoint:
        draw(tmp_path / "a", file, endpoint, "1/2")
        draw(tmp_path / "b", file, endpoint, "2/2")
        manifest = (tmp_path / "b" / "manifest.json").read_text()
        (tmp_path / "b" / "manifest.json").write_text(manifest.replace('"is_done": true', '"is_done": false'))
        for shard in (tmp_path / "b" / "samples").iterdir():
            shard.unlink()
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "whole")
        draw(tmp_path / "whole", file, endpoint, None)
    assert RunFolder.at(tmp_path / "whole").samples.count() == 60


def test_only_disjoint_runs_made_alike_are_merged(tmp_path: Path) -> None:
    file = write_prompts(tmp_path, 10)
    with Endpoint().running() as endpoint:
        draw(tmp_path / "a", file, endpoint, "1/2")
        draw(tmp_path / "all", file, endpoint, None)
        draw(tmp_path / "other", file, endpoint, "2/2", "fixed(3)")
    with pytest.raises(RunError, match="both hold the prompt"):
        merge([tmp_path / "a", tmp_path / "all"], tmp_path / "out")
    with pytest.raises(RunError, match="another `generate`"):
        merge([tmp_path / "a", tmp_path / "other"], tmp_path / "out")
    with pytest.raises(RunError, match="exists already"):
        merge([tmp_path / "a", tmp_path / "other"], tmp_path / "a")
    assert not (tmp_path / "out").exists()
