"""The form in which an endpoint takes requests, and what its refusals teach of it. Values and pure functions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from distill.teacher.asking.room import TokenRoom, read_room
from distill.teacher.trouble import grounds
from distill.teacher.trouble.complaint import Complaint

LIMITS = ("max_tokens", "max_completion_tokens")
OPTIONAL = (
    "temperature",
    "top_p",
    "seed",
    "stop",
    "stream_interval",
    "continuous_usage_stats",
    "stream_options",
    "stream",
)
"""Fields that a request can do without; the first that is named is left out."""
_QUOTED_ONLY = frozenset({"stop", "seed", "stream"})
"""Names that are words too."""
_CLAUSE = re.compile(r"[.;!\n](?=\s|$)")
_BOTH = re.compile(r"(?i)temperature\W{1,4}and\W{1,4}top_?p|top_?p\W{1,4}and\W{1,4}temperature")


def _named(name: str) -> re.Pattern[str]:
    """A name as it is, or as `topP`; those that are words too only where they are marked as names."""
    word = name.replace("_", "_?")
    if name not in _QUOTED_ONLY:
        return re.compile(rf"(?i)(?<![a-z_]){word}(?![a-z_])")
    return re.compile(
        rf"(?i)[\"'`\[(]{word}[\"'`\])]|\b{word} (?:param|option|sequence|field|argument|is not|is un)|"
        rf"(?:parameters?|fields?|arguments?|argument supplied|option|name|model):? {{0,2}}{word}\b"
    )


_NAMED = {name: _named(name) for name in (*LIMITS, *OPTIONAL)}
_STREAMING = re.compile(r"(?i)(?<![\w-])(?:event.?)?stream(?:ing|ed|s)?(?![\w-])")


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """What an endpoint takes."""

    max_tokens_field: str = "max_tokens"
    left_out: frozenset[str] = field(default_factory=frozenset)
    """Fields that it does not take."""
    context: int | None = None
    """Tokens it has room for, prompt and answer together."""
    most_tokens: int | None = None
    """Tokens of its longest answer."""

    def takes(self, name: str) -> bool:
        """Whether a field may be sent."""
        return name not in self.left_out


def learnt(form: EndpointForm, sent: Mapping[str, object], said: Complaint) -> EndpointForm | None:
    """The form that the refusal of the body `sent` teaches; None where it teaches nothing that we know.

    What `sent` holds is what counts: others may have been refused, and learnt, at the same moment.
    """
    room = read_room(said.text, asked(sent))
    if room.context is not None or room.most is not None:
        return replace(form, context=room.context or form.context, most_tokens=room.most or form.most_tokens)
    names = _refused(sent, said)
    for name in LIMITS:
        if name in names:
            other = LIMITS[name == LIMITS[0]]
            return replace(form, max_tokens_field=other, left_out=form.left_out | {name}) if form.takes(other) else None
    return replace(form, left_out=form.left_out | names) if names else None


def room_for(form: EndpointForm, sent: Mapping[str, object], said: Complaint) -> int | None:
    """Tokens that the request `sent` in this form may ask for instead, by its refusal; None where it does not say.

    An endpoint that only says that it is too much gets a request for a quarter of it.
    """
    room: TokenRoom = read_room(said.text, asked(sent))
    if room.left is not None:
        return room.left
    was_known = room.context is not None and room.context == form.context
    return asked(sent) // 4 if was_known else None


def asked(sent: Mapping[str, object]) -> int:
    """The token limit of a body; 0 where it has none."""
    limit = next((sent[name] for name in LIMITS if name in sent), 0)
    return limit if isinstance(limit, int) else 0


def _refused(sent: Mapping[str, object], said: Complaint) -> frozenset[str]:
    """Those fields of a body that the endpoint says it does not take."""
    options = sent.get("stream_options")
    ours = {*sent, *(options if isinstance(options, dict) else ())} & {*LIMITS, *OPTIONAL}
    if not grounds.NOT_TAKEN.search(said.text):
        return frozenset()
    placed = ours & {*said.fields}
    if placed:
        return frozenset(placed - {"stream_options"} if "continuous_usage_stats" in placed else placed)
    if _BOTH.search(said.text) and "top_p" in ours:
        return frozenset({"top_p"})
    for clause in _CLAUSE.split(said.text):
        named = {name for name in ours if _NAMED[name].search(clause)} if grounds.NOT_TAKEN.search(clause) else set()
        if named:
            return frozenset(named)
        if "stream" in ours and grounds.NOT_TAKEN.search(clause) and _STREAMING.search(clause):
            return frozenset({"stream"})
    return frozenset()


def told(before: EndpointForm, after: EndpointForm) -> tuple[str, ...]:
    """What is new, as sentences about an endpoint: `it takes …`."""
    names = sorted(after.left_out - before.left_out - {*LIMITS})
    left_out = (f"it does not take {name}{_INSTEAD.get(name, ', which is left out')}" for name in names)
    if before.max_tokens_field == after.max_tokens_field:
        return tuple(left_out)
    return (f"it takes {after.max_tokens_field} in place of {before.max_tokens_field}", *left_out)


_INSTEAD = {
    "temperature": ", so its own temperature holds, and the samples say so",
    "top_p": ", so its own top_p holds, and the samples say so",
    "stop": ": answers are not stopped at the texts of --stop",
    "seed": ": answers cannot be drawn again alike",
    "stream": ", so that nothing comes before the whole answer",
}
