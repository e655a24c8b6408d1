"""The commands that make a run like one that is there, from the settings that its manifest has. Pure.

They are for a reader of the dataset: prompts and texts are taken from `provenance/RUN/`, and `TEACHER_URL` and
`JUDGE_URL` stand for where the models answer. What no option of a command sets is in the manifest alone.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from distill.recipe.sections import SelectSection, VerifySection
from distill.records import Sampling
from distill.store.manifest import PROVENANCE, Manifest

WORDING, FEW_SHOT = "wording.txt", "few_shot.json"
"""What else the teacher read, as files beside the prompts of a run."""
Option = tuple[str, ...]


def remaking_commands(name: str, manifest: Manifest, *, has_recipe: bool) -> tuple[str, ...]:
    """A line of `run` where a recipe made it, else lines of `generate` and `verify`."""
    place = f"{PROVENANCE}/{name}"
    settings = manifest.stages["generate"].settings
    if has_recipe:
        endpoint = [] if settings.get("engine") else ["teacher.endpoints=[TEACHER_URL]"]
        judge = ["verify.judge.endpoints=[JUDGE_URL]"] if _judge(manifest) else []
        return (shlex.join(["distill", "run", f"{place}/recipe.yaml", f"run=runs/{name}", *endpoint, *judge]),)
    run = shlex.quote(f"runs/{name}")
    checks = _line(_checks(manifest))
    drawn = _line(_drawing(place, settings))
    return (
        f"distill generate {shlex.quote(f'{place}/prompts')} --run {run} --endpoint TEACHER_URL{drawn}{checks}",
        f"distill verify {run}{checks}",
    )


def select_command(runs: Sequence[str], settings: SelectSection, name: str) -> str:
    """The line of `select` that chooses the same rows of the same runs; what has its default is left out."""
    usual = SelectSection()
    changed = {
        key: value
        for key, value in settings.model_dump(mode="json").items()
        if getattr(settings, key) != getattr(usual, key)
    }
    given = _line(("--set", f"{key}={_public(value)}") for key, value in changed.items())
    folders = " ".join(shlex.quote(f"runs/{run}") for run in runs)
    return f"distill select {folders} --out {shlex.quote(name)}{given}"


def _public(value: JsonValue) -> str:
    """A value as YAML on a command line; a path of this machine by its last part."""
    if isinstance(value, str):
        return Path(value).name if Path(value).is_absolute() else value
    return json.dumps(value)


def _line(options: Iterable[Option]) -> str:
    return "".join(f" {shlex.join(option)}" for option in options)


def _drawing(place: str, settings: Mapping[str, JsonValue]) -> Iterator[Option]:
    """How the teacher was sampled, as options; those that have their default are written out as well."""
    sampling = Sampling.model_validate(settings["sampling"])
    yield "--model", str(settings["model"])
    yield "--policy", str(settings["policy"])
    yield "--temperature", "none" if sampling.temperature is None else f"{sampling.temperature:g}"
    yield "--top-p", "none" if sampling.top_p is None else f"{sampling.top_p:g}"
    yield "--max-tokens", str(sampling.max_tokens)
    if sampling.seed is not None:
        yield "--seed", str(sampling.seed)
    for text in sampling.stop:
        yield "--stop", text
    if sampling.extra_body:
        yield "--extra-body", json.dumps(sampling.extra_body, ensure_ascii=False)
    if settings.get("system") is not None:
        yield "--system", str(settings["system"])
    if settings.get("wording") is not None:
        yield "--wording", f"{place}/{WORDING}"
    if settings.get("few_shot"):
        yield "--few-shot", f"{place}/{FEW_SHOT}"


def _checks(manifest: Manifest) -> Iterator[Option]:
    """How answers were checked, as options; a default is left out."""
    entry = manifest.stages.get("verify")
    settings, usual = {} if entry is None else entry.settings, VerifySection().digested()
    if settings.get("tolerance", "exact") != "exact":
        yield "--tolerance", str(settings["tolerance"])
    if settings.get("time_limit_s", usual["time_limit_s"]) != usual["time_limit_s"]:
        yield "--time-limit", str(settings["time_limit_s"])
    if settings.get("sandbox", usual["sandbox"]) != usual["sandbox"]:
        yield "--sandbox", str(settings["sandbox"])
    if settings.get("all_tests"):
        yield ("--all-tests",)
    judge = _judge(manifest)
    if judge:
        yield "--judge", str(judge["model"])
        yield "--judge-endpoint", "JUDGE_URL"
        yield "--judge-template", Path(str(judge["without_reference"])).name
        if judge.get("votes", 1) != 1:
            yield "--votes", str(judge["votes"])
        if judge.get("audit_share"):
            yield "--audit", str(judge["audit_share"])


def _judge(manifest: Manifest) -> Mapping[str, JsonValue]:
    entry = manifest.stages.get("verify")
    judge = None if entry is None else entry.settings.get("judge")
    return judge if isinstance(judge, dict) else {}
