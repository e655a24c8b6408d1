"""What the user can do about a refusal: a sentence that names our option."""

import re

from distill.records import RefusalKind
from distill.teacher.trouble import grounds
from distill.teacher.trouble.complaint import Complaint

_ACCESS = {
    401: "Is its key set? Name the variable that holds it with --key-env NAME; DISTILL_API_KEY and OPENAI_API_KEY are "
    "read without it, for the host of the first endpoint.",
    402: "Top up the account, or ask for less with --max-tokens N.",
    403: "May this key (--key-env NAME) use this model (--model NAME) here? Further headers go with "
    "--header 'NAME: VALUE'.",
    404: "Is this what the endpoint calls the model (--model NAME), and is its path complete (--endpoint URL)?",
    405: "Is the path of --endpoint URL complete, up to what comes before /chat/completions?",
    407: "The proxy wants a name and a password: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT.",
    410: "It is gone for good; name another model with --model NAME.",
}
_FIELDS = {
    "max_tokens": "Try --max-tokens-field max_completion_tokens, or a smaller --max-tokens N.",
    "max_completion_tokens": "Try --max-tokens-field max_tokens, or a smaller --max-tokens N.",
    "temperature": "Leave it out with --temperature none, or give another --temperature NUMBER.",
    "top_p": "Leave it out with --top-p none, or give another --top-p NUMBER.",
    "seed": "Leave --seed out.",
    "stop": "Leave --stop out, or give fewer.",
}
_NAME = re.compile(r"(?<![a-z_])[a-z]{1,30}(?:_[a-z]{1,30}){0,4}(?![a-z_])")
MAX_READ = 2000


def advice(status: int, kind: RefusalKind, said: Complaint) -> str:
    """Empty where nobody knows any."""
    match kind:
        case RefusalKind.ACCESS:
            return _ACCESS.get(status) or _of_access(said.text)
        case RefusalKind.CONTEXT:
            return "Ask for less with --max-tokens N, or leave prompts out that are too long."
        case RefusalKind.CONTENT:
            return "Another model may answer it."
        case RefusalKind.SETTING:
            return _of_setting(said)
        case RefusalKind.OTHER:
            return ""


def _of_access(text: str) -> str:
    if grounds.NO_CREDIT.search(text):
        return _ACCESS[402]
    return _ACCESS[
        404
        if grounds.NO_MODEL.search(text)
        else 401
        if grounds.NO_KEY.search(text) or grounds.NO_RIGHT.search(text)
        else 403
    ]


def _of_setting(said: Complaint) -> str:
    if grounds.MORE_ROOM.search(said.text):
        return "Give it more room with --max-tokens N."
    if grounds.SYSTEM.search(said.text):
        return (
            "It takes no system message: put what that says into the prompt, with --wording FILE in place of --system."
        )
    names = (*said.fields, *_NAME.findall(said.text[:MAX_READ]))
    known = next((_FIELDS[name] for name in names if name in _FIELDS), None)
    return known or "What is sent beside the usual fields is in --extra-body JSON."
