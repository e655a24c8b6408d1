"""What the runs behind a dataset are called in it."""

from collections.abc import Sequence

from distill.store import RunFolder


def run_names(runs: Sequence[RunFolder]) -> list[str]:
    """The name of each run's folder, with a number behind it where an earlier one is called so."""
    names: list[str] = []
    for run in runs:
        own = run.path.resolve().name
        name, number = own, 1
        while name in names:
            number += 1
            name = f"{own}-{number}"
        names.append(name)
    return names
