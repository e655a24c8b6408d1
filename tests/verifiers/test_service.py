"""`distill serve-verifier` from within: what it answers, and how much it takes on at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from distill.errors import SandboxError
from distill.ordered import WINDOW
from distill.recipe.sections import VerifySection
from distill.records import Prompt, Verdict
from distill.verifiers.dispatch import Verifiers
from distill.verifiers.service import Room, VerdictService
from distill.verifiers.verify import verify_files

SETTINGS = VerifySection(workers=1)
RIGHT = {"id": "right", "answer": "4", "completion": "<think>2+2</think>\\boxed{4}"}
ROWS: list[object] = [
    RIGHT,
    {"id": "wrong", "answer": "4", "completion": "\\boxed{5}"},
    {"id": "unread", "answer": "4", "completion": 4},
    {"id": "option", "answer": "B", "choices": ["red", "blue"], "completion": "The answer is (B)."},
    {"id": "program", "tests": {"cases": [{"stdin": "", "stdout": "4"}]}, "completion": "```python\nprint(4)\n```"},
    {"id": "rule", "constraints": [{"id": "no_such_rule"}], "completion": "4"},
    {"id": "nothing to check", "completion": "4"},
    {"id": "half a pair \ud800", "prompt": "\ud800", "answer": "\ud800", "completion": "\\boxed{\ud800}"},
    ["no row"],
]


class Counting(Verifiers):
    """Passes everything once it is let go, and counts what it holds meanwhile."""

    def __init__(self) -> None:
        super().__init__(SETTINGS)
        self.num_held = self.most_held = 0
        self.is_let_go = asyncio.Event()

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        self.num_held += 1
        self.most_held = max(self.most_held, self.num_held)
        try:
            await self.is_let_go.wait()
        finally:
            self.num_held -= 1
        return Verdict.passed("judge", "let go")


class Broken(Verifiers):
    """Stands for a machine without a sandbox."""

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        raise SandboxError("This machine forbids user namespaces; allow them.")


@asynccontextmanager
async def client(verifiers: Verifiers, max_bytes: int = 2**20) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    async with verifiers, TestClient(TestServer(VerdictService(verifiers, max_bytes).app())) as connected:
        yield connected


def body(rows: object) -> bytes:
    return json.dumps(rows).encode()


def without_clock(verdict: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in verdict.items() if name != "seconds"}


async def test_verdicts_are_those_of_verify_file(tmp_path: Path) -> None:
    file, out = tmp_path / "c.jsonl", tmp_path / "v.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    await asyncio.to_thread(verify_files, [file], out, SETTINGS)
    of_file = [without_clock(json.loads(line.replace(f"{file}, row", "row"))) for line in out.read_text().splitlines()]
    async with client(Verifiers(SETTINGS)) as service:
        reply = await service.post("/verify", data=body(ROWS))
        assert reply.status == 200 and reply.content_type == "application/json"
        assert [without_clock(verdict) for verdict in await reply.json()] == of_file
        reply = await service.post("/verify", data=file.read_bytes())
        assert reply.status == 200 and reply.content_type == "application/x-ndjson"
        assert [without_clock(json.loads(line)) for line in (await reply.text()).splitlines()] == of_file
    assert [verdict["outcome"] for verdict in of_file[:6]] == ["pass", "fail", "abstain", "pass", "pass", "abstain"]
    assert list(json.loads(out.read_text().splitlines()[0])) == [
        "id", "outcome", "verifier", "extracted", "reason", "seconds"
    ]  # fmt: skip


async def test_requests_at_once_get_each_its_own_rows() -> None:
    async with client(Verifiers(SETTINGS), max_bytes=2000) as service:

        async def ask(number: int) -> list[tuple[object, object]]:
            rows = [
                {"id": f"{number}-{k}", "answer": f"x+{k}", "completion": f"\\boxed{{{k % 2}+x}}"} for k in range(20)
            ]
            reply = await service.post("/verify", data=body(rows))
            return [(verdict["id"], verdict["outcome"]) for verdict in await reply.json()]

        answers = await asyncio.gather(*map(ask, range(40)))
    for number, found in enumerate(answers):
        assert found == [(f"{number}-{k}", "pass" if k < 2 else "fail") for k in range(20)]


async def test_rows_beyond_the_window_wait_whichever_request_they_are_of() -> None:
    verifiers = Counting()
    async with client(verifiers) as service:
        rows = [RIGHT] * (WINDOW // 2 + 1)
        asked = [asyncio.ensure_future(service.post("/verify", data=body(rows))) for _ in range(3)]
        while verifiers.num_held < WINDOW:  # noqa: ASYNC110 - by requests on their way
            await asyncio.sleep(0.01)
        verifiers.is_let_go.set()
        replies = await asyncio.gather(*asked)
        assert [len(await reply.json()) for reply in replies] == [len(rows)] * 3
    assert verifiers.most_held == WINDOW


async def test_rows_of_a_client_that_is_gone_are_given_up() -> None:
    verifiers = Counting()
    async with client(verifiers) as service:
        asked = asyncio.ensure_future(service.post("/verify", data=body([RIGHT] * 3)))
        while verifiers.num_held < 3:  # noqa: ASYNC110 - by a request on its way
            await asyncio.sleep(0.01)
        asked.cancel()
        while verifiers.num_held:  # noqa: ASYNC110 - until the service has seen it
            await asyncio.sleep(0.01)
        verifiers.is_let_go.set()
        assert (await service.post("/verify", data=body([RIGHT]))).status == 200


async def test_room_is_given_in_the_order_in_which_it_was_asked_for() -> None:
    room, served, over = Room(10), list[str](), asyncio.Event()

    async def hold(name: str, amount: int, until: asyncio.Event) -> None:
        async with room.taken(amount):
            served.append(name)
            await until.wait()

    first = asyncio.ensure_future(hold("first", 6, over))
    others = [asyncio.ensure_future(hold(*each, asyncio.Event())) for each in (("large", 9), ("small", 1))]
    for _ in range(9):
        await asyncio.sleep(0)
    assert served == ["first"]  # the small one would fit, and waits behind the large one
    over.set()
    await first
    while len(served) < 3:  # noqa: ASYNC110 - by tasks of their own
        await asyncio.sleep(0)
    assert served == ["first", "large", "small"]
    for waiting in others:
        waiting.cancel()


async def test_one_who_no_longer_waits_for_room_leaves_it_to_others() -> None:
    room = Room(1)
    async with room.taken(1):
        waiting = asyncio.ensure_future(room.taken(1).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(10), room.taken(1):
        assert waiting.cancelled()


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "sentence"),
    [
        ("POST", "/verify", b"hello", 400, "it is not JSON"),
        ("POST", "/verify", b"", 400, "it is empty"),
        ("POST", "/verify", b"x" * 5000, 413, "post fewer rows at once"),
        ("GET", "/verify", None, 405, "Not Allowed"),
        ("POST", "/other", b"[]", 404, "post rows to /verify"),
    ],
)
async def test_what_cannot_be_answered_is_a_sentence(
    method: str, path: str, data: bytes | None, status: int, sentence: str
) -> None:
    async with client(Verifiers(SETTINGS), max_bytes=4096) as service:
        reply = await service.request(method, path, data=data)
        assert reply.status == status
        assert sentence in (await reply.json())["error"]
        assert (await service.post("/verify", data=body([RIGHT]))).status == 200


async def test_a_machine_that_cannot_verify_says_why() -> None:
    async with client(Broken(SETTINGS)) as service:
        reply = await service.post("/verify", data=body([RIGHT]))
        assert reply.status == 503
        assert await reply.json() == {"error": "This machine forbids user namespaces; allow them."}


async def test_its_health_tells_what_verdicts_rest_on() -> None:
    async with client(Verifiers(SETTINGS)) as service:
        await service.post("/verify", data=body([RIGHT]))
        about = await (await service.get("/healthz")).json()
    assert about["status"] == "ok"
    assert "sympy" in about["verifiers"]["math_answer"]
