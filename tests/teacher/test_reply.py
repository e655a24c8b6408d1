import json

import pytest

from distill.teacher.reply import Completion, whole


def event(**delta: object) -> bytes:
    return json.dumps({"choices": [{"delta": delta, "finish_reason": None}]}).encode()


def test_pieces_of_a_stream_become_one_text() -> None:
    completion = Completion()
    for piece in ("2 + 2 ", "is ", "4."):
        completion.add(event(reasoning=piece))
    completion.add(event(content="Four"))
    assert completion.num_tokens == 4
    assert completion.parts()[:2] == ("2 + 2 is 4.", "Four")
    completion.add(event(content="."))
    assert completion.parts().answer == "Four."


def test_a_broken_stream_goes_on_from_its_text_as_the_model_wrote_it() -> None:
    completion = Completion()
    completion.add(event(reasoning="2 + 2"))
    completion.add(event(content="Fo"))
    further = completion.resume()
    further.add(event(content="ur"))
    assert further.content == "<think>2 + 2</think>Fo"
    assert (further.num_tokens, further.resumed_at) == (3, 2)
    assert further.parts() == ("2 + 2", "Four", True)


@pytest.mark.parametrize("delta", [{"content": ["Four"]}, {"reasoning": 4}])
def test_what_is_no_text_is_no_event(delta: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Completion().add(event(**delta))


def test_a_plain_reply_is_read_whole() -> None:
    message = {"role": "assistant", "reasoning_content": "2 + 2", "content": "Four"}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": None}).encode()
    assert whole(body).parts() == ("2 + 2", "Four", True)
