"""Rows that cannot be trained on cost the training themselves and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.errors import InputError
from distill.training.examples.encode import Encoder, encoder_of
from distill.training.examples.prepare import PreparedRows, prepare
from distill.training.examples.row import Row, SetAsideError
from distill.training.recipe import load
from distill.training.student.student import prepare as prepare_student
from tests.training.tiny import CHATML, row, tiny_base, tiny_recipe

EOS = "<｜end▁of▁sentence｜>"
GOOD = [row(f"{n}?", f"<think>\n{n}\n</think>\n\n7") for n in range(9)]
PROMPT = [{"role": "user", "content": "0?"}]
TOOLS = "{% if tools %}{% for tool in tools %}<tool>{{ tool.name }}</tool>{% endfor %}{% endif %}{{ mood }}" + CHATML
CHATML_BLOCK: dict[str, object] = {"template": "base", "tokens": None, "bos": None, "eos": "<|im_end|>"}

Prepare = Callable[..., PreparedRows]


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))

    def made(*rows: object) -> PreparedRows:
        recipe = load(tiny_recipe(tmp_path / "recipe.yaml", tiny_base(tmp_path / "base")))
        lines = (one if isinstance(one, str) else json.dumps(one) for one in rows)
        (tmp_path / "rows.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return prepare(tmp_path / "rows.jsonl", prepare_student(recipe.distill), recipe, tmp_path / "rows")

    return made


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    """Of a student whose template reads `tools` and `mood`."""
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    base = tiny_base(tmp_path / "base")
    settings = json.loads((base / "tokenizer_config.json").read_text(encoding="utf-8"))
    (base / "tokenizer_config.json").write_text(json.dumps(settings | {"chat_template": TOOLS}), encoding="utf-8")
    recipe = load(tiny_recipe(tmp_path / "recipe.yaml", base, "qwen2", **CHATML_BLOCK))
    return encoder_of(prepare_student(recipe.distill).folder)


@pytest.mark.parametrize(
    ("bad", "reason", "message"),
    [
        ("{", "not JSON", "it is not JSON"),
        ("[]", "not JSON", "should be a JSON object"),
        ({"id": 1}, "wrong form", "it needs `prompt`"),
        (row("a?", "7"), "no reasoning", "does not begin with"),
        (row("a?", "<think>\nb\n</think>\n\n"), "no answer", "nothing follows its `</think>`"),
        (row("a?", f"<think>\nb{EOS}c\n</think>\n\n7"), "control tokens", f"spells the control token {EOS}"),
        (row(f"a{EOS}?", "<think>\nb\n</think>\n\n7"), "control tokens", f"spells the control token {EOS}"),
        (row("a?", f"<think>\nb\n</think>\n\n7{EOS}\n"), "EOS in the text", "which training adds by itself"),
        (
            GOOD[0] | {"prompt": [{"role": "developer", "content": "Be brief."}, *PROMPT]},
            "turns that the template drops",
            "leaves out what its turn of the role developer says",
        ),
        (GOOD[0] | {"tools": [{"name": "add"}]}, "tools or settings that the template ignores", "has `tools`, which"),
        (GOOD[0] | {"chat_template_kwargs": {"mood": "gay"}}, "tools or settings that the template ignores", "`mood`"),
    ],
)
def test_a_bad_row_is_counted_by_its_reason(prepared: Prepare, bad: object, reason: str, message: str) -> None:
    summary = prepared(*GOOD, bad).summary
    assert (summary.num_rows, summary.set_aside) == (9, {reason: 1})
    assert "rows.jsonl, row 10: " in summary.examples[reason]
    assert message in summary.examples[reason]


def test_rows_that_mostly_fail_for_one_reason_stop_the_preparation_with_it(prepared: Prepare) -> None:
    bad = [row("a?", f"<think>\nb\n</think>\n\n7{EOS}")] * 10
    with pytest.raises(
        InputError, match=r"10 of the first 19 rows of .*rows.jsonl cannot.*row 10: its completion ends"
    ):
        prepared(*GOOD, *bad)
    with pytest.raises(InputError, match="10 of the first 19 rows"):
        prepared(*GOOD, *bad)  # what an interrupted or refused preparation left changes nothing


def test_where_nothing_is_left_all_reasons_are_said(prepared: Prepare) -> None:
    long = [row("a?", f"<think>\n{'9' * 600}\n</think>\n\n7")] * 2
    with pytest.raises(InputError, match=r"2 are longer than max_length 512, 1 set aside \(no reasoning\)\. Raise max"):
        prepared(*long, row("a?", "7"))


def test_tokens_that_the_template_writes_are_control_tokens_though_they_are_not_special(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    folder = prepare_student(load(tiny_recipe(tmp_path / "r.yaml", tiny_base(tmp_path / "base"))).distill).folder
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text(encoding="utf-8"))
    for token in tokenizer["added_tokens"]:
        token["special"] = "▁of▁" in token["content"]  # as in DeepSeek's own tokenizer
    file.write_text(json.dumps(tokenizer), encoding="utf-8")
    user = Row([{"role": "user", "content": "a?"}], "<think>\n<｜User｜>\n</think>\n\n7", "f, row 1")
    (found,) = encoder_of(folder).encode([user])
    assert isinstance(found, SetAsideError)
    assert str(found) == "f, row 1: its text spells the control token <｜User｜>, which would be trained as that token."


def test_tools_and_settings_of_a_row_reach_the_template(encoder: Encoder) -> None:
    plain = Row([{"role": "user", "content": "a?"}], "<think>\nb\n</think>\n\n7", "f, row 1")
    row = plain._replace(tools=[{"name": "add"}], template_kwargs={"mood": "calm"})
    assert encoder.render(row.prompt, row) == "<tool>add</tool>calm" + encoder.render(plain.prompt, plain)
    (found,) = encoder.encode([row])
    assert not isinstance(found, SetAsideError)
    assert encoder.tokenizer.decode(found.prompt.tolist(), skip_special_tokens=False) == encoder.render(row.prompt, row)


def test_a_conversation_that_the_template_refuses_is_set_aside(encoder: Encoder) -> None:
    refusing = encoder._replace(template="{{ raise_exception('roles must alternate') }}")
    (found,) = refusing.encode([Row([{"role": "user", "content": "a?"}], "<think>\nb\n</think>\n\n7", "f, row 1")])
    assert isinstance(found, SetAsideError)
    assert "f, row 1: the chat template cannot render its prompt: roles must alternate" in str(found)
