"""What a sample's reasoning, answer and length are, however a teacher marks and counts them."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from distill.dataset.select import select
from distill.recipe.sections import SelectSection, VerifySection
from distill.verifiers.verify import verify_run
from tests.endpoint import reply
from tests.stand_ins.drawing import draw
from tests.stand_ins.shapes import whole
from tests.stand_ins.teacher import DONE, Body, Fault, StandIn, delta, event, sent_to, stream

pytestmark = pytest.mark.usefixtures("hasty")
BOXED = "The answer is \\boxed{1}."


def writes(content: str | None, finish_reason: str = "stop", **fields: object) -> Fault:
    """A message, in the form that was asked for."""
    message = fields | ({} if content is None else {"content": content})

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        if body.get("stream"):
            usage = event({}, completion_tokens=12, prompt_tokens=5)
            return await stream(
                request, [event(delta() | {"delta": message}), event(delta(finish_reason)), usage, DONE]
            )
        return web.Response(body=whole(message, finish_reason), content_type="application/json")

    return meet


MARKS: dict[str, tuple[Fault, str | None, str]] = {
    "tags in the text": (writes(f"<think>\nso\n</think>\n\n{BOXED}"), "so", BOXED),
    "a closing tag alone": (writes(f"so\n</think>\n\n{BOXED}"), "so", BOXED),
    "tags in both fields": (writes(f"<think>so</think>{BOXED}", reasoning="so"), "so", BOXED),
    "an answer that speaks of a closing tag": (
        writes(f"Write `</think>` at the end. {BOXED}", reasoning_content="so"), "so",
        f"Write `</think>` at the end. {BOXED}",
    ),
    "an answer that speaks of an opening tag": (
        writes(f"<think>so</think>\n\nIt opens with `<think>`. {BOXED}"), "so", f"It opens with `<think>`. {BOXED}",
    ),
    "an answer that speaks of both tags": (
        writes(f"<think>so</think>\n\nBetween `<think>` and `</think>` it thinks. {BOXED}"), "so",
        f"Between `<think>` and `</think>` it thinks. {BOXED}",
    ),
    "Magistral": (writes(f"[THINK]so[/THINK]{BOXED}"), "so", BOXED),
    "Gemma": (writes(f"<thought>so</thought>{BOXED}"), "so", BOXED),
    "harmony": (
        writes(f"<|channel|>analysis<|message|>so<|end|><|start|>assistant<|channel|>final<|message|>{BOXED}"),
        "so", BOXED,
    ),
    "no reasoning": (writes(BOXED), None, BOXED),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "reasoning", "answer"), MARKS.values(), ids=list(MARKS))
def test_reasoning_is_told_from_the_answer(tmp_path: Path, fault: Fault, reasoning: str | None, answer: str) -> None:
    with StandIn(fault).running() as endpoint:
        row = draw(tmp_path, endpoint, num_prompts=1).row
    assert (row["reasoning"], row["answer"]) == (reasoning, answer)


def test_an_answer_that_a_parser_took_for_reasoning_is_one_where_thinking_was_switched_off(tmp_path: Path) -> None:
    sampling = {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}
    with StandIn(writes(None, reasoning_content=BOXED)).running() as endpoint:
        row = draw(tmp_path, endpoint, num_prompts=1, sampling=sampling).row
    assert (row["reasoning"], row["answer"]) == (None, BOXED)


def test_reasoning_that_never_came_to_an_answer_is_none(tmp_path: Path) -> None:
    with StandIn(writes(None, "length", reasoning_content="so")).running() as endpoint:
        row = draw(tmp_path, endpoint, num_prompts=1).row
    assert (row["finish_reason"], row["reasoning"], row["answer"]) == ("length", "so", "")


def counts(usage: Body) -> Fault:
    """An answer with these counts, in the form that was asked for."""

    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        if body.get("stream"):
            return await stream(request, [event(delta("stop", content=BOXED)), event({}, **usage), DONE])
        return web.json_response(reply(BOXED) | {"usage": usage})

    return meet


COUNTS: dict[str, tuple[Body, int, int]] = {
    "OpenAI: reasoning is a part": (
        {"prompt_tokens": 9, "completion_tokens": 602, "total_tokens": 611,
         "completion_tokens_details": {"reasoning_tokens": 600}}, 602, 9,
    ),
    "xAI: reasoning is beside it": (
        {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 611,
         "completion_tokens_details": {"reasoning_tokens": 600}}, 602, 9,
    ),
    "Gemini: only the total has it": ({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 611}, 602, 9),
    "a total that is null": ({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": None}, 2, 9),
    "texts": ({"prompt_tokens": "9", "completion_tokens": "2"}, 2, 9),
}  # fmt: skip


@pytest.mark.parametrize(("usage", "num_tokens", "num_prompt_tokens"), COUNTS.values(), ids=list(COUNTS))
def test_tokens_are_those_that_are_billed(tmp_path: Path, usage: Body, num_tokens: int, num_prompt_tokens: int) -> None:
    with StandIn(counts(usage)).running() as endpoint:
        row = draw(tmp_path, endpoint, num_prompts=1).row
    assert (row["num_tokens"], row["num_prompt_tokens"]) == (num_tokens, num_prompt_tokens)


def test_a_stream_that_is_not_counted_is_measured_by_its_text(tmp_path: Path) -> None:
    async def meet(request: web.Request, body: Body, number: int) -> web.StreamResponse:
        pieces = [event(delta(content="word " * 4)) for _ in range(2)]
        return await stream(request, [*pieces, event(delta("stop")), DONE])

    with StandIn(meet).running() as endpoint:
        row = draw(tmp_path, endpoint, num_prompts=1).row
    assert row["answer"] == ("word " * 8).strip() or row["answer"] == "word " * 8
    assert int(str(row["num_tokens"])) >= 10, "40 characters are no two tokens"


def test_what_was_cut_or_withheld_never_comes_into_a_dataset(tmp_path: Path) -> None:
    """Though its text has the right answer."""
    text = f"<think>so</think>{BOXED}"
    filtered = sent_to("What is 0 ", writes(text, "content_filter"))
    with StandIn(filtered).running() as endpoint:
        run = draw(tmp_path, endpoint, num_prompts=2).run
    with type(run).open(run.path, lambda _: None) as opened:
        verify_run(opened, VerifySection(workers=1))
    select([run], tmp_path / "dataset", SelectSection())
    files = sorted((tmp_path / "dataset" / "data").glob("*.parquet"))
    ids = [name for file in files for name in pq.read_table(file)["id"].to_pylist()]
    assert ids == ["q1"]
