"""C# by Mono, which knows C# 7."""

import re

from distill.sandbox.languages.language import Language

_BEYOND = re.compile(
    r"\A(?![\s\S]*\bMain\s*+\()"
    r"|[\w\])]!\s*+[.;,)\]]|(?:\bstring|\bobject|\]|>)\?\s"
    r"|\bnew\(|\bswitch\s*+\{|\brecord\b|\busing\s++var\b|\?\?=|\[\^|\.\.|\bis\s++not\b|\bnamespace\s++[\w.]++\s*+;|\"\"\""
    r"|\b(?:PriorityQueue|Span|ReadOnlySpan)<"
)
"""Programs without `Main`, nullable references, and more that C# has since version 8: Mono's errors do not tell."""

LANGUAGE = Language(
    name="csharp",
    labels=("csharp", "c#", "cs", "mono"),
    begins=re.compile(r"\bMain\s*+\("),
    file="main.cs",
    tools=("mcs", "mono"),
    settings="/etc/mono",
    build=("mcs", "-optimize+", "-warn:0", "-define:ONLINE_JUDGE", "-r:System.Numerics", "-out:main.exe", "main.cs"),
    artifact="main.exe",
    run=("mono", "main.exe"),
    beyond=_BEYOND,
    caps_address_space=False,
    overhead_mb=128,
)
