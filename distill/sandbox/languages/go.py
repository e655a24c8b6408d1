"""Go by the go tool, standard library only. Other judges have gods, gonum and golang.org/x."""

import re

from distill.sandbox.languages.language import Language

_BEYOND = re.compile(
    r"package (?:cmp|iter|maps|slices|unique|weak|log/slog|math/rand/v2) is not in "
    r"|undefined: (?:clear|max|min|errors\.Join|sync\.Once\w+)\b"
    r"|undefined: strings\.(?:CutPrefix|CutSuffix|FieldsSeq|Lines|SplitSeq)\b"
    r"|cannot range over .{0,200}(?:\bint\w*\b|func\()|requires go1\."
    r"|no required module provides package (?:golang\.org/x/|gonum\.org/|github\.com/emirpasic/gods)"
)

LANGUAGE = Language(
    name="go",
    labels=("go", "golang"),
    begins=re.compile(r"\bfunc\s++main\s*+\("),
    head=re.compile(r"^[ \t]*+package\b", re.MULTILINE),
    file="main.go",
    tools=("go",),
    prefix=("go", "env", "GOROOT"),
    build=("go", "build", "-o", "main", "main.go"),
    artifact="main",
    run=("{artifact}",),
    caps_address_space=False,
    overhead_mb=64,
    beyond=_BEYOND,
    build_s=60.0,
)
