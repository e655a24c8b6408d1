"""Kotlin by kotlinc, with its runtime in the program's archive; a JVM runs it."""

from distill.sandbox.languages.java import JVM
from distill.sandbox.languages.language import Language

LANGUAGE = Language(
    name="kotlin",
    labels=("kotlin", "kt", "kts"),
    file="Main.kt",
    tools=("kotlinc", "java"),
    settings="/etc/java-*",
    build=("kotlinc", "-J-XX:TieredStopAtLevel=1", "-nowarn", "-include-runtime", "-d", "main.jar", "Main.kt"),
    artifact="main.jar",
    run=("java", *JVM, "-jar", "main.jar"),
    caps_address_space=False,
    overhead_mb=256,
    build_s=60.0,
)
