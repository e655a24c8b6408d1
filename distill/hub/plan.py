"""A folder, and what is on the Hub ─▶ what one commit will add, replace and delete, and what stays. Pure."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from distill.errors import HubError
from distill.hub.card_merge import WHOLE, Edit, MergedCard, difference, merge_cards
from distill.hub.folder import LocalFile, PushedFolder
from distill.hub.front_matter import split_card
from distill.hub.marker import CARD, MARKER, FileStamp, Marker
from distill.hub.names import RepoKind
from distill.hub.remote import Remote
from distill.hub.sections import parts_of

OLD_FILES: dict[RepoKind, tuple[str, ...]] = {
    "dataset": ("data/*.parquet", "pictures/*", "selection.json", "decisions.arrow"),
    "model": ("*.safetensors", "*.safetensors.index.json"),
}
"""What pushes without a marker wrote, which must not stay beside the new files: shards are numbered anew."""
COMMON_FILES = {".gitattributes", CARD}
"""What the Hub itself puts into a new repository."""


class Choices(NamedTuple):
    """What the user allows."""

    is_adopting: bool = False
    """Take a repository without a marker as an earlier push of ours."""
    is_ours_meant: bool = False
    """Replace what was edited on the Hub inside our parts."""


class PushPlan(NamedTuple):
    """One commit."""

    remote: Remote
    sends: dict[str, LocalFile]
    """Files whose content is not there, the card and the marker included."""
    deletes: tuple[str, ...]
    num_same: int
    """Files that are there already."""
    others: tuple[str, ...]
    """Files that are not ours; they stay."""
    card: MergedCard | None
    edits: tuple[Edit, ...]
    """What a push would overwrite though it was changed on the Hub; with any, nothing is sent."""

    @property
    def num_bytes(self) -> int:
        """To be sent."""
        return sum(file.stamp.size for file in self.sends.values())

    @property
    def is_nothing(self) -> bool:
        """Whether all is there."""
        return not self.sends and not self.deletes


def plan_push(folder: PushedFolder, remote: Remote, choices: Choices) -> PushPlan:
    """Compare both sides. Raises HubError where the repository is another project's."""
    _refuse_foreign(folder, remote, choices)
    base = folder.marker or remote.marker
    listed = _listed(folder, remote, choices)
    card = _card(folder, remote, choices)
    files = dict(folder.files)
    if card is not None:
        content = card.text.encode()
        files[CARD] = LocalFile(content, FileStamp.of(content))
    marker = _marker(folder, remote, files).json_bytes()
    wanted = files | {MARKER: LocalFile(marker, FileStamp.of(marker))}
    there = remote.files
    sends = {name: file for name, file in wanted.items() if name not in there or not there[name].is_(file.stamp)}
    deletes = tuple(sorted(listed - wanted.keys()))
    edits = list(card.edits) if card is not None else []
    if base is not None and not choices.is_ours_meant:
        known = base.files
        changed = [
            name
            for name in sorted((sends.keys() | set(deletes)) & there.keys() - {CARD, MARKER})
            if not there[name].is_(known.get(name))
        ]
        edits += [Edit(f"file {name}", "") for name in changed]
    others = tuple(sorted(there.keys() - wanted.keys() - set(deletes) - {".gitattributes"}))
    return PushPlan(remote, sends, deletes, len(wanted.keys() - sends.keys()), others, card, tuple(edits))


def _refuse_foreign(folder: PushedFolder, remote: Remote, choices: Choices) -> None:
    foreign = sorted(remote.files.keys() - COMMON_FILES)
    if remote.marker is None and foreign and not choices.is_adopting:
        raise HubError(
            f"The name {remote.repo} is taken: that {folder.kind} holds {', '.join(foreign[:3])}, and no {MARKER} says "
            "that distill pushed it. Choose another name; or, where an earlier version of distill did push it, add "
            "--adopt."
        )


def _listed(folder: PushedFolder, remote: Remote, choices: Choices) -> set[str]:
    """Files on the Hub that are ours."""
    if remote.marker is not None:
        return set(remote.marker.files) & remote.files.keys() - {CARD}
    if not choices.is_adopting:
        return set()
    patterns = OLD_FILES[folder.kind]
    return {name for name in remote.files if any(fnmatchcase(name, pattern) for pattern in patterns)}


def _card(folder: PushedFolder, remote: Remote, choices: Choices) -> MergedCard | None:
    """The card to push; None where neither side has one, or where ours has none and theirs stays."""
    ours, theirs, is_ours_meant = folder.card, remote.card, choices.is_ours_meant
    if ours is None:
        return MergedCard(theirs) if theirs is not None else None
    if folder.marker is not None and theirs is not None:
        return _card_of_pulled(ours, theirs, folder.marker, remote, is_ours_meant=is_ours_meant)
    if remote.marker is None and theirs is not None and choices.is_adopting:
        return _adopted(ours, theirs, is_ours_meant=is_ours_meant)
    base = remote.marker.card if remote.marker is not None else None
    return merge_cards(base, ours, theirs, is_ours_meant=is_ours_meant)


def _card_of_pulled(ours: str, theirs: str, marker: Marker, remote: Remote, *, is_ours_meant: bool) -> MergedCard:
    """A pulled card holds the maintainer's text already: whichever side was changed since is meant."""
    pulled = marker.files.get(CARD)
    if FileStamp.of(ours.encode()) == pulled or ours == theirs:
        return MergedCard(theirs)
    if remote.files[CARD].is_(pulled) or is_ours_meant:
        return MergedCard(ours)
    return MergedCard(theirs, edits=(Edit(WHOLE, difference(None, ours, theirs)),))


def _adopted(ours: str, theirs: str, *, is_ours_meant: bool) -> MergedCard:
    """What an earlier version wrote has no marks, so nothing tells it from what a maintainer added."""
    (_, our_body), (_, body) = split_card(ours), split_card(theirs)
    has_marks = any(part.name for part in parts_of(body))
    if has_marks or not body.strip() or body.strip() == our_body.strip():
        return merge_cards(None, ours, theirs, is_ours_meant=is_ours_meant)
    if is_ours_meant:
        header = split_card(merge_cards(None, ours, theirs, is_ours_meant=True).text)[0]
        return MergedCard(header.text() + our_body)
    return MergedCard(theirs, edits=(Edit(WHOLE, difference(None, our_body, body)),))


def _marker(folder: PushedFolder, remote: Remote, files: dict[str, LocalFile]) -> Marker:
    """What the next push will compare with. A card that stays as it is there keeps what was noted of it."""
    stamps = {name: file.stamp for name, file in files.items()}
    before = remote.marker
    stays = CARD in files and remote.card is not None and files[CARD].stamp == FileStamp.of(remote.card.encode())
    if stays and before is not None and CARD in before.files:
        stamps[CARD] = before.files[CARD]
    card = folder.marker.card if folder.marker is not None else folder.card
    return Marker(kind=folder.kind, files=stamps, card=card)
