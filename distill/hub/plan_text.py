"""What a push will do, in the words that the user reads before it does."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from distill.errors import HubError
from distill.formatting import counted
from distill.hub.card_merge import WHOLE
from distill.hub.marker import CARD
from distill.hub.names import RepoKind
from distill.hub.plan import PushPlan
from distill.hub.progress import size_text
from distill.hub.sections import parts_of
from distill.progress import say

MAX_NAMES = 40
"""Lines of files that are sent or deleted; the rest is counted."""
MAX_DIFFERENCE = 40
"""Lines shown of an edit."""


class Goal(NamedTuple):
    """Where a push goes, in words."""

    kind: RepoKind
    repo: str
    access: str
    """`private`, `public, gated (auto)`."""
    revision: str
    tag: str | None

    def __str__(self) -> str:
        """`the private dataset me/traces, revision main, tagged v1`."""
        tag = f", tagged {self.tag}" if self.tag else ""
        return f"the {self.access} {self.kind} {self.repo}, revision {self.revision}{tag}"


def listing(sizes: Mapping[str, int], goal: Goal) -> str:
    """What a folder would send to an empty repository."""
    lines = [f"  add      {name}  {size:,} bytes" for name, size in sizes.items()]
    head = f"Would push {counted(len(sizes), 'file')}, {sum(sizes.values()):,} bytes, to {goal}, in one commit:"
    return "\n".join([head, *lines])


def plan_text(plan: PushPlan, goal: Goal, *, is_dry: bool) -> str:
    """The whole plan: what is there, what is added, replaced and deleted, what stays."""
    verb = "Would push" if is_dry else "Pushes"
    if plan.is_nothing:
        head = f"{'Would push' if is_dry else 'Pushes'} nothing: all is there already, in {goal}."
    else:
        head = f"{verb} {counted(len(plan.sends), 'file')}, {plan.num_bytes:,} bytes, to {goal}, in one commit:"
    return "\n".join([head, *_there(plan), *_shortened(list(_changes(plan))), *_stays(plan)])


def _there(plan: PushPlan) -> Iterator[str]:
    remote = plan.remote
    if remote.access is None:
        yield "  There is no such repository yet; it will be made."
        return
    branch = "" if remote.has_branch else ", the branch is made from main"
    commit = f" at {remote.head[:8]}" if remote.head else ""
    size = sum(file.size for file in remote.files.values())
    yield f"  It is {remote.access}, and holds {counted(len(remote.files), 'file')}, {size_text(size)}{commit}{branch}."


def _changes(plan: PushPlan) -> Iterator[str]:
    for name, file in sorted(plan.sends.items()):
        before, size = plan.remote.files.get(name), size_text(file.stamp.size)
        yield f"  replace  {name}  {size_text(before.size)} → {size}" if before else f"  add      {name}  {size}"
    for name in plan.deletes:
        yield f"  delete   {name}  {size_text(plan.remote.files[name].size)}"


def _shortened(lines: list[str]) -> list[str]:
    rest = len(lines) - MAX_NAMES
    return [*lines[:MAX_NAMES], f"  … and {rest:,} more"] if rest > 0 else lines


def _stays(plan: PushPlan) -> Iterator[str]:
    if plan.num_same:
        yield f"  same     {counted(plan.num_same, 'file')} there already"
    if plan.others:
        rest = f", and {len(plan.others) - 5} more" if len(plan.others) > 5 else ""
        yield f"  stays    {', '.join(plan.others[:5])}{rest} (not ours)"
    if plan.card is not None and plan.card.num_kept_lines:
        yield f"  stays    {counted(plan.card.num_kept_lines, 'line')} of your own in {CARD}"
    if plan.card is not None and plan.card.kept:
        yield f"  stays    as it is on the Hub, in {CARD}: {', '.join(plan.card.kept)}"


def _has_marks(card: str) -> bool:
    return any(part.name for part in parts_of(card))


def refuse_edits(plan: PushPlan) -> None:
    """Show what was edited on the Hub inside our parts; raises HubError where something was."""
    if not plan.edits:
        return
    for edit in plan.edits:
        lines = edit.difference.splitlines()
        rest = [f"… and {len(lines) - MAX_DIFFERENCE:,} more lines"] if len(lines) > MAX_DIFFERENCE else []
        say("\n".join([f"Edited on the Hub: {edit.what}", *lines[:MAX_DIFFERENCE], *rest]))
    names = ", ".join(edit.what for edit in plan.edits[:5])
    if any(edit.what == WHOLE for edit in plan.edits) and not _has_marks(plan.remote.card or ""):
        raise HubError(
            f"{CARD} of {plan.remote.repo} has no marks of distill, so nothing tells text of your own in it from what "
            "an earlier push wrote; nothing was sent. Give text of your own to `distill select --card FILE`, then push "
            "with --replace-edits: the repository's history keeps what it replaces."
        )
    raise HubError(
        f"{plan.remote.repo} was edited on the Hub inside what this push would replace ({names}); nothing was sent. "
        "Move text of your own outside of the marks `<!-- distill: … -->`, or push with --replace-edits to replace it: "
        "the repository's history keeps it."
    )
