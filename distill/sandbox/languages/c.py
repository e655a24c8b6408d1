"""C by gcc, as contests compile it; sources of before 1999 by the standard of 1989."""

import re

from distill.sandbox.languages.language import Language
from distill.sandbox.languages.linker import quick_linker

LANGUAGE = Language(
    name="c",
    labels=("c", "c99", "c11", "c17", "gcc"),
    near=("cpp", "c++", "cc", "h"),
    head=re.compile(r"^[ \t]*+#\s*+include\b", re.MULTILINE),
    file="main.c",
    tools=("gcc",),
    build=(
        "gcc",
        "-std={standard}",
        "-O2",
        "-w",
        "-pipe",
        "-DONLINE_JUDGE",
        *quick_linker(),
        "-o",
        "main",
        "main.c",
        "-lm",
    ),
    standards=("gnu17", "gnu89"),
    artifact="main",
    run=("{artifact}",),
)
