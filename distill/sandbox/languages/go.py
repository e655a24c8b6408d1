"""Go by the go tool, standard library only. Other judges have gods, gonum and golang.org/x."""

from distill.sandbox.languages.language import Language

_BEYOND = (
    r"package (?:cmp|iter|maps|slices|unique|weak|log/slog|math/rand/v2) is not in "
    r"|undefined: (?:clear|max|min|errors\.Join|sync\.Once\w+)\b"
    r"|undefined: strings\.(?:CutPrefix|CutSuffix|FieldsSeq|Lines|SplitSeq)\b"
    r"|cannot range over .*(?:\bint\w*\b|func\()|requires go1\."
    r"|no required module provides package (?:golang\.org/x/|gonum\.org/|github\.com/emirpasic/gods)"
)

LANGUAGE = Language(
    name="go",
    labels=("go", "golang"),
    begins=r"\bfunc\s++main\s*+\(",
    head=r"(?m)^\s*+package\b",
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
