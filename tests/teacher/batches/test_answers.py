"""What providers say of a batch is read whatever its case, its gaps and its wrapping."""

import json

import pytest

from distill.teacher.batches.answers import BatchReply, FileReply, read_reply
from distill.teacher.trouble.kinds import Stumble


def batch(**fields: object) -> BatchReply:
    return read_reply(BatchReply, json.dumps({"id": "b", "status": "completed", **fields}).encode())


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("IN_PROGRESS", "in_progress"),
        ("canceled", "cancelled"),
        ("SUCCESS", "completed"),
        ("EXPIRED", "expired"),
    ],
)
def test_states_are_spelt_in_one_way(status: str, name: str) -> None:
    assert batch(status=status).status == name


@pytest.mark.parametrize("status", ["validating", "in_progress", "finalizing", "cancelling", "paused", "QUEUED"])
def test_what_is_no_end_is_waited_for(status: str) -> None:
    assert not batch(status=status).is_over


def test_files_that_are_not_there_may_be_empty_texts() -> None:
    assert batch(output_file_id="", error_file_id=None).output_file_id is None


def test_counts_may_be_missing_or_null() -> None:
    assert batch(request_counts=None).request_counts is None
    counts = batch(request_counts={"total": None, "completed": 3}).request_counts
    assert counts is not None
    assert (counts.total, counts.completed, counts.failed) == (0, 3, 0)


def test_a_batch_may_be_wrapped_as_a_job() -> None:
    assert read_reply(BatchReply, b'{"job": {"id": "b", "status": "VALIDATING"}, "warning": ""}').id == "b"


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ({"data": [{"line": 3, "message": "no"}, {"code": "bad"}]}, "line 3: no; bad"),
        ([{"message": "no"}], "no"),
        ("no", "no"),
        (None, "it gives no reason"),
        ({"data": []}, "it gives no reason"),
        ({"message": "no"}, "no"),
    ],
)
def test_why_it_failed_is_told_in_its_words(errors: object, words: str) -> None:
    assert batch(status="failed", errors=errors).words == words


def test_metadata_of_any_form_is_no_trouble() -> None:
    assert batch(metadata="{}").name is None
    assert batch(metadata={"distill": "n"}).name == "n"


def test_states_of_files() -> None:
    files = [read_reply(FileReply, json.dumps({"id": "f", "status": status}).encode()) for status in STATES]
    assert [file.is_not_ready for file in files] == [False, False, False, True, True, False]
    assert [file.is_broken for file in files] == [False, False, False, False, False, True]


STATES = (None, "processed", "uploaded", "pending", "Running", "error")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"id": "b"}', b"null"])
def test_anything_else_is_trouble_that_may_pass(body: bytes) -> None:
    with pytest.raises(Stumble, match="cannot be read"):
        read_reply(BatchReply, body)
