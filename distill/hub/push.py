"""dataset or model ─▶ the Hugging Face Hub, in one commit that overwrites nothing that is not ours.

What is there is looked at first, and the plan is told before it is carried out. A commit names the one that it follows,
so another's that came in between is looked at as well, and never lost. Files that reached the Hub before a connection
was lost are known there by their content, so a second attempt skips them, and a commit of nothing new is not made. The
token is taken from the Hub client's own places; it is never printed or stored here.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from distill.errors import HubError
from distill.hub.card_check import ask_about_header, check_header
from distill.hub.client import HubRefusalError, ask
from distill.hub.folder import PushedFolder, kind_of, read_card, read_folder, sizes_of
from distill.hub.marker import CARD, MARKER
from distill.hub.names import RepoKind, check_branch, check_repo, check_tag
from distill.hub.plan import COMMON_FILES, Choices, PushPlan, plan_push
from distill.hub.plan_text import Goal, listing, plan_text, refuse_edits
from distill.hub.remote import LIBRARY, Remote, look, whole_name
from distill.hub.upload import commit
from distill.progress import say
from distill.references import Record

if TYPE_CHECKING:
    from huggingface_hub import HfApi

NUM_LOOKS = 5
"""How often the branch may move on under a push before it gives up."""


class HubTarget(Record):
    """The repository that a folder is pushed to, who may read it, and what the user allows."""

    repo: str
    is_private: bool | None = None
    """None: as it is; a new one is private."""
    may_change_access: bool = False
    """Without, a repository that is there keeps its visibility, and a push that wants another is refused."""
    revision: str = "main"
    tag: str | None = None
    has_prompts: bool = True
    """Whether the prompts of its runs go along."""
    choices: Choices = Choices()


def push(path: Path, target: HubTarget, *, is_dry: bool = False) -> str:
    """Publish the folder; returns its address, or in a dry run what would be sent.

    A dry run without a token checks names and header, and lists; with one it looks at the Hub as well, and sends none.
    Raises HubError where the token is missing or rejected, the repository is another project's, something of ours was
    edited there, or the Hub stays out of reach; InputError where the folder is neither a dataset nor a model.
    """
    check_repo(target.repo)
    check_branch(target.revision)
    if target.tag is not None:
        check_tag(target.tag)
    kind = kind_of(path)
    if (path / CARD).is_file():
        check_header(read_card(path / CARD))
    from huggingface_hub import HfApi, constants, get_token

    if get_token() is None:
        if is_dry:
            return _listing(path, kind, target, "There is no Hub token")
        raise HubError("There is no Hub token; log in with `hf auth login`, or set HF_TOKEN to a token that may write.")
    if is_dry and constants.HF_HUB_OFFLINE:
        return _listing(path, kind, target, "HF_HUB_OFFLINE is set")
    return _push(HfApi(library_name=LIBRARY), path, target, is_dry=is_dry)


def _listing(path: Path, kind: RepoKind, target: HubTarget, reason: str) -> str:
    access = "public" if target.is_private is False else "private"
    goal = Goal(kind, target.repo, access, target.revision, target.tag)
    text = listing(sizes_of(path, has_prompts=target.has_prompts), goal)
    return f"{text}\n{reason}, so the Hub was not asked what is there."


def _push(api: "HfApi", path: Path, target: HubTarget, *, is_dry: bool) -> str:
    repo = whole_name(api, target.repo)
    remote = look(api, repo, kind := kind_of(path), target.revision)
    _check_write(api, remote, kind)
    _check_access(remote, target)
    folder = read_folder(path, has_prompts=target.has_prompts).addressed(remote.repo)
    plan = plan_push(folder, remote, target.choices)
    _check_tag(plan, target)
    goal = Goal(kind, remote.repo, _future_access(remote, target), target.revision, target.tag)
    text = plan_text(plan, goal, is_dry=is_dry)
    if is_dry:
        refuse_edits(plan)
    if plan.card is not None and CARD in plan.sends:
        ask_about_header(api, plan.card.text, remote.repo, kind)
    if is_dry:
        return text
    say(text)
    refuse_edits(plan)
    if remote.access is None:
        plan = plan_push(folder, _create(api, remote, kind, target), target.choices)
    made = _committed(api, folder, plan, target, f"Upload {path.resolve().name} with distill")
    if target.tag is not None and target.tag not in remote.tags:
        tag = target.tag
        ask(lambda: api.create_tag(remote.repo, tag=tag, repo_type=kind, revision=made, exist_ok=True), remote.repo)
    return f"{api.endpoint}/{'datasets/' if kind == 'dataset' else ''}{remote.repo}"


def _check_access(remote: Remote, target: HubTarget) -> None:
    """Raises HubError where another visibility is asked for than there is, and not said that it may change.

    So it does where a first push would be public without a word: an owner's settings may have made it so.
    """
    wanted, now = target.is_private, remote.access
    if now is not None and wanted is None and not now.is_private and not remote.files.keys() - COMMON_FILES:
        raise HubError(
            f"{remote.repo} is {now} and holds nothing yet. Add --public where everyone may read what is pushed, or "
            "--private --set-visibility."
        )
    if now is None or wanted is None or wanted == now.is_private or target.may_change_access:
        return
    option, effect = ("--private", "hide it from its readers") if wanted else ("--public", "show it to everyone")
    raise HubError(
        f"{remote.repo} is {now}, and {option} would {effect}; to change it add --set-visibility, or leave out "
        f"{option}."
    )


def _check_write(api: "HfApi", remote: Remote, kind: RepoKind) -> None:
    if remote.access is not None:
        ask(lambda: api.auth_check(remote.repo, repo_type=kind, write=True), remote.repo)


def _check_tag(plan: PushPlan, target: HubTarget) -> None:
    """Raises HubError where the tag stands on another version than the one that will be there."""
    tags = plan.remote.tags
    if target.revision in tags and not plan.remote.has_branch:
        raise HubError(
            f"{target.revision} is a tag of {plan.remote.repo}; a push goes to a branch. Name one with --revision."
        )
    if target.tag is not None and target.tag in tags and not (plan.is_nothing and tags[target.tag] == plan.remote.head):
        raise HubError(
            f"{plan.remote.repo} has a tag {target.tag!r} already, on another version; nothing was sent. Choose "
            "another with --tag."
        )


def _future_access(remote: Remote, target: HubTarget) -> str:
    """As the repository will be, where the push changes that."""
    now = remote.access
    if now is None:
        return "public" if target.is_private is False else "private"
    will = now if target.is_private is None else now._replace(is_private=target.is_private)
    return str(will) if will == now else f"{will} (now {now})"


def _create(api: "HfApi", remote: Remote, kind: RepoKind, target: HubTarget) -> Remote:
    """Make the repository, and look at what the Hub made of it: an owner's settings may overrule what was asked.

    Raises HubError where it is public though it should not be; nothing has been sent then.
    """
    is_private = target.is_private is not False
    refused = None
    try:
        ask(lambda: api.create_repo(remote.repo, private=is_private, repo_type=kind), remote.repo)
    except HubRefusalError as refusal:
        if refusal.status != 409:
            raise
        refused = refusal  # of a request that was made before, and whose answer was lost, say
    made = look(api, remote.repo, kind, target.revision)
    if refused is not None and made.access is None:
        raise refused
    if made.access is not None and made.access.is_private != is_private:
        say(f"The Hub made {made.repo} {made.access}, whatever was asked: its owner's settings say so.")
        if is_private:
            raise HubError(
                f"{made.repo} is public, by its owner's settings, and nothing was sent. Push with --public where that "
                "is meant, or make it private on the Hub first."
            )
    return made


def _committed(api: "HfApi", folder: PushedFolder, plan: PushPlan, target: HubTarget, message: str) -> str:
    """Make branch and commit, and the visibility what was asked: hidden before anything is sent, shown after it."""
    kind, repo, access = folder.kind, plan.remote.repo, plan.remote.access
    changes = access is not None and target.is_private not in (None, access.is_private) and target.may_change_access
    if changes and target.is_private:
        ask(lambda: api.update_repo_settings(repo, private=True, repo_type=kind), repo)
    if not plan.remote.has_branch:
        ask(lambda: api.create_branch(repo, branch=target.revision, repo_type=kind, exist_ok=True), repo)
    made = _followed(api, folder, plan, target, message)
    if changes and not target.is_private:
        ask(lambda: api.update_repo_settings(repo, private=False, repo_type=kind), repo)
    return made


def _followed(api: "HfApi", folder: PushedFolder, plan: PushPlan, target: HubTarget, message: str) -> str:
    """Commit behind whatever is there; where others commit meanwhile, look again as long as they leave ours alone."""
    for _ in range(NUM_LOOKS):
        if plan.is_nothing:
            say("All is there already; no commit is made.")
            return plan.remote.head or ""
        try:
            return commit(api, plan, folder.kind, target.revision, message)
        except HubRefusalError as refusal:
            if refusal.status not in (409, 412):
                raise
        say("Somebody else's commit came first; looking at what is there now.")
        now = plan_push(folder, look(api, plan.remote.repo, folder.kind, target.revision), target.choices)
        _refuse_moved(plan, now)
        plan = now
    raise HubError(
        f"{plan.remote.repo} moved on {NUM_LOOKS} times under this push; what was sent is kept. Push again later."
    )


def _refuse_moved(plan: PushPlan, now: PushPlan) -> None:
    """Raises HubError where the other commit touched the card or files of ours: the plan that was told is no more."""
    before, after = plan.remote.files, now.remote.files
    ours = plan.sends.keys() | now.sends.keys() | set(plan.deletes) | set(now.deletes) | {CARD, MARKER}
    moved = sorted(name for name in ours if before.get(name) != after.get(name))
    if moved and not now.is_nothing:
        raise HubError(
            f"Somebody changed {', '.join(moved[:3])} of {plan.remote.repo} while this was pushed; nothing of it was "
            "replaced, and what was sent is kept. Push again to see the new plan."
        )
