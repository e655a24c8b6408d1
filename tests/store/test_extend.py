import json
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from distill.errors import RunError, TeacherError
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Sampling
from distill.rows import columns as schemas
from distill.sampling import generate as stage
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.store.extend import extend
from tests.endpoint import Endpoint, reply

NUM_PROMPTS = 4


class Wordy(Endpoint):
    """A llama.cpp with a word a token. On odd sums it thinks for six words, on even ones it answers at once."""

    def __init__(self, engine: str | None = "llamacpp") -> None:
        super().__init__()
        self.engine = engine
        self.continued: list[str] = []

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes([web.post("/apply-template", self.template), web.post("/v1/completions", self.completions)])
        return app

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": self.model, "owned_by": self.engine}]})

    async def template(self, request: web.Request) -> web.Response:
        question = (await request.json())["messages"][-1]["content"]
        return web.json_response({"prompt": f"{question}<assistant><think>\n"})

    async def chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        number = int(body["messages"][-1]["content"].split()[2])
        self.num_requests += 1
        if number % 2:
            assert body["max_tokens"] == 4
            return web.json_response(reply("<think>\none two three", num_tokens=4, finish_reason="length"))
        return web.json_response(reply(f"\\boxed{{{number + 1}}}", num_tokens=1))

    async def completions(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.continued.append(body["prompt"])
        number = int(body["prompt"].split()[2])
        assert body["max_tokens"] == 96
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for word in (" four", "</think>", f"\\boxed{{{number + 1}}}"):
            await response.write(f"data: {json.dumps({'choices': [{'text': word}]})}\n\n".encode())
        usage = {"prompt_tokens": 9, "completion_tokens": 3}
        last = {"choices": [{"text": "", "finish_reason": "stop"}], "usage": usage}
        await response.write(f"data: {json.dumps(last)}\n\ndata: [DONE]\n\n".encode())
        return response


def draw(folder: Path, endpoint: Endpoint, max_tokens: int, policy: str = "fixed(2)") -> RunFolder:
    """Generate with verdicts, in a run folder that may be there."""
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(NUM_PROMPTS)]
    file = folder.parent / "prompts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = GenerateSection(policy=policy, sampling=Sampling(max_tokens=max_tokens), concurrency=2)
    with RunFolder.open(folder, print) as run:
        import_prompts(run, file)
        teacher = TeacherSection(model="toy", endpoints=(endpoint.url,))
        stage.generate(run, teacher, settings, None, VerifySection(workers=1))
    return run


def test_truncated_samples_are_continued_and_the_others_kept(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        new = extend(tmp_path / "old", tmp_path / "new", 100)
        assert (new.samples.count(), new.cut.count()) == (4, 4)
        draw(new.path, endpoint, 100)
        assert endpoint.num_requests == 2 * NUM_PROMPTS, "something was drawn again"
        assert isinstance(endpoint, Wordy)
        prefix = "What is {} + 1?<assistant><think>\none two three"
        assert sorted(endpoint.continued) == sorted([prefix.format(1), prefix.format(3)] * 2)
    rows = {new.samples.key(row): row for row in new.samples.rows()}
    assert sorted(rows) == [(f"q{i}", k) for i in range(NUM_PROMPTS) for k in range(2)]
    assert new.samples.count() == 8
    one = rows["q1", 0]
    assert (one["reasoning"], one["answer"], one["finish_reason"]) == ("one two three four", "\\boxed{2}", "stop")
    assert (one["num_tokens"], one["resumed_at"]) == (7, 4)
    assert Counter(row["outcome"] for row in new.verdicts.rows()) == {"pass": 8}
    assert new.verdicts.count() == 8
    old = RunFolder.at(tmp_path / "old")
    assert Counter(row["finish_reason"] for row in old.samples.rows()) == {"stop": 4, "length": 4}


def test_a_pilot_leaves_the_rest_to_be_continued(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        new = extend(tmp_path / "old", tmp_path / "new", 100)
        with RunFolder.open(new.path, print) as run:
            settings = GenerateSection(policy="fixed(2)", sampling=Sampling(max_tokens=100))
            teacher = TeacherSection(model="toy", endpoints=(endpoint.url,))
            stage.generate(run, teacher, settings, None, only={"q0", "q1"})
            assert run.samples.count() == 6  # a pilot: what it did not look at waits
            stage.generate(run, teacher, settings, None)
            assert run.samples.count() == 8


def test_what_cannot_be_continued_in_its_form_stays_cut_and_is_not_drawn_again(tmp_path: Path) -> None:
    class Marked(Wordy):
        """Its template has marks of its own around reasoning."""

        async def template(self, request: web.Request) -> web.Response:
            turns = (await request.json())["messages"]
            return web.json_response({"prompt": " ".join(f"[{turn['role']}]{turn['content']}" for turn in turns)})

    with Marked().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        new = extend(tmp_path / "old", tmp_path / "new", 100)
        draw(new.path, endpoint, 100)
        assert endpoint.num_requests == 2 * NUM_PROMPTS, "something was drawn again"
        assert isinstance(endpoint, Marked)
        assert endpoint.continued == []
    cut = [row for row in new.samples.rows() if row["finish_reason"] == "length"]
    assert len(cut) == 4
    assert {row["reasoning"] for row in cut} == {"one two three"}
    assert {schemas.sample_of(row).sampling.max_tokens for row in cut} == {4}


def test_an_endpoint_that_cannot_continue_is_not_used(tmp_path: Path) -> None:
    with Wordy(engine=None).running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        new = extend(tmp_path / "old", tmp_path / "new", 100)
        with pytest.raises(ExceptionGroup) as caught:
            draw(new.path, endpoint, 100)
    assert caught.group_contains(TeacherError, match="cannot continue a text; endpoints of vLLM and llama.cpp can")


def test_a_limit_that_is_no_higher_is_refused(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
    with pytest.raises(RunError, match="drawn with at most 4 tokens; give --max-tokens a higher number"):
        extend(tmp_path / "old", tmp_path / "new", 4)
    with pytest.raises(RunError, match="exists already"):
        extend(tmp_path / "old", tmp_path / "old", 9)


def test_an_extended_run_that_was_drawn_is_extended_without_what_it_has_continued(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        extend(tmp_path / "old", tmp_path / "new", 100)
        draw(tmp_path / "new", endpoint, 100)
        newer = extend(tmp_path / "new", tmp_path / "newer", 200)
    assert (newer.samples.count(), newer.cut.count(), newer.verdicts.count()) == (8, 0, 8)


def test_an_extended_run_that_was_half_drawn_keeps_the_rest_to_be_continued(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        new = extend(tmp_path / "old", tmp_path / "new", 100)
        rows = {new.cut.key(row): row for row in new.cut.rows()}
        with RunFolder.open(new.path, print) as run:
            run.samples.append(rows["q1", 0] | {"finish_reason": "stop"})
        newer = extend(new.path, tmp_path / "newer", 200)
    assert (newer.samples.count(), newer.verdicts.count()) == (5, 4)
    assert sorted(newer.cut.key(row) for row in newer.cut.rows()) == [("q1", 1), ("q3", 0), ("q3", 1)]


def test_what_the_higher_limit_has_cut_again_is_continued_once(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        new = extend(tmp_path / "old", tmp_path / "new", 100)
        with RunFolder.open(new.path, print) as run:
            for row in new.cut.rows():
                run.samples.append(row | {"num_tokens": 100})
        newer = extend(new.path, tmp_path / "newer", 200)
    assert (newer.samples.count(), newer.cut.count()) == (4, 4)
    assert {row["num_tokens"] for row in newer.cut.rows()} == {100}


def test_an_extend_that_was_done_already_is_not_done_again(tmp_path: Path) -> None:
    with Wordy().running() as endpoint:
        draw(tmp_path / "old", endpoint, 4)
        extend(tmp_path / "old", tmp_path / "new", 100)
        draw(tmp_path / "new", endpoint, 100)
    assert extend(tmp_path / "old", tmp_path / "new", 100).samples.count() == 8
    with pytest.raises(RunError, match="exists already"):
        extend(tmp_path / "old", tmp_path / "new", 101)
