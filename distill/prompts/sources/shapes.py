"""The ways in which datasets write tests and constraints ─▶ the columns of that name of a prompt row. Pure.

A reader gets the values that a preset names, and gives None where a row has none of what it reads.
"""

import ast
import base64
import json
import pickletools
import re
import zlib
from collections.abc import Callable, Mapping

from distill.errors import InputError

Values = Mapping[str, object]
Tests = dict[str, object]
NANOSECONDS = 1e-9
MAX_TESTS_BYTES = 2**30
"""What packed tests may unpack to."""
PICKLED_TEXT = frozenset(
    "PROTO FRAME UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 PUT BINPUT LONG_BINPUT MEMOIZE STOP".split()
)
"""The steps of a pickle, in any of its protocols, that holds one text."""

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*+(?:\[\])*+ *+=.+")
"""Inputs as GeeksforGeeks prints them, for people."""
_ASSERTION = re.compile(r"^[ \t]*+assert\b", re.MULTILINE)


def apps(values: Values) -> Tests | None:
    """APPS, TACO: JSON text `{"inputs": […], "outputs": […], "fn_name": NAME}`; the name makes calls of it."""
    found = _json(values.get("cases"))
    if not found:
        return None
    if not isinstance(found, Mapping):
        raise InputError("its tests should be an object with `inputs` and `outputs`")
    inputs, outputs = _lists(found.get("inputs"), found.get("outputs"))
    name = found.get("fn_name")
    if name:
        calls = [{"args": call, "expected": _unwrapped(result)} for call, result in zip(inputs, outputs, strict=True)]
        return {"function": name, "cases": calls}
    if inputs and all(map(_are_assignments, inputs)):
        raise InputError("its tests are arguments of a method, `n = 5`, and not what a program reads")
    return _limited({"cases": _stdin_cases(inputs, outputs)}, values)


def columns(values: Values) -> Tests | None:
    """CodeContests: structs of two lists, `{"input": […], "output": […]}`, in as many columns as are named."""
    cases: list[object] = []
    for name, found in values.items():
        if name.startswith("cases") and isinstance(found, Mapping):
            inputs, outputs = _lists(found.get("input"), found.get("output"))
            cases += _stdin_cases(inputs, outputs)
    return _limited({"cases": cases}, values) if cases else None


def pairs(values: Values) -> Tests | None:
    """Codeforces, LiveCodeBench, SYNTHETIC-1: a list of `{"input", "output"}`, or JSON text of one.

    `packed` holds further ones, packed as LiveCodeBench does. Where a function is named, inputs are JSON, an argument a
    line, and outputs are JSON.
    """
    found = [*_cases(_json(values.get("cases"))), *_cases(_unpacked(values.get("packed")))]
    if not found:
        return None
    inputs, outputs = [case.get("input") for case in found], [case.get("output") for case in found]
    function = _function(values, found)
    if function:
        calls = [
            {"args": [_json(line) for line in str(given).splitlines() if line.strip()], "expected": _json(result)}
            for given, result in zip(inputs, outputs, strict=True)
        ]
        return {"function": function, "cases": calls}
    return _limited({"cases": _stdin_cases(inputs, outputs)}, values)


def asserts(values: Values) -> Tests | None:
    """MBPP, AceCode: a list of assertions, or text of them, and the lines that they need first."""
    lines, setup = values.get("cases"), values.get("setup")
    if isinstance(lines, str):
        lines = _json(lines) if lines.lstrip().startswith("[") else [lines]
    if not isinstance(lines, list | tuple) or not lines:
        return None
    first = "\n".join(map(str, setup)) if isinstance(setup, list | tuple) else str(setup or "")
    return {"code": "\n".join((first, *map(str, lines))).strip()}


def check(values: Values) -> Tests | None:
    """HumanEval: a program that defines `check(candidate)`, and the candidate's name."""
    code, entry_point = values.get("code"), values.get("entry_point")
    return {"code": code, "entry_point": entry_point} if code else None


def functional(values: Values) -> Tests | None:
    """LeetCode's in rLLM: `{"functional": CODE}`, a program that checks the class `Solution`."""
    found = _json(values.get("cases"))
    code = found.get("functional") if isinstance(found, Mapping) else None
    return {"code": code} if code else None


def instructions(values: Values) -> list[object] | None:
    """IFEval: names of instructions, and their arguments in a list beside."""
    names, arguments = values.get("names"), values.get("arguments")
    if names is None:
        return None
    if not isinstance(names, list) or not isinstance(arguments, list) or len(names) != len(arguments):
        raise InputError("its instructions and their arguments should be lists of one length")
    return [{"id": name, **given} for name, given in zip(names, arguments, strict=True)]


SHAPES: dict[str, Callable[[Values], object]] = {
    "apps": apps,
    "columns": columns,
    "pairs": pairs,
    "asserts": asserts,
    "check": check,
    "functional": functional,
    "instructions": instructions,
}


def reader_of(found: object) -> str | None:
    """The reader of `SHAPES` for what stands in a column of tests; None where there is none for it."""
    if isinstance(found, str):
        if not found.lstrip().startswith(("[", "{")):
            return "asserts" if _ASSERTION.search(found) and _is_python(found) else None
        try:
            found = json.loads(found)
        except ValueError:
            return None
    match found:
        case {"inputs": list(), "outputs": list()}:
            return "apps"
        case {"input": list(), "output": list()}:
            return "columns"
        case {"functional": str()}:
            return "functional"
        case [{"input": _}, *_] | {"test_cases": [{"input": _}, *_]}:
            return "pairs"
        case [str() as line, *_] if _ASSERTION.search(line):
            return "asserts"
    return None


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _unpacked(packed: object) -> object:
    """JSON text, or base64 of zlib of a pickle of JSON text."""
    if not isinstance(packed, str) or packed.lstrip().startswith("["):
        return _json(packed)
    try:
        return _json(_pickled(zlib.decompressobj().decompress(base64.b64decode(packed), MAX_TESTS_BYTES)))
    except (ValueError, zlib.error) as error:
        raise InputError(f"its private tests cannot be unpacked ({error})") from None


def _pickled(raw: bytes) -> str:
    """The text that a pickle holds. It is read, never run: one that holds or does anything else is refused."""
    text = ""
    for step, argument, _ in pickletools.genops(raw):
        if step.name not in PICKLED_TEXT:
            raise InputError(f"its private tests are a pickle with a step {step.name}; it should hold text alone")
        text = argument if isinstance(argument, str) else text
    return text


def _cases(found: object) -> list[Mapping[str, object]]:
    if isinstance(found, Mapping) and "test_cases" in found:
        found = found["test_cases"]
    if not found:
        return []
    if not isinstance(found, list) or not all(isinstance(case, Mapping) for case in found):
        raise InputError("its tests should be a list of objects with `input` and `output`")
    return found


def _function(values: Values, cases: list[Mapping[str, object]]) -> str | None:
    """The function to call, where the tests are calls."""
    named = _json(values.get("metadata"))
    name = named.get("func_name") if isinstance(named, Mapping) else None
    name = name or next((case.get("fn_name") for case in cases if case.get("fn_name")), None)
    return str(name) if name else None


def _stdin_cases(inputs: list[object], outputs: list[object]) -> list[object]:
    return [{"stdin": _lines(given), "stdout": _lines(wanted)} for given, wanted in zip(inputs, outputs, strict=True)]


def _lines(text: object) -> str:
    """Some rows hold lists of lines in place of text."""
    if isinstance(text, list):
        return "\n".join(map(str, text)) + "\n"
    if not isinstance(text, str):
        raise InputError(f"a test's input or output should be text, but is {text!r:.60}")
    return text


def _are_assignments(given: object) -> bool:
    return isinstance(given, str) and all(_ASSIGNMENT.fullmatch(line.strip()) for line in given.strip().splitlines())


def _lists(inputs: object, outputs: object) -> tuple[list[object], list[object]]:
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise InputError("its tests should have as many inputs as outputs")
    return inputs, outputs


def _limited(tests: Tests, values: Values) -> Tests:
    """Adds the limits that a dataset states."""
    seconds, megabytes, size = values.get("time_limit_s"), values.get("memory_mb"), values.get("memory_bytes")
    if isinstance(seconds, Mapping):
        seconds = seconds.get("seconds", 0) + (seconds.get("nanos") or 0) * NANOSECONDS
    if isinstance(size, int) and size > 0:
        megabytes = size / 2**20
    if isinstance(seconds, int | float) and seconds > 0:
        tests["time_limit_s"] = float(seconds)
    if isinstance(megabytes, int | float) and megabytes >= 1:
        tests["memory_mb"] = int(megabytes)
    return tests


def _unwrapped(result: object) -> object:
    """LeetCode-style rows wrap each result in a list of one."""
    return result[0] if isinstance(result, list) and len(result) == 1 else result


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else None
    except ValueError:
        raise InputError(f"its tests should be JSON, but are {value!r:.60}") from None
