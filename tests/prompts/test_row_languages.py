"""Language and licence of a row: what it states, else its preset, else, of languages, what its text shows."""

import json
from pathlib import Path

import pytest

from distill.dataset.select import select
from distill.errors import InputError
from distill.prompts.collect import collect_prompts
from distill.prompts.normalise import SetAside, normalise
from distill.prompts.order import Order
from distill.prompts.sources.preset import Preset, plain_preset
from distill.recipe.sections import SelectSection
from distill.records import Prompt
from distill.rows import columns as schemas
from distill.rows.parse import Row, parse_prompt
from tests.runs import group, make_run

GERMAN = "Ein Zug fährt zweihundert Kilometer in zwei Stunden. Wie viele Kilometer fährt er in fünf Stunden?"
ENGLISH = "A train travels 200 kilometres in two hours. How many kilometres does it travel in five?"
FORMULA = "$x^2 = 500$"


def made(row: Row, preset: Preset) -> Prompt:
    found = normalise({"answer": "500", **row}, preset, "toy")
    assert isinstance(found, Prompt), found
    return found


@pytest.mark.parametrize(
    ("row", "language"),
    [
        ({"prompt": GERMAN}, "de"),
        ({"prompt": ENGLISH}, "en"),
        ({"prompt": FORMULA}, None),
        ({"prompt": FORMULA, "language": "English"}, "en"),
        ({"prompt": GERMAN, "language": "gsw"}, "de"),
        ({"prompt": ENGLISH, "language": "python"}, "en"),
        ({"prompt": FORMULA, "language": ["zh-CN"]}, "zh"),
        ({"prompt": FORMULA, "language": ["zh", "en"]}, None),
    ],
)
def test_a_language_is_stated_or_certain_or_none(row: Row, language: str | None) -> None:
    assert made(row, plain_preset({})).language == language


def test_a_preset_states_the_language_of_all_its_rows_and_sets_others_aside() -> None:
    preset = plain_preset({}).model_copy(update={"language": "en"})
    assert made({"prompt": FORMULA}, preset).language == "en"
    assert normalise({"prompt": GERMAN, "answer": "500"}, preset, "toy") == SetAside("not in en", "de")
    stated = {"prompt": FORMULA, "answer": "500", "language": "Chinese"}
    assert normalise(stated, preset, "toy") == SetAside("not in en", "zh")


@pytest.mark.parametrize(
    ("stated", "licence"),
    [
        (None, "odc-by"),
        ("MIT License", "mit"),
        (["MIT", "Apache-2.0"], "mit, apache-2.0"),
        ([], "odc-by"),
        ("see the site", "see the site"),
    ],
)
def test_a_row_has_its_own_licence_or_its_presets(stated: object, licence: str) -> None:
    preset = plain_preset({}).model_copy(update={"license": "ODC-By"})
    assert made({"prompt": ENGLISH, "license": stated}, preset).license == licence


def test_columns_that_a_preset_does_not_name_count_all_the_same() -> None:
    preset = Preset(columns={"prompt": "problem", "answer": "answer"}, license="mit", domain="math")
    prompt = made({"problem": FORMULA, "license": "CC-BY-4.0", "lang": "zh_CN"}, preset)
    assert (prompt.license, prompt.language) == ("cc-by-4.0", "zh")
    assert made({"problem": FORMULA, "license": 3, "lang": {"code": "en"}}, preset).license == "mit"


def test_a_licence_that_is_no_text_is_an_error() -> None:
    with pytest.raises(InputError, match="`license` should be text"):
        parse_prompt({"prompt": ENGLISH, "license": 4})


def test_both_travel_from_a_file_through_a_run_into_the_dataset(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "question": GERMAN, "answer": "500", "rights": "CC BY 4.0"},
        {"id": "b", "question": FORMULA, "answer": "22.36"},
    ]
    file, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"prompt": "question", "license": "rights"}
    collect_prompts(Order(sources=(str(file),), columns=columns, license="MIT", workers=1), out)
    prompts = [parse_prompt(json.loads(line)) for line in out.read_text().splitlines()]
    assert {(prompt.license, prompt.language) for prompt in prompts} == {
        ("cc-by-4.0", "de"),
        ("mit", None),
    }
    run = make_run(tmp_path / "run", [group(p.id, "pass 10", **schemas.prompt_row(p)) for p in prompts])
    facts = select([run], tmp_path / "dataset", SelectSection())
    assert facts.languages == {"de": 1, "not stated": 1}
    assert [(each.license, each.num_rows) for each in facts.licenses] == [("cc-by-4.0", 1), ("mit", 1)]
