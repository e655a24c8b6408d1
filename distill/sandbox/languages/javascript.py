"""JavaScript by Node.js. V8 reserves gigabytes of address space, so the cgroup or the watch holds its memory."""

import re

from distill.sandbox.languages.language import Language

LANGUAGE = Language(
    name="javascript",
    labels=("javascript", "js", "node", "nodejs", "mjs", "cjs"),
    begins=re.compile(r"\bstdin\b|\breadline\b|\bread(?:File)?Sync\b"),
    file="main.js",
    tools=("node",),
    run=("node", "--stack-size=60000", "--max-old-space-size={memory_mb}", "main.js"),
    caps_address_space=False,
    overhead_mb=128,
)
