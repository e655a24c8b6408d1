"""Kotlin by kotlinc, with its runtime in the program's archive; a JVM runs it."""

import re

from distill.sandbox.languages.java import JVM
from distill.sandbox.languages.language import Language

_SINCE = (
    "ArrayDeque buildList buildMap buildSet code countLeadingZeroBits countOneBits countTrailingZeroBits digitToChar "
    "digitToInt digitToIntOrNull entries firstNotNullOf firstNotNullOfOrNull flatMapIndexed floorDiv lowercase "
    "lowercaseChar maxByOrNull maxOf maxOfOrNull maxOrNull maxWithOrNull minByOrNull minOf minOfOrNull minOrNull "
    "minWithOrNull mod onEachIndexed randomOrNull readln readlnOrNull reduceOrNull removeFirst removeFirstOrNull "
    "removeLast removeLastOrNull replaceFirstChar runningFold runningReduce scan sumOf titlecase "
    "uppercase uppercaseChar"
)
"""What the standard library has since Kotlin 1.4."""

LANGUAGE = Language(
    name="kotlin",
    labels=("kotlin", "kt", "kts"),
    begins=re.compile(r"\bfun\s++main\s*+\("),
    file="Main.kt",
    tools=("kotlinc", "java"),
    settings="/etc/java-*",
    build=("kotlinc", "-J-XX:TieredStopAtLevel=1", "-nowarn", "-include-runtime", "-d", "main.jar", "Main.kt"),
    artifact="main.jar",
    run=("java", *JVM, "-jar", "main.jar"),
    beyond=re.compile(
        rf"unresolved reference: (?:{'|'.join(_SINCE.split())})\b"
        r"|only available since|expecting an element\n[^\n]*\.\.<"
    ),
    caps_address_space=False,
    overhead_mb=256,
    build_s=60.0,
)
