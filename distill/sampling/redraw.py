"""Forgets samples of a run that are to be drawn again, and their verdicts; everything else stays as it is."""

from collections.abc import Callable, Iterable, Sequence

from distill.errors import RecipeError
from distill.progress import say
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.records import FinishReason
from distill.sampling.growth import begin_sampling
from distill.store import RunFolder
from distill.store.mending import mend_run

DAMAGED = "damaged"
"""What is lost of damaged shards."""


def redraw(run: RunFolder, kinds: Sequence[str], teacher: TeacherSection, settings: GenerateSection) -> None:
    """Forget what `--redraw` names; the next `generate` draws it.

    Raises RecipeError for an unknown kind, RunError where the run was made under other settings.
    """
    check_kinds(kinds)
    begin_sampling(run, teacher, settings)
    for kind in dict.fromkeys(kind for kind in kinds if kind != DAMAGED):
        number = FORGET[kind](run)
        say(f"redraw {kind}: {number:,} samples are drawn again." if number else f"redraw {kind}: there are none.")


def mend_damaged(run: RunFolder, kinds: Sequence[str]) -> None:
    """Mend damaged shards where `--redraw` names them; before prompts are imported, which may be damaged too."""
    if DAMAGED in kinds and not mend_run(run):
        say("redraw damaged: every row is sound.")


def check_kinds(kinds: Iterable[str]) -> None:
    """Raise RecipeError for a kind that does not exist."""
    for kind in kinds:
        if kind not in (*FORGET, DAMAGED):
            raise RecipeError(f"--redraw takes {' or '.join([*FORGET, DAMAGED])}, but {kind!r} was given.")


def _refused(run: RunFolder) -> int:
    return run.forget_samples(lambda row: row["finish_reason"] == FinishReason.REFUSED, ["finish_reason"])


FORGET: dict[str, Callable[[RunFolder], int]] = {"refused": _refused}
"""How each kind is forgotten; returns the number of samples."""
