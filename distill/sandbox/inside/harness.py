"""How a program is run inside its sandbox: as a script, test after test, or as a module whose function is called.

All of this shares the process with the program, which may read and change any of it. That is harmless by
construction: nothing here knows an expected output, and whatever is reported is only the program's own output.
"""

import atexit
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

from distill.sandbox.inside.candidate import ProgramServer
from distill.sandbox.inside.examiner import examine
from distill.sandbox.plain import encode

BROKEN = 121
"""Exit status where the sandbox failed before the program began."""
FILE_NAME = "main.py"
_exit = os._exit


_REHEARSAL = b"""try:
    n = int(input())
except (EOFError, ValueError):
    n = 1
a = list(map(int, "1 2".split()))
print(sum(a) + n)
"""


def rehearse() -> None:
    """Run a program on empty files, so that what Python sets up on first use is not set up in every fork."""
    for _ in range(20):
        _renew_streams()
        _main(_compiled(_REHEARSAL))


def script(fds: list[int]) -> NoReturn:
    """Run a program once per input, and after each write down where its output ends.

    Stops at the first run that fails, with the exit status of that run. Every run gets real file descriptors
    0 and 1, a fresh `__main__` and fresh standard streams; other state may leak from one to the next, which is
    why the supervisor repeats in a process of its own what fails here after the first.
    """
    job, output, _, ends, *inputs = fds
    code = _compiled(_read(job))
    status = 0
    for source in inputs:
        os.dup2(source, 0)
        os.dup2(output, 1)
        _renew_streams()
        status = _main(code)
        if status:
            break
        os.write(ends, os.lseek(output, 0, os.SEEK_CUR).to_bytes(8, "little"))
    _exit(status)


def calls(fds: list[int]) -> NoReturn:
    """Run a program as a module, call its function with each tuple of arguments, and report each result on a line."""
    job, _, _, result, *_ = fds
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _renew_streams()
    task = marshal.loads(_read(job))  # noqa: S302 - written by the supervisor
    namespace = _fresh_main()

    def call_all() -> None:
        exec(_compiled(task["program"]), namespace)  # noqa: S102 - this is what a sandbox is for
        for name, arguments in task["calls"]:
            function = find(name, namespace)
            line = json.dumps(encode(function(*arguments)))
            _write_all(result, line.encode() + b"\n")

    _exit(_guarded(call_all))


def candidate(fds: list[int]) -> NoReturn:
    """Run a program as a module and serve its functions to the process that runs the assertions."""
    job, _, _, _, link = fds
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _renew_streams()
    task = marshal.loads(_read(job))  # noqa: S302 - written by the supervisor
    namespace = _fresh_main()

    def serve() -> None:
        exec(_compiled(task["program"]), namespace)  # noqa: S102 - this is what a sandbox is for
        ProgramServer(link, namespace, find).serve()

    _exit(_guarded(serve))


def assertions(fds: list[int]) -> NoReturn:
    """Run the tests' own code, against a program in another sandbox."""
    job, _, _, result, link = fds
    _renew_streams()
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


def _main(code: types.CodeType) -> int:
    """Run a script to its end as the interpreter would, threads and exit handlers included: its exit status."""
    namespace = _fresh_main()
    return _guarded(lambda: exec(code, namespace))  # noqa: S102 - this is what a sandbox is for


def _guarded(run: Callable[[], None]) -> int:
    status = 0
    try:
        run()
    except SystemExit as exit_:
        status = _status_of(exit_.code)
    except BaseException:  # noqa: BLE001 - the program's own failure, told on its stderr
        sys.excepthook(*sys.exc_info())
        status = 1
    return _finish() or status


def _finish() -> int:
    """What the interpreter does at the end of a script: wait for threads, run exit handlers, flush."""
    try:
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()
        for stream in {id(s): s for s in (sys.stdout, sys.__stdout__, sys.stderr)}.values():
            if stream is not None and not stream.closed:
                stream.flush()
    except BaseException:  # noqa: BLE001 - the program's own failure, told on its stderr
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _status_of(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    os.write(2, f"{code}\n".encode(errors="replace"))
    return 1


def _fresh_main() -> dict[str, object]:
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=FILE_NAME, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    sys.argv = [FILE_NAME]
    return module.__dict__


def _renew_streams() -> None:
    sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]


def _stream(fd: int, mode: str) -> io.TextIOWrapper:
    return open(fd, mode, encoding="utf-8", errors="surrogateescape", closefd=False)  # type: ignore[return-value]


def _read(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _write_file(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
