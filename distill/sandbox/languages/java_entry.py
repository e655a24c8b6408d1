"""Where a Java program begins: the class that has `main`, and the file that its public class must lie in."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from distill.sandbox.languages.language import EntryPoint

_UNREAD = re.compile(
    r"//[^\n]*+"
    r"|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
    r'|"{3}[^"]*+(?:"{1,2}[^"]++)*+(?:"{3})?'
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'(?:[^'\\\n]|\\.)*+'?",
    re.DOTALL,
)
"""Comments, text blocks, strings and characters; one that is not closed ends with the text."""
_PACKAGE = re.compile(r"\bpackage\s++([\w$.]++)\s*+;")
_TOKEN = re.compile(
    r"(?P<open>\{)|(?P<close>\})|(?P<end>;)"
    r"|(?<![\w$.])(?P<kind>class|interface|enum|record(?=\s++[\w$]++\s*+[(<]))\s++(?P<type>[\w$]++)"
    r"|(?<![\w$.])void\s++main\s*+\((?P<parameters>[^)]*+)"
)
_STRINGS = re.compile(r"(?<![\w$])String\s*+(?:\[|\.\.\.|[\w$]++\s*+\[)")

_MODIFIERS = 1000
"""Characters before a class or a method that may hold its modifiers."""
_MAX_AROUND = 20
"""Classes around a class; deeper ones are not read."""


class _Type(NamedTuple):
    name: str
    """With the names of the classes around it, as the JVM writes it."""
    depth: int
    """Of its braces."""
    is_public: bool
    is_interface: bool


def java_entry(source: str) -> EntryPoint:
    """The public class names the file; of several classes with `main` it is the public one, `Main`, or the first.

    Comments and strings are not read. Not found: a `main` that is inherited.
    """
    code = _UNREAD.sub(lambda found: " " if found[0][0] == "/" else '""', source)
    outer = [found for found in _types(code) if found[0].depth == 0]
    public = next((found.name for found, _ in outer if found.is_public), None)
    mains = [found.name for found, has_main in _types(code) if has_main]
    preferred = [name for name in (public, "Main") if name in mains]
    package = _PACKAGE.search(code)
    name = (preferred or mains or [public or "Main"])[0]
    return EntryPoint(public or "Main", f"{package[1]}.{name}" if package else name)


def _types(code: str) -> Iterator[tuple[_Type, bool]]:
    """Every class of a source, and once more each with a `main`."""
    around: list[_Type] = []
    announced: _Type | None = None
    depth = since = 0
    for token in _TOKEN.finditer(code):
        modifiers = code[max(since, token.start() - _MODIFIERS) : token.start()].split()
        since = since if token["type"] else token.end()
        if token["open"]:
            around += [announced] if announced else []
            announced, depth = None, depth + 1
        elif token["close"]:
            depth -= 1
            around = [outer for outer in around if outer.depth < depth]
        elif token["type"]:
            if announced is None and len(around) < _MAX_AROUND:
                name = "$".join([*(outer.name for outer in around[-1:]), token["type"]])
                announced = _Type(name, depth, "public" in modifiers, token["kind"] == "interface")
                yield announced, False
        elif token["parameters"] is not None and around and _STRINGS.search(token["parameters"]):
            is_public = "public" in modifiers or around[-1].is_interface
            if is_public and "static" in modifiers and depth == around[-1].depth + 1:
                yield around[-1], True
