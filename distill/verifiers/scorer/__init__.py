"""Puzzles with many right answers: a package's own scoring function decides.

scorer   {"package": "reasoning-gym", "task": "countdown", "entry": {"question": …, "answer": …, "metadata": {…}}}
answer   "<answer>3*(5 + 2)</answer>"
verdict  pass, "scored 1 of 1 by reasoning-gym's countdown (tagged)"

Covered: what `packages.py` lists; a row names a package and one of its tasks, never code. The scorer runs in the
sandbox, whatever `--sandbox` says of programs, since it may evaluate what it is given. The full score passes, less
fails, and both only where they prove something: see the package's program under `programs/`. It abstains where the
scorer breaks, hangs or does not know the task, and where nothing marks an answer and the text's end does not pass.
"""
