"""Python, by the interpreter that runs the supervisor."""

from distill.sandbox.languages.language import Language

LANGUAGE = Language(name="python", labels=("python", "py", "pypy", "ipython", "sage"))
