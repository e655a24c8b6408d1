"""How a program is run inside its sandbox: as a script on one input, or as a module whose function is called.

All of this shares the process with the program, which may read and change any of it. That is harmless by
construction: nothing here knows an expected output, and whatever is reported is only the program's own output.
"""

import atexit
import contextlib
import gc
import io
import json
import marshal
import os
import signal
import sys
import threading
import types
from collections.abc import Callable
from typing import NoReturn

from distill.sandbox.cell.sealed import seal
from distill.sandbox.inside.candidate import ProgramServer
from distill.sandbox.inside.examiner import examine
from distill.sandbox.plain import encode

BROKEN = 121
"""Exit status where the sandbox failed before the program began."""
FILE_NAME = "main.py"
_MODULE = "solution"
"""What a program is called where functions of it are tested."""
_LAST_WORDS = (b"open", b"IO", b"Writer", b"Wrapper", b"__del__", b"finalize", b"Temporary")
"""A program without any of these has nothing that acts when it is let go of, and ends a fifth sooner."""
_exit = os._exit


_REHEARSAL = b"""try:
    n = int(input())
except (EOFError, ValueError):
    n = 1
a = list(map(int, "1 2".split()))
print(sum(a) + n)
"""


def rehearse() -> None:
    """Run a program on empty files, so that what Python sets up on first use is not set up in every fork.

    It leaves standard streams behind that every fork goes on with: they have read and written nothing.
    """
    kept = [os.dup(fd) for fd in range(3)]
    for _ in range(20):
        for fd in range(3):
            empty = os.memfd_create("rehearsal")
            os.dup2(empty, fd)
            os.close(empty)
        _renew_streams()
        with contextlib.suppress(SystemExit):
            exec(_compiled(_REHEARSAL), _module("__main__").__dict__)  # noqa: S102 - our own
        _flush()
    os.ftruncate(1, 0)
    os.lseek(1, 0, os.SEEK_SET)
    _renew_streams()
    for fd, saved in enumerate(kept):
        os.dup2(saved, fd)
        os.close(saved)


def script(fds: list[int]) -> NoReturn:
    """Run a program on one input, as the interpreter would run a file.

    A further descriptor holds the program's code as an earlier run has compiled it. Where that is empty, this run
    reports the code, and seals the report before the program begins.
    """
    job, _, _, result, source, *compiled = fds
    program = _read(job)
    _write_file(FILE_NAME, program)
    known = _read(compiled[0]) if compiled else b""
    code = marshal.loads(known) if known else _compiled(program)  # noqa: S302 - of this harness, sealed
    if compiled and not known:
        _write_all(result, marshal.dumps(code))
        seal(result)
    os.dup2(source, 0)
    status = _guarded(lambda: exec(code, _module("__main__").__dict__))  # noqa: S102 - this is what a sandbox is for
    status = _finish() or status
    if any(word in program for word in _LAST_WORDS):
        status = _let_go() or status
    _exit(status)


def calls(fds: list[int]) -> NoReturn:
    """Run a program as a module, call its function with each tuple of arguments, and report each result on a line."""
    job, _, _, result, *_ = fds
    task = marshal.loads(_read(job))  # noqa: S302 - written by the supervisor

    def call_all() -> None:
        sys.setrecursionlimit(task["num_frames"] or sys.getrecursionlimit())
        namespace = _load(task["program"])
        for name, arguments in task["calls"]:
            function = find(name, namespace)
            line = json.dumps(encode(function(*arguments)))
            _write_all(result, line.encode() + b"\n")

    status = _guarded(call_all)
    _exit(_finish() or status)


def candidate(fds: list[int]) -> NoReturn:
    """Run a program as a module and serve its functions to the process that runs the assertions."""
    job, _, _, _, link = fds
    task = marshal.loads(_read(job))  # noqa: S302 - written by the supervisor
    _exit(_guarded(lambda: ProgramServer(link, _load(task["program"]), find).serve_all()))  # its threads may wait on


def assertions(fds: list[int]) -> NoReturn:
    """Run the tests' own code, against a program in another sandbox."""
    job, _, _, result, link = fds
    task = marshal.loads(_read(job))  # noqa: S302 - written by the supervisor
    examine(link, result, task["code"], task["entry_point"])


def execute(fds: list[int]) -> NoReturn:
    """Become the compiled program, or the interpreter, that the job names."""
    job, _, _, _, source, *artifact = fds
    task = marshal.loads(_read(job))  # noqa: S302 - written by the supervisor
    for name, content in task["files"].items():
        _write_file(name, content)
    if artifact and task["copy_artifact_to"]:
        _write_file(task["copy_artifact_to"], _read(artifact[0]))
    path = f"/proc/self/fd/{artifact[0]}" if artifact else ""
    command = [word.replace("{artifact}", path) for word in task["command"]]
    for signal_number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(signal_number, signal.SIG_DFL)  # Python ignores them, and exec would hand that on
    os.dup2(source, 0)
    os.execve(command[0], command, task["environment"])  # noqa: S606 - a shell would only add to what can go wrong


def build(fds: list[int]) -> NoReturn:
    """Compile a program and hand the artifact out, through a descriptor."""
    job, _, _, result, *_ = fds
    task = marshal.loads(_read(job))  # noqa: S302 - written by the supervisor
    for name, content in task["files"].items():
        _write_file(name, content)
    command, environment = task["command"], task["environment"]
    pid = os.posix_spawn(command[0], command, environment, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status == 0:
        artifact = os.open(task["artifact"], os.O_RDONLY)
        while os.sendfile(result, artifact, None, 1 << 24):
            pass
    _exit(status if status >= 0 else 1)


def find(name: str, namespace: dict[str, object]) -> Callable[..., object]:
    """The function called `name`: in the module, by a dotted path, or as a method of its class `Solution`."""
    first, *rest = name.split(".")
    found: object = namespace.get(first)
    if found is None and "Solution" in namespace:
        found = getattr(namespace["Solution"](), first, None)  # type: ignore[operator]
    for part in rest:
        found = getattr(found() if isinstance(found, type) else found, part, None)
    if not callable(found):
        raise NameError(f"the program defines no function {name!r}")  # noqa: TRY004 - what a script would raise
    return found


def _compiled(source: bytes) -> types.CodeType:
    try:
        return compile(source, FILE_NAME, "exec", dont_inherit=True)
    except BaseException:  # noqa: BLE001 - whatever the compiler raises, the program is not one
        sys.excepthook(*sys.exc_info())
        _exit(1)


def _guarded(run: Callable[[], object]) -> int:
    """The exit status that the interpreter would end with."""
    try:
        run()
    except SystemExit as exit_:
        return _status_of(exit_.code)
    except BaseException:  # noqa: BLE001 - the program's own failure, told on its stderr
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _finish() -> int:
    """What the interpreter does at the end: wait for threads, run exit handlers, flush.

    Status 120, as the interpreter's, where the output cannot be written.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    return _flush()


def _let_go() -> int:
    """What the interpreter does after that: files that were never closed are written, objects say their last words."""
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    sys.modules.pop("__main__", None)
    gc.collect()
    return _flush()


def _flush() -> int:
    status = 0
    for stream in {id(s): s for s in (sys.stdout, sys.__stdout__, sys.stderr)}.values():
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException:  # noqa: BLE001 - the program's own failure, told on its stderr
            sys.excepthook(*sys.exc_info())
            status = 120
    with contextlib.suppress(Exception):  # of the program's own ctypes
        if "ctypes" in sys.modules:  # what it has C print lies in a buffer of C
            sys.modules["ctypes"].CDLL(None).fflush(None)
    return status


def _status_of(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    os.write(2, f"{code}\n".encode(errors="replace"))
    return 1


def _load(program: bytes) -> dict[str, object]:
    """What a program defines, as a module that is imported: its main block does not run, and its input is empty.

    An `exit()` after the definitions ends the loading only.
    """
    _write_file(FILE_NAME, program)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _module("__main__")
    namespace = _module(_MODULE).__dict__
    with contextlib.suppress(SystemExit):
        exec(_compiled(program), namespace)  # noqa: S102 - this is what a sandbox is for
    return namespace


def _module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(__file__=FILE_NAME, __builtins__=__builtins__)
    sys.modules[name] = module
    sys.argv = [FILE_NAME]
    return module


def _renew_streams() -> None:
    sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "w", "backslashreplace")  # type: ignore[misc]
    sys.stderr.reconfigure(line_buffering=True)


def _stream(fd: int, mode: str, errors: str = "surrogateescape") -> io.TextIOWrapper:
    return open(fd, mode, encoding="utf-8", errors=errors, closefd=False)  # type: ignore[return-value]


def _read(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _write_file(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
