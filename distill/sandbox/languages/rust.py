"""Rust by rustc, without crates; the linker is the system's cc."""

import re

from distill.sandbox.languages.language import Language

LANGUAGE = Language(
    name="rust",
    labels=("rust", "rs"),
    begins=re.compile(r"\bfn\s++main\s*+\("),
    file="main.rs",
    tools=("rustc",),
    prefix=("rustc", "--print", "sysroot"),
    build=("rustc", "--edition={standard}", "-Copt-level=2", "-Awarnings", "-o", "main", "main.rs"),
    standards=("2021", "2024", "2015"),
    artifact="main",
    run=("{artifact}",),
)
