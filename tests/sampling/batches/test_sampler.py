"""A run that is drawn by batches ends as one that is drawn live, whatever the provider makes of its batches."""

import json
import subprocess
import sys
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from distill.errors import RunError, TeacherError
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.sampling import generate as stage
from distill.sampling.batches import sampler as batches
from distill.sampling.batches import shelf as batch_shelf
from distill.sampling.batches.notes import BatchLine, BatchNotes
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.teacher.batches import api as batch_api
from distill.teacher.trouble import kinds as trouble
from tests.teacher.batches.server import BatchServer, answered, failed, untried

NUM_PROMPTS = 5
Row = dict[str, object]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come at once, and so do tries after trouble."""
    for module, name in ((batches, "FIRST_LOOK_S"), (batch_api, "FIRST_LOOK_S"), (trouble, "FIRST_DELAY_S")):
        monkeypatch.setattr(module, name, 0.001)


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer().running() as server:
        assert isinstance(server, BatchServer)
        yield server


def draw(
    folder: Path,
    server: BatchServer,
    policy: str = "fixed(2)",
    verify: VerifySection | None = None,
    ids: Callable[[int], str] = "q{}".format,
    only: Container[str] | None = None,
    **settings: object,
) -> RunFolder:
    """What `distill generate --batch` does."""
    rows = [{"id": ids(i), "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(NUM_PROMPTS)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    section = GenerateSection.model_validate({"policy": policy, "batch": True, "patience_s": 5.0} | settings)
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, folder / "prompts.jsonl")
        teacher = TeacherSection(model="toy", endpoints=(server.url,))
        try:
            stage.generate(run, teacher, section, None, verify, only)
        except ExceptionGroup as several:
            raise several.exceptions[0] from None  # as the command does
    return RunFolder.at(folder / "run")


def samples(run: RunFolder) -> list[tuple[object, ...]]:
    rows = sorted(run.samples.rows(), key=lambda row: (str(row["prompt_id"]), int(str(row["index"]))))
    return [(row["prompt_id"], row["index"], row["finish_reason"]) for row in rows]


def whole(num_samples: int = 2) -> list[tuple[object, ...]]:
    """As `samples` has a run in which all is well."""
    return [(f"q{i}", k, "stop") for i in range(NUM_PROMPTS) for k in range(num_samples)]


def is_done(run: RunFolder) -> bool:
    return run.manifest.stages["generate"].is_done


def test_the_command_draws_by_batch(tmp_path: Path, server: BatchServer) -> None:
    row = {"id": "q0", "prompt": "What is 0 + 1?", "answer": "1"}
    (tmp_path / "prompts.jsonl").write_text(json.dumps(row))
    options = ["--run", str(tmp_path / "run"), "--endpoint", server.url, "--model", "toy", "--batch"]
    line = [sys.executable, "-m", "distill", "generate", str(tmp_path / "prompts.jsonl"), *options]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    run = RunFolder.at(tmp_path / "run")
    [sample] = run.samples.rows()
    assert (sample["answer"], sample["reasoning"], sample["num_tokens"]) == ("The answer is \\boxed{1}.", "0 + 1", 10)
    assert [row["outcome"] for row in run.verdicts.rows()] == ["pass"]
    assert is_done(run)


def test_shards_take_no_batches(tmp_path: Path, server: BatchServer) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "?"}')
    options = ["--run", str(tmp_path / "run"), "--endpoint", server.url, "--model", "toy", "--batch", "--cut"]
    line = [sys.executable, "-m", "distill", "generate", str(tmp_path / "prompts.jsonl"), *options]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "--batch is one machine's" in done.stderr


def test_a_fixed_number_is_one_batch_and_leaves_only_its_note(tmp_path: Path, server: BatchServer) -> None:
    run = draw(tmp_path, server)
    assert samples(run) == whole()
    assert [len(questions) for questions in server.submitted] == [10]
    assert is_done(run)
    [left] = (tmp_path / "run" / "batches").iterdir()
    assert server.names == [f"{left.stem}.jsonl"]
    assert server.batches["batch_0"]["metadata"] == {"distill": left.stem}
    assert not any("stream" in body for body in server.bodies)


def test_waves_wait_for_verdicts(tmp_path: Path, server: BatchServer) -> None:
    server.result = lambda line, question, number: None if "0 +" in question else answered(line["custom_id"], "no idea")
    run = draw(tmp_path, server, "at_least(1, 4)", VerifySection(workers=1))
    assert [len(questions) for questions in server.submitted] == [5, 8, 4]
    assert len(samples(run)) == 17
    assert {row["outcome"] for row in run.verdicts.rows() if row["prompt_id"] == "q0"} == {"pass"}


def test_many_requests_are_several_batches(
    tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_shelf, "MOST_LINES", 3)
    assert samples(draw(tmp_path, server)) == whole()
    assert [len(questions) for questions in server.submitted] == [3, 3, 3, 1]


def test_a_wave_has_an_end(tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_UNDER_WAY", 4)
    assert samples(draw(tmp_path, server)) == whole()
    assert [len(questions) for questions in server.submitted] == [4, 4, 2]


def test_large_requests_are_several_batches(
    tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_shelf, "MOST_BYTES", 10**6 + 400)
    assert samples(draw(tmp_path, server)) == whole()
    assert max(len(questions) for questions in server.submitted) < 5


def test_results_come_in_any_order_twice_or_torn(tmp_path: Path, server: BatchServer) -> None:
    server.order = lambda lines: [*reversed(lines), *lines, {"custom_id": "of-another-0"}, {"custom_id": 7}]
    run = draw(tmp_path, server)
    assert samples(run) == whole()
    assert run.samples.count() == 10


def test_ids_of_prompts_may_be_any_text(tmp_path: Path, server: BatchServer) -> None:
    run = draw(tmp_path, server, ids=lambda i: f"a-{i} {'ü/' * 80}")
    assert len(samples(run)) == 10
    assert {row["answer"] for row in run.samples.rows() if str(row["prompt_id"]).startswith("a-3")} == {
        "The answer is \\boxed{4}.",
        "The answer is \\boxed{5}.",
    }


def test_what_expired_is_kept_as_far_as_it_came_and_the_rest_submitted_again(
    tmp_path: Path, server: BatchServer
) -> None:
    server.end = lambda batch: "expired" if batch["id"] == "batch_0" else "completed"
    server.result = lambda line, question, number: (
        untried(line["custom_id"]) if len(server.submitted) == 1 and "3 +" in question else None
    )
    assert samples(draw(tmp_path, server)) == whole()
    assert [len(questions) for questions in server.submitted] == [10, 2]


def test_missing_lines_are_asked_again_but_not_for_ever(tmp_path: Path, server: BatchServer) -> None:
    server.is_silent = lambda question: "3 +" in question
    run = draw(tmp_path, server)
    assert [each for each in samples(run) if each[2] != "stop"] == [("q3", 0, "refused"), ("q3", 1, "refused")]
    assert [len(questions) for questions in server.submitted] == [10, 2, 2]
    assert is_done(run)
    [error] = {row["error"] for row in run.samples.rows() if row["error"]}
    assert error == "3 batches failed to answer it, the last with: the batch has no result for it"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_of_a_line_is_asked_again(tmp_path: Path, server: BatchServer, status: int) -> None:
    server.result = lambda line, question, number: (
        failed(line["custom_id"], status, "busy") if len(server.submitted) == 1 and "3 +" in question else None
    )
    assert samples(draw(tmp_path, server)) == whole()
    assert [len(questions) for questions in server.submitted] == [10, 2]


def test_a_request_that_is_refused_is_set_aside_with_its_reason(tmp_path: Path, server: BatchServer) -> None:
    server.result = lambda line, question, number: (
        failed(line["custom_id"], 400, "your prompt is not to my taste") if "3 +" in question else None
    )
    run = draw(tmp_path, server)
    assert [each for each in samples(run) if each[2] != "stop"] == [("q3", 0, "refused"), ("q3", 1, "refused")]
    assert len(server.submitted) == 1
    assert all("not to my taste" in str(row["error"]) for row in run.samples.rows() if row["prompt_id"] == "q3")


def test_where_all_is_refused_nothing_is_done_and_the_words_are_shown(tmp_path: Path, server: BatchServer) -> None:
    server.result = lambda line, question, number: failed(line["custom_id"], 400, "no such thing here")
    with pytest.raises(TeacherError, match=r"Nothing was answered, and 10 requests.*no such thing here"):
        draw(tmp_path, server)
    run = RunFolder.at(tmp_path / "run")
    assert samples(run) == []
    assert not is_done(run)
    server.result = lambda line, question, number: None
    assert samples(draw(tmp_path, server)) == whole()


def test_answers_that_cannot_be_read_are_not_bought_again(tmp_path: Path, server: BatchServer) -> None:
    def echo(line: dict[str, Any], question: str, number: int) -> dict[str, Any]:
        return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": line["body"]}}

    server.result = echo
    for _ in range(2):
        with pytest.raises(TeacherError, match="None of the 10 results could be read"):
            draw(tmp_path, server)
    assert len(server.submitted) == 1
    assert not is_done(RunFolder.at(tmp_path / "run"))


def test_where_all_fails_for_ever_nothing_is_done(tmp_path: Path, server: BatchServer) -> None:
    server.result = lambda line, question, number: failed(line["custom_id"], 500, "the model is not well")
    with pytest.raises(TeacherError, match=r"Nothing was answered.*3 batches failed.*the model is not well"):
        draw(tmp_path, server)
    assert len(server.submitted) == 3
    assert not is_done(RunFolder.at(tmp_path / "run"))
    server.result = lambda line, question, number: None
    assert samples(draw(tmp_path, server)) == whole()


def test_a_form_that_is_not_taken_is_learnt_and_asked_again(tmp_path: Path, server: BatchServer) -> None:
    def result(line: dict[str, Any], question: str, number: int) -> dict[str, Any] | None:
        for name, instead in (("max_tokens", "Use 'max_completion_tokens' instead."), ("temperature", "")):
            if name in line["body"]:
                words = f"Unsupported parameter: '{name}' is not supported with this model. {instead}"
                return failed(line["custom_id"], 400, words)
        return None

    server.result = result
    run = draw(tmp_path, server)
    assert samples(run) == whole()
    assert [len(questions) for questions in server.submitted] == [10, 10, 10]
    assert {row["sampling"]["temperature"] for row in run.samples.rows()} == {None}  # type: ignore[index]
    assert server.bodies[-1].keys() == {"model", "messages", "max_completion_tokens", "top_p"}


def test_limits_on_samples_and_cost_hold(tmp_path: Path, server: BatchServer) -> None:
    assert len(samples(draw(tmp_path, server, max_samples=7))) == 7
    assert samples(draw(tmp_path, server)) == whole()
    assert [len(questions) for questions in server.submitted] == [7, 3]


def test_a_file_that_is_found_wrong_stops_the_run_with_the_reason(tmp_path: Path, server: BatchServer) -> None:
    server.end = lambda batch: "failed"
    server.errors = [{"code": "model_mismatch", "line": 1, "message": "There is no model toy for batches."}]
    with pytest.raises(TeacherError, match="failed: line 1: There is no model toy for batches"):
        draw(tmp_path, server)
    assert samples(RunFolder.at(tmp_path / "run")) == []
    server.end = lambda batch: "completed"
    assert samples(draw(tmp_path, server)) == whole()


def test_more_than_may_wait_at_once_goes_in_smaller_batches(tmp_path: Path, server: BatchServer) -> None:
    def end(batch: dict[str, Any]) -> str:
        return "failed" if batch["request_counts"]["total"] > 3 else "completed"

    server.end = end
    server.errors = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached. Limit: 100"}]
    assert samples(draw(tmp_path, server)) == whole()
    sizes = [len(questions) for questions in server.submitted]
    assert sizes[:2] == [10, 5]
    assert max(sizes[2:]) == 2


def test_a_batch_that_someone_cancels_stops_the_run_and_keeps_what_it_had(tmp_path: Path, server: BatchServer) -> None:
    server.end = lambda batch: "cancelled" if batch["id"] == "batch_0" else "completed"
    server.result = lambda line, question, number: (
        untried(line["custom_id"], "batch_cancelled") if len(server.submitted) == 1 and "3 +" in question else None
    )
    with pytest.raises(RunError, match="cancelled at the provider"):
        draw(tmp_path, server)
    assert len(samples(RunFolder.at(tmp_path / "run"))) == 8
    assert samples(draw(tmp_path, server)) == whole()
    assert [len(questions) for questions in server.submitted] == [10, 2]


def test_an_endpoint_without_batches_is_one_sentence(tmp_path: Path, server: BatchServer) -> None:
    server.before = lambda request, number: web.Response(status=404) if request.path == "/v1/files" else None
    with pytest.raises(TeacherError, match=r"takes no batches.*leave --batch out"):
        draw(tmp_path, server)
    assert samples(draw(tmp_path, server, batch=False)) == whole()


TROUBLE = ["POST /files", "POST /batches", "GET /batches/{id}", "GET /files/{id}/content"]


@pytest.mark.parametrize("status", [429, 500, 529])
@pytest.mark.parametrize("path", TROUBLE)
def test_trouble_on_the_way_passes(tmp_path: Path, server: BatchServer, path: str, status: int) -> None:
    def stumble(request: web.Request, number: int) -> web.StreamResponse | None:
        return web.Response(status=status) if name_of(request) == path and number <= 3 else None

    server.before = stumble
    assert samples(draw(tmp_path, server)) == whole()
    assert len(server.submitted) == 1


def test_an_answer_that_is_lost_does_not_buy_the_batch_twice(tmp_path: Path, server: BatchServer) -> None:
    def lose(request: web.Request, number: int) -> web.StreamResponse | None:
        return web.Response(status=502) if name_of(request) == "POST /batches" and number == 1 else None

    server.after = lose
    assert samples(draw(tmp_path, server)) == whole()
    assert len(server.submitted) == 1


def test_a_batch_is_found_again_by_its_file_on_a_later_page(tmp_path: Path, server: BatchServer) -> None:
    def lose(request: web.Request, number: int) -> web.StreamResponse | None:
        if name_of(request) != "POST /batches" or number > 1:
            return None
        server.batches |= {f"other_{i}": {"id": f"other_{i}", "status": "completed"} for i in range(7)}
        return web.Response(status=502)

    server.after, server.page, server.keeps_metadata = lose, 3, False
    assert samples(draw(tmp_path, server)) == whole()
    assert len(server.submitted) == 1
    assert server.calls["GET /batches"] == 3


@pytest.mark.parametrize("status", [429, 503])
def test_where_batches_are_not_listed_a_busy_provider_is_tried_again(
    tmp_path: Path, server: BatchServer, status: int
) -> None:
    def refuse(request: web.Request, number: int) -> web.StreamResponse | None:
        if name_of(request) == "GET /batches":
            return web.Response(status=404)
        return web.Response(status=status) if name_of(request) == "POST /batches" and number < 3 else None

    server.before = refuse
    assert samples(draw(tmp_path, server)) == whole()
    assert len(server.submitted) == 1


def test_an_answer_that_cannot_be_read_does_not_buy_the_batch_twice(tmp_path: Path, server: BatchServer) -> None:
    server.after = lambda request, number: (
        web.Response(text="<html>thank you</html>") if name_of(request) == "POST /batches" and number == 1 else None
    )
    assert samples(draw(tmp_path, server)) == whole()
    assert len(server.submitted) == 1


def test_where_nobody_can_tell_whether_a_batch_was_taken_the_user_is_asked(tmp_path: Path, server: BatchServer) -> None:
    server.after = lambda request, number: web.Response(status=502) if name_of(request) == "POST /batches" else None
    server.before = lambda request, number: web.Response(status=404) if name_of(request) == "GET /batches" else None
    with pytest.raises(RunError, match="Nobody can tell whether a batch of 10 requests was taken"):
        draw(tmp_path, server)
    with pytest.raises(RunError, match="Nobody can tell"):
        draw(tmp_path, server)
    assert len(server.submitted) == 1


def test_a_file_is_waited_for(tmp_path: Path, server: BatchServer) -> None:
    server.file_states = ["pending", "running", "processed"]
    assert samples(draw(tmp_path, server)) == whole()
    assert server.calls["GET /files/{id}"] == 2


def test_a_file_that_is_not_known_at_once_is_tried_again(tmp_path: Path, server: BatchServer) -> None:
    server.before = lambda request, number: (
        web.Response(status=404, text="no such file") if name_of(request) == "POST /batches" and number < 3 else None
    )
    assert samples(draw(tmp_path, server)) == whole()


def test_a_run_begun_live_is_finished_by_batch(tmp_path: Path, server: BatchServer) -> None:
    pilot = draw(tmp_path, server, only={"q0", "q3"}, batch=False)
    assert pilot.samples.count() == 4
    assert samples(draw(tmp_path, server)) == whole()
    assert [len(questions) for questions in server.submitted] == [6]


def test_a_run_begun_by_batch_is_finished_live(tmp_path: Path, server: BatchServer) -> None:
    server.end = lambda batch: "cancelled"
    server.is_silent = lambda question: "3 +" in question
    with pytest.raises(RunError, match="cancelled"):
        draw(tmp_path, server)
    assert samples(draw(tmp_path, server, batch=False)) == whole()
    assert server.num_requests == 2


def test_what_is_under_way_in_a_batch_is_not_bought_live(tmp_path: Path, server: BatchServer) -> None:
    server.before = lambda request, number: (
        web.Response(status=404, text="gone") if name_of(request) == "GET /batches/{id}" else None
    )
    with pytest.raises(TeacherError, match="does not tell how the batch batch_0 stands"):
        draw(tmp_path, server)
    with pytest.raises(RunError, match=r"10 samples are under way in a batch.*Add --batch to gather them"):
        draw(tmp_path, server, batch=False)
    server.before = lambda request, number: None
    assert samples(draw(tmp_path, server)) == whole()
    assert (len(server.submitted), server.num_requests) == (1, 0)


def test_a_batch_elsewhere_or_of_other_settings_is_not_mixed_in(tmp_path: Path, server: BatchServer) -> None:
    server.before = lambda request, number: (
        web.Response(status=404) if name_of(request) == "GET /batches/{id}" else None
    )
    with pytest.raises(TeacherError):
        draw(tmp_path, server)
    notes = BatchNotes(tmp_path / "run")
    [note] = notes.under_way()
    notes.write(note.model_copy(update={"url": "http://127.0.0.1:1/v1"}))
    with pytest.raises(RunError, match="Name that endpoint"):
        draw(tmp_path, server)
    notes.write(note.model_copy(update={"asked_with": "other"}))
    with pytest.raises(RunError, match="asked with other settings"):
        draw(tmp_path, server)


def test_a_batch_of_which_all_is_stored_is_cancelled(tmp_path: Path, server: BatchServer) -> None:
    draw(tmp_path, server, only={"q0"})
    notes = BatchNotes(tmp_path / "run")
    [note] = notes.read()
    lines = tuple(BatchLine(prompt_id="q0", index=index) for index in range(2))
    notes.write(note.model_copy(update={"step": "submitted", "lines": lines}))
    assert samples(draw(tmp_path, server)) == whole()
    assert server.cancelled == ["batch_0"]
    assert [len(questions) for questions in server.submitted] == [2, 8]


def test_a_race_says_that_nothing_is_cancelled(
    tmp_path: Path, server: BatchServer, capsys: pytest.CaptureFixture[str]
) -> None:
    run = draw(tmp_path, server, "shortest_of(2)", VerifySection(workers=1))
    assert samples(run) == whole()
    assert "In a batch shortest_of(2) stops no sample" in capsys.readouterr().err


def test_a_damaged_note_is_named(tmp_path: Path, server: BatchServer) -> None:
    (tmp_path / "run" / "batches").mkdir(parents=True)
    (tmp_path / "run" / "batches" / "x.json").write_text("{")
    (tmp_path / "run" / "manifest.json").write_text('{"stages": {}}')
    with pytest.raises(RunError, match=r"x\.json cannot be read"):
        draw(tmp_path, server)


def name_of(request: web.Request) -> str:
    assert request.match_info.route.resource is not None
    return f"{request.method} {request.match_info.route.resource.canonical.removeprefix('/v1')}"
