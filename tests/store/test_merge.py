from pathlib import Path

import pytest

from distill.errors import RunError
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Sampling
from distill.sampling import generate as stage
from distill.sampling.prompts import Slice, import_prompts
from distill.store import RunFolder
from distill.store.extend import extend
from distill.store.merge import merge
from tests.endpoint import Endpoint
from tests.store.test_extend import Wordy
from tests.teacher.test_faults import write_prompts


def draw(
    folder: Path, file: Path, endpoint: Endpoint, share: str | None, policy: str = "fixed(2)", max_tokens: int = 32768
) -> None:
    with RunFolder.open(folder, print) as run:
        import_prompts(run, file, Slice.parse(share) if share else None)
        teacher = TeacherSection(model="toy", endpoints=(endpoint.url,))
        settings = GenerateSection(policy=policy, sampling=Sampling(max_tokens=max_tokens))
        stage.generate(run, teacher, settings, None, VerifySection(workers=1))


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
    with pytest.raises(RunError, match=r"another `generate` than .*policy: 'fixed\(2\)' → 'fixed\(3\)'.*made alike"):
        merge([tmp_path / "a", tmp_path / "other"], tmp_path / "out")
    with pytest.raises(RunError, match="exists already"):
        merge([tmp_path / "a", tmp_path / "other"], tmp_path / "a")
    assert not (tmp_path / "out").exists()


def test_a_slice_that_has_grown_merges_with_one_that_began_so(tmp_path: Path) -> None:
    file = write_prompts(tmp_path, 20)
    with Endpoint().running() as endpoint:
        draw(tmp_path / "a", file, endpoint, "1/2", "fixed(1)")
        draw(tmp_path / "a", file, endpoint, "1/2")
        draw(tmp_path / "b", file, endpoint, "2/2")
        merge([tmp_path / "b", tmp_path / "a"], tmp_path / "whole")
        draw(tmp_path / "whole", file, endpoint, None)
        assert endpoint.asked.total() == 40
    assert RunFolder.at(tmp_path / "whole").manifest.stages["generate"].settings["grown_from"] == ["fixed(1)"]


def test_what_extend_has_put_apart_is_merged_too(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        for number in (1, 2):
            short, file = tmp_path / f"short{number}", write_prompts(tmp_path, 8)
            draw(short, file, endpoint, f"{number}/2", max_tokens=4)
            extend(short, tmp_path / f"part{number}", 100)
        parts = [RunFolder.at(tmp_path / f"part{number}") for number in (1, 2)]
        whole = merge([part.path for part in parts], tmp_path / "whole")
        assert whole.cut.count() == sum(part.cut.count() for part in parts) == 8
        num_asked = endpoint.num_requests
        draw(whole.path, file, endpoint, None, max_tokens=100)
        assert endpoint.num_requests == num_asked, "what was cut was drawn again, not continued"
    assert whole.samples.count() == 16


def test_a_merge_that_was_done_already_is_not_done_again(tmp_path: Path) -> None:
    file, parts = write_prompts(tmp_path, 10), [tmp_path / "a", tmp_path / "b"]
    with Endpoint().running() as endpoint:
        for number, part in enumerate(parts, start=1):
            draw(part, file, endpoint, f"{number}/2")
    merge(parts, tmp_path / "whole")
    written = (tmp_path / "whole" / "manifest.json").stat().st_mtime_ns
    assert merge(parts, tmp_path / "whole").samples.count() == 20
    assert (tmp_path / "whole" / "manifest.json").stat().st_mtime_ns == written
    with pytest.raises(RunError, match="exists already"):
        merge(parts[::-1], tmp_path / "whole")
