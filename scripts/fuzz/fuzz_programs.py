"""Random bytes as what programs say: `python scripts/fuzz/fuzz_programs.py [--num-strings N] [--num-programs M]`.

Each of a million strings is a program's output, its message, its result, the name of its class, and an answer of a
teacher, and goes the way to a line of the verdict file in this process. Of the programs, each runs in the sandbox and
prints, raises, returns or is named by such a string. Prints what raised an exception; the status is 1 if anything did.
A string is named by its number: `said(SEED, NUMBER)` makes it again.
"""

import argparse
import asyncio
import random
import sys
import time
import traceback
from collections.abc import Iterator

from distill.records import FailedTest, Message, Outcome, Prompt, Verdict
from distill.references import AssertTests, CallCase, FunctionTests, StdinCase, StdinTests
from distill.references import UnitTests as Tests
from distill.rows.verdict_file import verdict_line
from distill.sandbox.clean import clean
from distill.sandbox.comparing.texts import text_differs
from distill.sandbox.comparing.values import is_equal, is_true, room_for, shown_value, value_differs
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.supervisor.failure import why_ended
from distill.sandbox.supervisor.functions import read_results
from distill.verifiers.unit_tests.prelude import leetcode_names, with_prelude
from distill.verifiers.unit_tests.program import WantedProgram, find_program
from distill.verifiers.unit_tests.verifier import UnitTests

PIECES = (
    b"9" * 5000, b"[" * 2000,
    b'\xff', b'\xed\xa0\x80', b'\xc3', b'\x00', b'\x1b[31m', b'\r', b'\n', b' ', b'\xc2\xa0', b'\xe2\x80\xa8',
    b'\xf0\x9f\x98\x80', b'\\ud800', b'"', b"'", b'\\', b'[', b']', b'{', b'}', b':', b',', b'1e999999', b'-',
    b'.5', b'NaN', b'{"int":"', b'{"set":[', b'{"dict":[[', b'{"fraction":[1,0]}', b'{"decimal":"sNaN"}',
    b'{"opaque":"', b'{"str":"d8"}', b'Traceback (most recent call last):', b'ValueError: ',
    b"ModuleNotFoundError: No module named 'numpy'", b'MemoryError', b'SyntaxError: ', b'```python\n', b'```',
    b'~~~', b'> - ', b'def f(x):\n', b'    return x\n', b'"""',
)  # fmt: skip
EXPECTED = (49, [1, "a"], {"1": 2}, 1.5, "x", None, {1, 2}, (1, {2: b"x"}), frozenset({(1,)}))
LIMITS = Limits(4.0, 1024)
_COUNTED_EVERY = 100_000


def said(seed: int, number: int) -> bytes:
    """The string of that number: pieces that are hard somewhere, and bytes at random."""
    draw = random.Random(f"{seed} {number}")
    return b"".join(draw.choice(PIECES) if draw.random() < 0.6 else draw.randbytes(5) for _ in range(draw.randrange(8)))


def attempt(data: bytes) -> None:
    """Take one string every way that a program's words can go.

    Raises:
        Exception: A bug.
    """
    failure = why_ended(Run(Ending.EXITED, 1, data, data, data, 0.0, 0.0), LIMITS)
    assert failure
    reasons = [failure.reason]
    reasons += [text_differs(checker, data, "1 2.5 x") or "" for checker in ("exact", "tokens", "float")]
    for expected in EXPECTED:
        reasons += _compared(data, expected)
    answer = data.decode("utf-8", "surrogateescape")
    for names in (frozenset[str](), frozenset({"f"})):
        program = find_program(answer, WantedProgram(("python",), names=names), answer)
        reasons.append(with_prelude(program, leetcode_names()) if program else "")
    shown = FailedTest(number=1, input=clean(data), expected=clean(answer), got=clean(data, 10))
    for reason in reasons:
        verdict = Verdict.decided(Outcome.FAIL, "unit_tests", reason, extracted=answer)
        verdict_line(answer, verdict.model_copy(update={"failed_test": shown}))


def _compared(data: bytes, expected: object) -> Iterator[str]:
    read = read_results([data], [room_for(expected)], None)
    opaque = {"opaque": data.decode(errors="surrogateescape")}
    for result in (*read.results, opaque):
        is_true(result)
        is_equal(result, expected)
        yield shown_value(result, 100)
        yield value_differs("float", result, expected) or ""


def programs(data: bytes) -> Iterator[tuple[str, Tests]]:
    """Programs that say the string, each its own way, with tests that they do not pass."""
    text, out = ascii(data.decode(errors="surrogateescape")), StdinTests(cases=(StdinCase(stdin="", stdout="5 x\n"),))
    called = FunctionTests(function="f", cases=(CallCase(args=(1,), expected=[5]),))
    held = AssertTests(code="for i in range(2):\n    assert f(i).x == 5")
    yield f"import os\nos.write(1, {data!r})", out
    yield f"import os\nos.write(2, {data!r})\nos._exit(3)", out
    yield f"raise ValueError({text})", out
    yield f"def f(x): return {text}", called
    yield f"def f(x): raise KeyError({text})", called
    yield f"import json\njson.dumps = lambda *_: {text}\ndef f(x): return x", called
    yield f"A = type({text}.replace(chr(0), ''), (Exception,), {{}})\ndef f(x): raise A({text})", held
    yield f"A = type({text}.replace(chr(0), ''), (), {{}})\ndef f(x): return A()", held
    yield data.decode(errors="surrogateescape"), out


async def run_programs(seed: int, num_programs: int) -> list[str]:
    """Run programs until there were enough; what was found."""
    verifier, found, num_run = UnitTests(num_workers=2), list[str](), 0
    while num_run < num_programs:
        for program, tests in programs(said(seed, num_run)):
            messages = (Message(role="user", content="q"),)
            prompt = Prompt(id="p", messages=messages, domain="code", reference=tests)
            verdict = await verifier.verify(prompt, f"```python\n{program}\n```")
            verdict_line("p", verdict)
            if verdict.outcome is Outcome.PASS or "sandbox error" in verdict.reason:
                found.append(f"program {num_run}: {verdict.outcome.value}, {verdict.reason}")
            num_run += 1
    await verifier.close()
    return found


def run_strings(seed: int, num_strings: int) -> list[str]:
    """Try strings; what was found."""
    found: list[str] = []
    for number in range(num_strings):
        try:
            attempt(said(seed, number))
        except Exception:  # noqa: BLE001 - any is a finding
            found.append(f"string {number}: {traceback.format_exc(limit=-1).splitlines()[-1]}")
        if (number + 1) % _COUNTED_EVERY == 0:
            print(f"{number + 1:,} strings", file=sys.stderr)
    return found


def main() -> int:
    """Try, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-strings", type=int, default=1_000_000)
    parser.add_argument("--num-programs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started_s = time.perf_counter()
    found = run_strings(options.seed, options.num_strings)
    found += asyncio.run(run_programs(options.seed, options.num_programs))
    print(*found, sep="\n", end="\n" if found else "")
    took_s = time.perf_counter() - started_s
    print(f"{options.num_strings:,} strings, {options.num_programs:,} programs, {len(found)} findings, {took_s:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
