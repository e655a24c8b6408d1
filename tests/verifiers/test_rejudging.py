"""Another judge: what the judge decides is decided again, nothing else is, and what it was is kept."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from distill.errors import RunError
from distill.recipe.sections import JudgeSection, VerifySection
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.store import RunFolder
from distill.verifiers.dispatch import is_audited
from distill.verifiers.verify import verify_run
from tests.endpoint import Endpoint, reply

TICKET = re.compile(r"code ([0-9a-f]{8}) ")
SUM: Row = {"answer": "A", "choices": ["4", "5"]}
AUDITED = next(f"q{i}" for i in range(99) if is_audited(f"q{i}", 0.1))
OTHER = next(f"q{i}" for i in range(99) if not is_audited(f"q{i}", 0.2))


class Court(Endpoint):
    """Several judges, by the names of their models; each says always the same."""

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.num_requests += 1
        self.asked[body["model"]] += 1
        ticket = TICKET.search(body["messages"][0]["content"])
        assert ticket is not None
        word = "yes" if body["model"] == "mild" else "no"
        said = {"analysis": "", "helpful": word, "harmless": word, "equivalent": word, "ticket": ticket[1]}
        return web.json_response(reply(json.dumps(said)))

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "mild"}, {"id": "stern"}]})


@pytest.fixture
def court() -> Iterator[Court]:
    with Court().running() as endpoint:
        assert isinstance(endpoint, Court)
        yield endpoint


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A prompt that is decided by rule, one on which the rule abstains, and one without a reference."""
    groups: dict[str, tuple[Row, str]] = {
        AUDITED: (SUM, "It is \\boxed{A}."),
        OTHER: (SUM, "It is \\boxed{A}."),
        "unclear": (SUM, "It may be the first or the second."),
        "open": ({}, "Cheer up."),
    }
    with RunFolder.open(tmp_path / "run", print) as made:
        made.begin("prompts", {})
        made.begin("generate", {})
        for name, (reference, answer) in groups.items():
            prompt = [{"role": "user", "content": "What is 2 + 2?"}]
            made.prompts.append(dict.fromkeys(schemas.PROMPTS.names) | {"id": name, "prompt": prompt, "domain": "stem"}
                                | reference)  # fmt: skip
            drawn: Row = {"prompt_id": name, "index": 0, "answer": answer, "finish_reason": "stop", "num_tokens": 5}
            drawn |= {"num_prompt_tokens": 5, "teacher": "toy", "seconds": 1.0}
            made.samples.append(dict.fromkeys(schemas.SAMPLES.names) | drawn | {"sampling": {"max_tokens": 9}})
    return made


def verified(run: RunFolder, court: Court, model: str | None, **given: object) -> dict[str, tuple[object, object]]:
    """The outcome and the verifier of each prompt's sample."""
    judge = None if model is None else JudgeSection.model_validate(
        {"model": model, "endpoints": [court.url], **given})  # fmt: skip
    court.asked = Counter()
    with RunFolder.open(run.path, print) as opened:
        verify_run(opened, VerifySection(workers=1, judge=judge))
    return {str(row["prompt_id"]): (row["outcome"], row["verifier"]) for row in run.verdicts.rows()}


def kept(run: RunFolder) -> list[set[str]]:
    """The prompts whose verdicts were replaced, by the number of the folder."""
    folders = sorted(run.path.glob("verdicts.old-*"))
    return [set(pq.read_table(folder).column("prompt_id").to_pylist()) for folder in folders]


def test_a_judge_decides_what_was_left_undecided_and_no_more(run: RunFolder, court: Court) -> None:
    assert {name: outcome for name, (outcome, _) in verified(run, court, None).items()} == {
        AUDITED: "pass", OTHER: "pass", "unclear": "abstain", "open": "abstain"}  # fmt: skip
    found = verified(run, court, "mild")
    assert (found["unclear"], found["open"]) == (("pass", "judge"), ("pass", "judge"))
    assert (found[AUDITED], found[OTHER]) == (("pass", "choice"), ("pass", "choice"))
    assert kept(run) == [{"unclear", "open"}]
    assert run.manifest.stages["verify"].is_done


def test_another_judge_decides_again_what_the_first_decided(run: RunFolder, court: Court) -> None:
    verified(run, court, "mild")
    found = verified(run, court, "stern")
    assert (found["unclear"], found["open"]) == (("fail", "judge"), ("fail", "judge"))
    assert set(court.asked) == {"stern"}
    old = pq.read_table(run.path / "verdicts.old-1").to_pylist()
    assert {(row["prompt_id"], row["outcome"]) for row in old} == {("unclear", "pass"), ("open", "pass")}


@pytest.mark.parametrize(
    ("changed", "replaced"),
    [
        ({"on_abstain": False}, {"unclear"}),
        ({"without_reference": "rubric"}, {"open"}),
        ({"audit_share": 0.1}, {AUDITED}),
        ({"concurrency": 3}, None),
    ],
)
def test_a_setting_that_concerns_some_prompts_has_only_these_judged_again(
    run: RunFolder, court: Court, changed: dict[str, object], replaced: set[str] | None
) -> None:
    verified(run, court, "mild")
    verified(run, court, "mild", **changed)
    assert kept(run) == ([] if replaced is None else [replaced])
    assert run.verdicts.count() == 4


def test_a_judge_that_has_decided_is_not_taken_away(run: RunFolder, court: Court) -> None:
    verified(run, court, "mild")
    with pytest.raises(RunError, match=r"judge: \{.* → None.*--restart verify"):
        verified(run, court, None)


def test_other_settings_of_the_stage_are_refused_with_or_without_a_judge(run: RunFolder, court: Court) -> None:
    verified(run, court, "mild")
    judge = JudgeSection(model="stern", endpoints=(court.url,))
    with RunFolder.open(run.path, print) as opened, pytest.raises(RunError, match="sandbox: 'namespaces' → 'wasi'"):
        verify_run(opened, VerifySection(workers=1, sandbox="wasi", judge=judge))
    assert kept(run) == []


def test_verdicts_of_a_judge_are_not_taken_without_their_manifest_by_a_command_without_one(
    run: RunFolder, court: Court
) -> None:
    verified(run, court, "mild")
    (run.path / "manifest.json").unlink()
    with RunFolder.open(run.path, print) as opened, pytest.raises(RunError, match="verdicts of a judge, which this"):
        verify_run(opened, VerifySection(workers=1))
