"""C# by Mono, which knows C# 7."""

from distill.sandbox.languages.language import Language

LANGUAGE = Language(
    name="csharp",
    labels=("csharp", "c#", "cs", "mono"),
    file="main.cs",
    tools=("mcs", "mono"),
    settings="/etc/mono",
    build=("mcs", "-optimize+", "-warn:0", "-define:ONLINE_JUDGE", "-r:System.Numerics", "-out:main.exe", "main.cs"),
    artifact="main.exe",
    run=("mono", "main.exe"),
    caps_address_space=False,
    overhead_mb=128,
)
