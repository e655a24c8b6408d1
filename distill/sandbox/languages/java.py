"""Java by javac; the public class may have any name. The JVM reserves far more address space than it uses."""

import re

from distill.sandbox.languages.language import Language

_COMPILE = "javac -J-Xmx1g -nowarn -d out {entry}.java && jar -c -f main.jar -C out ."

LANGUAGE = Language(
    name="java",
    labels=("java",),
    file="{entry}.java",
    tools=("java", "javac", "jar"),
    settings="/etc/java-*",
    build=("/bin/sh", "-c", _COMPILE),
    artifact="main.jar",
    run=("java", "-XX:+UseSerialGC", "-Xmx{memory_mb}m", "-Xss64m", "-cp", "main.jar", "{entry}"),
    entry=re.compile(r"public\s+(?:final\s+|abstract\s+)*class\s+(\w+)"),
    caps_address_space=False,
    overhead_mb=256,
)
