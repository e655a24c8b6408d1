"""Every form in which providers write a result is read, and nothing else is taken for one."""

import json
from typing import Any

import pytest

from distill.records import RefusalKind
from distill.sampling.batches.lines import Result, read_result, request_line
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import RequestRefused, Stumble
from tests.endpoint import reply

DONE = reply("four", num_tokens=7)


def read(**line: object) -> Result:
    found = read_result(json.dumps({"custom_id": "batch-7", **line}).encode(), "batch")
    assert found is not None
    assert found.number == 7
    return found.result


def test_a_request_is_named_by_its_batch_and_place_and_streams_nothing() -> None:
    body = {"model": "toy", "stream": True, "stream_options": {"include_usage": True}, "stream_interval": 128}
    assert json.loads(request_line("20260101T000000-0a1b2c3d", 49_999, body)) == {
        "custom_id": "20260101T000000-0a1b2c3d-49999",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "toy"},
    }
    assert len("20260101T000000-0a1b2c3d-49999") <= 64


@pytest.mark.parametrize(
    "line",
    [
        {"response": {"status_code": 200, "body": DONE}, "error": None},
        {"response": {"status_code": 200, "body": json.dumps(DONE)}, "error": {}},
        {"response": {"status_code": "200", "body": DONE}},
        {"response": {"body": DONE}},
        {"response": DONE},
        {"response": {"status_code": 0, "body": DONE}},
    ],
    ids=["usual", "as text", "status as text", "no status", "no envelope", "status 0"],
)
def test_an_answer_is_read_in_each_form(line: dict[str, Any]) -> None:
    found = read(**line)
    assert isinstance(found, Completion)
    assert (found.parts().answer, found.num_tokens) == ("four", 7)


@pytest.mark.parametrize("code", ["batch_expired", "batch_cancelled", "EXPIRED"])
def test_what_was_never_tried_counts_as_no_try(code: str) -> None:
    found = read(response=None, error={"code": code, "message": "This request could not be executed."})
    assert isinstance(found, Stumble)
    assert found.is_overload
    assert str(found) == "This request could not be executed."


@pytest.mark.parametrize(
    "line",
    [
        {"response": {"status_code": 500, "body": {"error": {"message": "oops"}}}},
        {"response": {"status_code": 200, "body": {"choices": []}}},
        {"response": {"status_code": 200, "body": None}},
        {"response": None, "error": {"code": "server_error", "message": "oops"}},
        {"response": None, "error": {"code": "503", "message": "oops"}},
        {"response": None, "error": {"code": "nobody_knows", "message": "oops"}},
        {"response": None, "error": "oops"},
        {"error": {"message": "oops"}},
        {},
    ],
)
def test_what_may_pass_is_worth_another_try(line: dict[str, Any]) -> None:
    assert isinstance(read(**line), Stumble)


@pytest.mark.parametrize(
    "line",
    [
        {"response": {"status_code": 401, "body": {"error": {"message": "bad key"}}}},
        {"error": {"status_code": 401, "message": "bad key"}},
        {"response": {"status_code": 401, "body": {}}, "error": {"message": "bad key"}},
    ],
)
def test_a_refusal_is_told_by_its_status(line: dict[str, Any]) -> None:
    found = read(**line)
    assert isinstance(found, RequestRefused)
    assert found.kind is RefusalKind.ACCESS
    assert "bad key" in str(found)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"custom_id": "batch-7", "respo',
        b"[]",
        b"7",
        b'{"custom_id": null}',
        b'{"custom_id": "batch"}',
        b'{"custom_id": "batch-x"}',
        b'{"custom_id": "batch--1"}',
        b'{"custom_id": "other-7", "response": null}',
        b"{}",
        b'\xff{"custom_id": "batch-7"}',
    ],
)
def test_what_is_no_result_of_ours_is_passed_over(line: bytes) -> None:
    assert read_result(line, "batch") is None
