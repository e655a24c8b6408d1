"""On how many GPUs a TRL YAML was meant to run, from which its batch follows."""

import re
from typing import NamedTuple

from distill.training.from_trl.block import batch_of, is_on_cpu, number
from distill.training.from_trl.line import Settings
from distill.training.settings.owned import Method

MAX_GPUS = 8
"""Of one machine; what is assumed where a file says nothing."""
_NODES = re.compile(r"(\d{1,4}) nodes? of (\d{1,2})\b", re.IGNORECASE)
_BATCH = re.compile(r"\bGBS (\d{1,6})\b", re.IGNORECASE)


class Gpus(NamedTuple):
    """A number, and a sentence on where it comes from; empty where it needs none."""

    number: int
    said: str


def gpus_of(asked: int | None, settings: Settings, head: str, method: Method) -> Gpus:
    """What the command asks, else what the file says, else a whole machine.

    For GRPO it is a number over which whole groups divide: with 14 completions a prompt 7 of 8, since TRL once kept the
    eighth GPU for vLLM.
    """
    if asked is not None:
        return Gpus(asked, "")
    if is_on_cpu(settings):
        return Gpus(1, "")
    group = number(settings, "num_generations") if method == "grpo" else 1
    fitting = [count for count in range(MAX_GPUS, 0, -1) if batch_of(settings, count).rows % group == 0]
    found = {"num_processes says": settings.get("num_processes"), "its head says": _of_head(head, settings)}
    for origin, count in found.items():
        if isinstance(count, int) and batch_of(settings, count).rows % group == 0:
            return Gpus(count, f"{count} GPUs, as {origin}; --gpus N says another number, and the batch follows.")
    why = f", over which {group} completions a prompt divide" if method == "grpo" else ""
    count = fitting[0] if fitting else MAX_GPUS
    return Gpus(count, f"{count} GPUs are assumed{why}; --gpus N says another number, and the batch follows.")


def _of_head(head: str, settings: Settings) -> int | None:
    """`16 nodes of 8 H100s`, or a batch that tells the GPUs: `8 nodes with GBS 128`."""
    if nodes := _NODES.search(head):
        return int(nodes[1]) * int(nodes[2])
    batch = _BATCH.search(head)
    count, rest = divmod(int(batch[1]), batch_of(settings, 1).rows) if batch else (0, 1)
    return None if rest else count
