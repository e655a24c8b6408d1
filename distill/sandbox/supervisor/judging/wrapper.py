"""The program that a judge in Python is run by, inside its cell."""

_START = """import io, json, os, sys, types
_texts, _order, _code, _name, _files, _given = json.loads(%s)
for _file, _text in {**_files, **_texts}.items():
    with open(_file, "w", encoding="utf-8", errors="surrogateescape", newline="") as _opened:
        _opened.write(_text)
sys.path.insert(0, os.getcwd())
sys.argv = ["judge.py", *_order]
"""
_RUN = """exec(compile(_code, "judge.py", "exec"), globals())
"""
_PROGRAM = """_heard = _texts[_given] if _given else json.dumps(_texts)
sys.stdin = io.TextIOWrapper(io.BytesIO(_heard.encode("utf-8", "surrogateescape")), "utf-8", "surrogateescape")
del _heard
"""
_FUNCTION = """_said = os.dup(1)
os.dup2(2, 1)
_judge = types.ModuleType("judge")
sys.modules["judge"] = _judge
exec(compile(_code, "judge.py", "exec"), _judge.__dict__)
_clean = [_texts[_one].encode("utf-8", "surrogateescape").decode("utf-8", "replace") for _one in _order]
_value = getattr(_judge, _name)(*(_order if _given else _clean))
try:
    _value = json.dumps(_value, default=str)
except (TypeError, ValueError):
    _value = json.dumps(str(_value))
with os.fdopen(_said, "w") as _opened:
    _opened.write(_value)
"""
_READ = _START % "sys.stdin.read()"
AS_PROGRAM, AS_FUNCTION = (_READ + _PROGRAM + _RUN).encode(), (_READ + _FUNCTION).encode()
"""As a program that finds three files; as a module whose function is called, with its value as JSON on the output.

What a function prints goes to standard error. Both get one JSON list: texts by name, the arguments, the judge's code,
the name of its function, the files that it brings, and what is given otherwise: to a program the text of that name on
its standard input, to a function the names of files.
"""


def as_interactor(asked: str) -> bytes:
    """The same for one that talks to the program: its standard input is not ours to use."""
    return (_START % repr(asked) + _RUN).encode()
