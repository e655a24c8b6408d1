"""Java by javac; the class with `main` may have any name. The JVM reserves far more address space than it uses."""

import re

from distill.sandbox.languages.java_entry import java_entry
from distill.sandbox.languages.language import Language

_QUICK = "-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC"
"""Compiling takes a second: optimising the compiler itself for longer does not pay."""
_COMPILE = f"javac -J-Xmx1g {_QUICK} -nowarn -d out '{{file}}.java' && jar {_QUICK} -c -f main.jar -0 -C out ."
JVM = ("-XX:+UseSerialGC", "-Xmx{memory_mb}m", "-Xss64m", "-DONLINE_JUDGE=true")
"""How programs of the JVM's languages are run."""

_SEQUENCED = "getFirst getLast removeFirst removeLast addFirst addLast reversed firstEntry lastEntry putFirst putLast"
_BEYOND = re.compile(
    r"(?:is|are) a preview feature|are not supported in -source"
    r"|expected\n[^\n]*\b(?:instanceof|case)\s++[\w.]++\s*+\("
    r"|expected\n[ \t]*+(?:static )?void main\("
    rf"|symbol: +method (?:{_SEQUENCED.replace(' ', '|')})\([^\n]{{0,200}}\n"
    r" +location: [^\n]{0,200}(?:List|Set|Map|Deque)\b"
    r"|symbol: +method clamp\([^\n]{0,200}\n +location: class Math"
    r"|package (?:javafx\.util|org\.apache\.commons\.[\w.]+) does not exist"
)
"""Patterns of Java 21, programs without a class, and the methods that lists and sets have since; libraries of LeetCode
and AtCoder."""

LANGUAGE = Language(
    name="java",
    labels=("java",),
    begins=re.compile(r"\bvoid\s++main\s*+\("),
    file="{file}.java",
    tools=("java", "javac", "jar"),
    settings="/etc/java-*",
    build=("/bin/sh", "-c", _COMPILE),
    artifact="main.jar",
    run=("java", *JVM, "-cp", "main.jar", "{entry}"),
    entry=java_entry,
    beyond=_BEYOND,
    caps_address_space=False,
    overhead_mb=256,
)
