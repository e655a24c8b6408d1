"""A process that prepares blocks: `python -m distill.training.examples.worker`, driven by pickles on its pipes.

It is no child of `multiprocessing`, which would run the user's script again in each of them.
"""

import gc
import os
import pickle
import sys
import traceback
from pathlib import Path

from distill.linux import die_with_parent
from distill.training.examples.blocks import RowBlock
from distill.training.examples.encode import Encoder
from distill.training.examples.seal import RowForm, seal

Task = tuple[RowBlock, Path]


def main() -> None:
    """Read encoder and form, then answer each block with its summary, or with what was raised."""
    die_with_parent()
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    encoder: Encoder
    form: RowForm
    gc.freeze()  # what was imported is never garbage
    encoder, form = pickle.load(asked)  # noqa: S301 - from the parent
    while (task := pickle.load(asked)) is not None:  # noqa: S301
        block, path = task
        try:
            answer: object = seal(block, path, encoder, form)
        except Exception as error:  # noqa: BLE001 - raised again by the parent
            error.add_note(traceback.format_exc())
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, EOFError, BrokenPipeError):  # the parent was interrupted, or is gone
        sys.exit(1)
