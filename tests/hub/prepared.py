"""A process that has imported all that a push needs and forks for every command: `python -m tests.hub.prepared`.

A line of its input is a command, as JSON; its answers are the child's number, then how it ended. So a test costs what
the command does, and not two seconds of imports.
"""

import json
import os
import sys
from pathlib import Path
from typing import cast

import hf_xet  # type: ignore[import-untyped]  # noqa: F401 - imported before the fork, so that no child has to
from huggingface_hub import HfApi, constants, hf_hub_download  # noqa: F401
from huggingface_hub.utils import _xet_progress_reporting  # noqa: F401

from distill.cli import main
from distill.hub import client, progress, pull, push  # noqa: F401


def run(command: dict[str, object]) -> None:
    """In the child: as `distill` in a shell with this environment."""
    for path, handle in ((command["out"], 1), (command["err"], 2)):
        os.dup2(os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), handle)
    environment = cast("dict[str, str]", command["environment"])
    os.environ.update(environment)
    constants.HF_HUB_OFFLINE = environment.get("HF_HUB_OFFLINE") == "1"
    constants.HF_HUB_DISABLE_XET = environment.get("HF_HUB_DISABLE_XET") == "1"
    progress.LINE_INTERVAL_S = float(environment.get("LINE_INTERVAL_S", "10"))
    client.MAX_WAIT_S = 0.05
    main(cast("list[str]", command["arguments"]))


def forked(command: dict[str, object]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        run(command)
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - what Python would print itself at the end of a process
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    Path(os.environ["HF_HOME"]).mkdir(exist_ok=True)
    for line in sys.stdin:
        number = forked(json.loads(line))
        print(number, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)
