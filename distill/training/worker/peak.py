"""The most memory that a training took, which estimates are compared with."""

import resource

import torch
from transformers import Trainer


def peak_bytes(trainer: Trainer) -> dict[str, list[int]]:
    """What torch had allocated, and reserved, at its peak on each process's GPU; on a CPU, the process's own memory.

    All processes must ask at once.
    """
    if torch.cuda.is_available() and not trainer.args.use_cpu:
        own = [torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()]
    else:
        own = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024] * 2
    all_of_them = trainer.accelerator.gather(torch.tensor([own], device=trainer.accelerator.device)).tolist()
    allocated, reserved = (list(column) for column in zip(*all_of_them, strict=True))
    return {"allocated": allocated, "reserved": reserved}
