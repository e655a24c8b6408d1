import pytest
import yaml

from distill.hub.front_matter import Header, merge_headers, split_card


def header(text: str) -> Header:
    return split_card(f"---\n{text}---\n\n# A card\n")[0]


OURS = """\
pretty_name: Traces
license: mit
size_categories:
- n<1K
tags:
- distill
- math
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
"""


@pytest.mark.parametrize(
    "card",
    [
        f"---\n{OURS}---\n\n# A card\n",
        "---\n# said first\na: 1 # why\nb:\n# inside\n- 2\n'c d': 3\ne: |\n  x: 1\n---\nText\n---\nmore\n",
        "---\n---\nText\n",
        "---\na: 1\n\n---\n\nText\n",
        "# No header\n\n---\n\na: 1\n",
    ],
)
def test_a_card_is_cut_without_losing_a_character(card: str) -> None:
    found, body = split_card(card)
    assert (found.text() or "---\n---\n" * card.startswith("---\n---")) + body == card


def test_what_nobody_changed_is_the_same_text() -> None:
    merged, kept = merge_headers(header(OURS), header(OURS), header(OURS))
    assert (merged.text(), kept) == (f"---\n{OURS}---\n", ())


def test_what_the_maintainer_changed_stays_and_the_rest_follows_ours() -> None:
    theirs = OURS.replace("Traces", "My traces  # better").replace("license: mit", "license: 'mit'") + "extra: 1\n"
    ours = OURS.replace("Traces", "Traces 2").replace("license: mit", "license: apache-2.0").replace("n<1K", "1K<n<10K")
    merged, kept = merge_headers(header(OURS), header(ours), header(theirs))
    wanted = ours.replace("Traces 2", "My traces  # better") + "extra: 1\n"
    assert (merged.text(), kept) == (f"---\n{wanted}---\n", ("pretty_name",))


def test_a_licence_and_its_name_are_one_word_of_the_maintainers() -> None:
    theirs = "license: other\nlicense_name: mine\n"
    merged, _ = merge_headers(header(OURS), header(OURS), header(theirs))
    assert (merged.value("license"), merged.value("license_name")) == ("other", "mine")
    merged, _ = merge_headers(header(OURS), header("license: other\nlicense_name: by-row\n"), header(theirs))
    assert merged.value("license_name") == "mine"


def test_tags_of_both_are_kept_without_those_that_one_took_away() -> None:
    ours, theirs = OURS.replace("- math\n", "- code\n"), OURS.replace("- distill\n", "- theirs\n")
    merged, _ = merge_headers(header(OURS), header(ours), header(theirs))
    assert merged.value("tags") == ["theirs", "code"]


def test_our_configs_are_ours_and_theirs_stay_beside_them() -> None:
    own = "- config_name: own\n  data_files: own.csv\n"
    stale = "dataset_info:\n- config_name: default\n  features: []\n- config_name: own\n  features: []\n"
    merged, _ = merge_headers(header(OURS), header(OURS), header(OURS.replace("train-", "old-") + own + stale))
    configs = yaml.safe_load(merged.keys["configs"])["configs"]
    assert [each["config_name"] for each in configs] == ["default", "own"]
    assert configs[0]["data_files"][0]["path"] == "data/train-*.parquet"
    assert merged.value("dataset_info") == [{"config_name": "own", "features": []}]
    alone = header(OURS + "dataset_info:\n  features: []\n")
    assert "dataset_info" not in merge_headers(header(OURS), header(OURS), alone)[0].keys


def test_a_key_that_the_maintainer_removed_stays_away_and_one_that_we_drop_goes() -> None:
    merged, _ = merge_headers(header(OURS), header(OURS), header(OURS.replace("pretty_name: Traces\n", "")))
    assert "pretty_name" not in merged.keys
    merged, _ = merge_headers(header(OURS), header(OURS.replace("pretty_name: Traces\n", "")), header(OURS))
    assert "pretty_name" not in merged.keys


def test_a_key_of_theirs_that_says_null_is_kept() -> None:
    merged, _ = merge_headers(None, header(OURS), header("paperswithcode_id: null\n"))
    assert merged.keys["paperswithcode_id"] == "paperswithcode_id: null\n"
