"""FSDP2 on CPU processes, which torch has and accelerate 1.15 does not.

accelerate takes up FSDP only where its processes are of a kind of accelerator, and on CPU falls back to a copy of the
model on each without a word (accelerate/state.py, `AcceleratorState.__init__`). torch's `fully_shard` itself runs over
gloo. So accelerate is told that the processes are like GPUs; the device of its state and its process group stay those
of a CPU. The mesh is given as well: without one torch takes the machine's accelerator, whatever the group's backend.
"""

import os

from accelerate import PartialState
from accelerate.utils import DistributedType


def shard_on_cpu() -> None:
    """Have a trainer that is built after this shard over CPU processes, where the launcher asked for FSDP.

    Call it once TRL's config is there, since that resets accelerate's state. On GPUs nothing happens.
    """
    state = PartialState()
    if state.distributed_type is DistributedType.MULTI_CPU and os.environ.get("ACCELERATE_USE_FSDP") == "true":
        state.distributed_type = DistributedType.MULTI_GPU
        os.environ["ACCELERATE_USE_PARALLELISM_CONFIG"] = "true"
        os.environ["PARALLELISM_CONFIG_DP_SHARD_SIZE"] = str(state.num_processes)
