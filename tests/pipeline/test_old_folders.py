"""Folders of runs outlive releases: the digests in their manifests stay what they are."""

from pathlib import Path

from distill.recipe.loading import digest
from distill.store import RunFolder
from distill.store.manifest import Manifest, StageEntry, write_manifest

STARTED = "2026-11-25T12:00:49+00:00"
WRITTEN = {
    "prompts": ({"sha256": "a"}, "76dbfece09e5bbd6"),
    "select": ({"policy": "shortest"}, "de6685e2f8e80c6c"),
    "sft": ({"recipe": "tiny"}, "aab5927a797021bb"),
}


def test_a_run_folder_written_by_version_0_1_0_is_carried_on(tmp_path: Path) -> None:
    entries = {
        name: StageEntry(digest=known, settings=dict(settings), is_done=True, started=STARTED)
        for name, (settings, known) in WRITTEN.items()
    }
    write_manifest(tmp_path, Manifest(stages=entries))
    run = RunFolder.at(tmp_path)
    assert run.begin("prompts", WRITTEN["prompts"][0]).is_done
    assert run.begin("sft", WRITTEN["sft"][0]).is_done


def test_a_stage_of_a_pipeline_has_the_digest_that_version_0_1_0_gave_it() -> None:
    assert digest({"cold": "c0"}, {"rate": 2}) == "928cfabc70f7357b"
