"""Java by javac; the class with `main` may have any name. The JVM reserves far more address space than it uses."""

from distill.sandbox.languages.java_entry import java_entry
from distill.sandbox.languages.language import Language

_QUICK = "-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC"
"""Compiling takes a second: optimising the compiler itself for longer does not pay."""
_COMPILE = f"javac -J-Xmx1g {_QUICK} -nowarn -d out '{{file}}.java' && jar {_QUICK} -c -f main.jar -0 -C out ."
JVM = ("-XX:+UseSerialGC", "-Xmx{memory_mb}m", "-Xss64m", "-DONLINE_JUDGE=true")
"""How programs of the JVM's languages are run."""

LANGUAGE = Language(
    name="java",
    labels=("java",),
    file="{file}.java",
    tools=("java", "javac", "jar"),
    settings="/etc/java-*",
    build=("/bin/sh", "-c", _COMPILE),
    artifact="main.jar",
    run=("java", *JVM, "-cp", "main.jar", "{entry}"),
    entry=java_entry,
    caps_address_space=False,
    overhead_mb=256,
)
