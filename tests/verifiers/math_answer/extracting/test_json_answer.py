"""Answers in JSON, also in JSON that a model wrote badly."""

import pytest

from distill.verifiers.math_answer.extracting.json_answer import json_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"answer": 61}', "61"),
        ('{"answer": "1", "reasoning": "the limit is 0."}', "1"),
        ('{"steps": ["5", "7"], "final_answer": "12"}', "12"),
        ('Here:\n```json\n{"answer": "\\\\frac{1}{3}", "confidence": 0.9}\n```', r"\frac{1}{3}"),
        ('{"answer": "\\frac{1}{3}"}', r"\frac{1}{3}"),
        ('{"answer": [1, 2]}', "1, 2"),
        ('{"result": 3, "answer": 4, "value": 5}', "4"),
        ("{'answer': 8}", "8"),
        ('{"answer": null}', ""),
        ('{"answer": {"x": 1}}', ""),
    ],
)
def test_the_key_of_the_answer_is_read(text: str, answer: str) -> None:
    span = json_answer(text)
    assert span is not None
    assert span.text == answer


@pytest.mark.parametrize("text", ['{"confidence": 0.9}', 'The field "answer": 5 is read', "{1, 2}"])
def test_no_object_with_such_a_key_is_no_answer(text: str) -> None:
    assert json_answer(text) is None
