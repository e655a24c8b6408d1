"""Where the licence of rows comes from that state none."""

from pathlib import Path

import pytest

from distill.prompts.sources.licence import card_license, licensed
from distill.prompts.sources.preset import Preset
from distill.prompts.sources.source import Source
from tests.hub.repo import Repo
from tests.hub.server import TOKEN, Hub

ON_HUB = Source("me/problems", Preset(dataset="me/problems", columns={"prompt": "prompt"}))
FILE = Source("mine", Preset(columns={"prompt": "prompt"}), Path("mine.jsonl"))


@pytest.fixture(autouse=True)
def _logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)


def on_card(_: str) -> str | None:
    return "cc-by-4.0"


def never(_: str) -> str | None:
    raise AssertionError("asked")


def test_a_hub_dataset_has_what_its_card_says() -> None:
    assert licensed(ON_HUB, None, on_card).preset.license == "cc-by-4.0"


def test_what_the_command_says_comes_before_the_card_and_behind_the_preset() -> None:
    known = ON_HUB._replace(preset=ON_HUB.preset.model_copy(update={"license": "odbl"}))
    assert licensed(ON_HUB, "mit", never).preset.license == "mit"
    assert licensed(known, "mit", never).preset.license == "odbl"


def test_a_file_has_what_the_command_says_or_nothing() -> None:
    assert licensed(FILE, "mit", never).preset.license == "mit"
    assert licensed(FILE, None, never).preset.license is None


@pytest.mark.parametrize(
    ("head", "found"),
    [(b"license: mit", "mit"), (b"license: [mit, odc-by]", "mit, odc-by"), (b"pretty_name: P", None)],
)
def test_the_card_is_asked_on_the_hub(head: bytes, found: str | None) -> None:
    with Hub().running() as hub:
        hub.repos["datasets/me/problems"] = Repo(is_private=False, first={"README.md": b"---\n" + head + b"\n---\n"})
        assert card_license("me/problems", hub.url) == found


def test_a_card_that_cannot_be_asked_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with Hub().running() as hub:
        assert card_license("me/problems", hub.url) is None
        url = hub.url
    assert card_license("me/problems", url) is None
    assert capsys.readouterr().err.count("--license NAME states one") == 2
