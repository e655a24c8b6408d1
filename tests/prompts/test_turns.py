"""Prompts as people write them."""

import pytest

from distill.errors import InputError
from distill.prompts.turns import last_turn, read_prompt, speaker

USER = [{"role": "user", "content": "Hello?"}]


@pytest.mark.parametrize(
    "found",
    [
        [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hi."}],
        [{"from": "human", "value": "Hello?"}, {"from": "function_call", "value": "{}"}],
        [{"role": "user", "content": [{"type": "text", "text": "Hello?"}]}],
        [{"role": "user", "content": [{"type": "text", "value": "Hello?"}], "loss_weight": 0.0}],
        "<|im_start|>user\nHello?<|im_end|>\n<|im_start|>assistant\n",
        [{"role": "user", "content": "<|im_start|>user\nHello?<|im_end|>\n<|im_start|>assistant\n<think>"}],
    ],
)
def test_a_conversation_is_read_up_to_the_first_reply(found: object) -> None:
    assert read_prompt(found) == USER


def test_of_turns_that_are_texts_the_first_is_asked() -> None:
    assert read_prompt(["Hello?", "And now?"]) == "Hello?"


@pytest.mark.parametrize(
    "found", ["", " \n", [], [{"from": "gpt", "value": "Hi."}], [{"role": "user", "content": None}]]
)
def test_where_nothing_is_asked_there_is_no_prompt(found: object) -> None:
    assert read_prompt(found) is None


def test_pictures_cannot_be_asked() -> None:
    with pytest.raises(InputError, match="'image_url'; only text"):
        read_prompt([{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}])


def test_the_last_turn_of_a_speaker_is_found_under_any_name() -> None:
    turns = [{"from": "human", "value": "1"}, {"from": "gpt", "value": "2"}, {"from": "human", "value": "3"}, "no turn"]
    assert last_turn(turns, "user") == {"from": "human", "value": "3"}
    assert last_turn(turns, "assistant") == {"from": "gpt", "value": "2"}
    assert last_turn(turns, "system") is None
    assert [speaker(turn) for turn in turns] == ["user", "assistant", "user", None]
