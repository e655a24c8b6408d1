"""Which keys a recipe may have, and why not the others: every mistake of a recipe is said at once.

Names come from TRL's own dataclasses. Where the extra `train` is not installed, only keys that are known to be wrong
are found.
"""

import difflib
from collections.abc import Collection, Mapping

from distill.errors import RecipeError
from distill.training.settings.choices import CHOICES
from distill.training.settings.effects import without_effect
from distill.training.settings.foreign import ELSEWHERE, RENAMED, methods_with
from distill.training.settings.known import is_installed, known_defaults
from distill.training.settings.owned import OWNED, Method


def check_keys(settings: Mapping[str, object], where: str, method: Method = "sft") -> None:
    """Raise RecipeError with every key that cannot stand: unknown, renamed, set by `distill`, or without effect."""
    if found := wrong_keys(settings, method):
        refuse(where, found)


def refuse(where: str, reasons: Mapping[str, str]) -> None:
    """Raise RecipeError with all of them; one alone is one sentence."""
    lines = [f"`{key}` {reason}." for key, reason in reasons.items()]
    if len(lines) == 1:
        raise RecipeError(f"{where}: {lines[0]}")
    raise RecipeError(f"{where}: {len(lines)} settings cannot stand.\n" + "\n".join(f"  {line}" for line in lines))


def wrong_keys(settings: Mapping[str, object], method: Method = "sft") -> dict[str, str]:
    """Keys of `settings` that cannot stand in a recipe, each with the reason as the rest of a sentence."""
    known = known_defaults(method) if is_installed() else {}
    found = {key: reason for key in settings if (reason := _refusal(key, method, known)) is not None}
    right = {key: value for key, value in settings.items() if key not in found}
    return found | (without_effect(right, known, CHOICES[method]) if known else {})


def spelled(tree: Mapping[str, object]) -> dict[str, object]:
    """`save_strategy: no` as TRL reads it: a word, which YAML 1.1 takes for false."""
    return {key: "no" if key.endswith("_strategy") and value is False else value for key, value in tree.items()}


def _refusal(key: str, method: Method, known: Collection[str]) -> str | None:
    """Why a key cannot stand, None where it can."""
    elsewhere = f"is no key of TRL's {method.upper()}"
    tables = ((ELSEWHERE[method], elsewhere), (RENAMED, "is out of date"), (OWNED[method], "cannot be set here"))
    for table, words in tables:
        if key in table:
            return f"{words}: {table[key]}"
    if not known or key in known:
        return None
    if others := methods_with(key):
        also = ", also `distill grpo`'s" if method == "sft" and "GRPO" in others else ""
        also = ", also `distill sft`'s" if method == "grpo" and "SFT" in others else also
        return f"{elsewhere}: it is one of {', '.join(others)}{also}"
    settable = [name for name in known if name not in OWNED[method] and name not in RENAMED]
    near = difflib.get_close_matches(key, settable, n=1, cutoff=0.8)
    return elsewhere + (f"; did you mean `{near[0]}`?" if near else "")
