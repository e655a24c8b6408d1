"""Check on this machine what only a GPU can show, and print one table for an issue.

    scripts/gpu-check --teacher MODEL [--student MODEL] [--out DIR] [--gpus N] [--skip PART] [--quick]

A teacher is served by vLLM, sampled and verified; a student of 1.5B is fine-tuned under each layout that the machine
allows, memory and speed beside what `--dry-run` foretells; GRPO samples with vLLM on the same cards; the export is
served and compared. Parts: teacher, single, fsdp2, zero3, lora, qlora, grpo, served. DIR keeps everything: a second
call with the same DIR goes on. DIR/calibration.json is for `distill sft --dry-run --calibrate`. Under an hour.
"""

import argparse
import sys
from pathlib import Path

from gpu_check.machine import setting_of
from gpu_check.parts import check


def main() -> int:
    """Status 0 where every part ran and said what was foretold or why not, 1 where one failed, 2 without a GPU."""
    import torch

    parser = argparse.ArgumentParser(
        "scripts/gpu-check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--teacher", required=True, metavar="MODEL", help="folder, Hub id or name in recipes/teachers")
    parser.add_argument("--student", default="qwen-1.5b", metavar="MODEL", help="recipe, or another base of 1.5B")
    parser.add_argument("--out", type=Path, default=Path("gpu-check"), metavar="DIR")
    parser.add_argument("--gpus", type=int, metavar="N", help="default: all of this machine")
    parser.add_argument("--skip", action="append", default=[], metavar="PART", help="repeatable")
    parser.add_argument("--quick", action="store_true", help="short rows, few steps: shows that it runs")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print(
            f"torch {torch.__version__} sees no GPU on this machine, so there is nothing to check. Run it where there "
            "is one, with a torch that was built for it.",
            file=sys.stderr,
        )
        return 2
    return check(setting_of(options), set(options.skip))


if __name__ == "__main__":
    sys.exit(main())
