"""The `generate` stage of a run is entered: new, the same again, to draw more of the same, or without its manifest."""

from collections.abc import Iterator

from distill.errors import RunError
from distill.progress import say
from distill.recipe.loading import digest
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.records import Sampling
from distill.sampling.policy import AtLeast, Budget, Fixed, ShortestOf, parse_policy
from distill.store import RunFolder, stages
from distill.store.manifest import StageEntry

AMOUNTS = {Fixed: "num_samples", AtLeast: "max_samples", ShortestOf: "num_samples", Budget: "num_tokens"}
"""What each policy may ask for more of: all that was drawn is then what it would have drawn."""


def begin_sampling(run: RunFolder, teacher: TeacherSection, settings: GenerateSection) -> StageEntry:
    """Enter the stage. Raises RunError where it was begun under other settings, or its samples were drawn so."""
    asked = {**teacher.digested(), **settings.digested()}
    then = run.manifest.stages.get("generate")
    if then is None:
        _refuse_unlike(run, teacher, settings)
    elif wants_more(run, teacher, settings):
        earlier = str(then.settings["policy"])
        say(f"generate: the run grows from {earlier} to {settings.policy}; what was drawn is kept.")
        run.grow("generate", asked, earlier)
    return run.begin("generate", asked)


def is_more(then: str, now: str) -> bool:
    """Whether a policy asks for more of what another one asks for, and for nothing else.

    >>> is_more("fixed(1)", "fixed(4)"), is_more("at_least(2, 4)", "at_least(2, 9)"), is_more("fixed(4)", "fixed(1)")
    (True, True, False)
    """
    old, new = parse_policy(then), parse_policy(now)
    amount = AMOUNTS[type(new)]
    return type(old) is type(new) and getattr(new, amount) > getattr(old, amount) and (
        new == old.model_copy(update={amount: getattr(new, amount)})
    )  # fmt: skip


def wants_more(run: RunFolder, teacher: TeacherSection, settings: GenerateSection) -> bool:
    """Whether a run that has samples is to have more of the same."""
    entry, now = run.manifest.stages.get("generate"), {**teacher.digested(), **settings.digested()}
    then = {} if entry is None else stages.as_asked(entry.settings)
    policy = then.get("policy")
    if not isinstance(policy, str) or not is_more(policy, settings.policy):
        return False
    is_alike = digest({**then, "policy": settings.policy}) == digest(now)
    return is_alike and run.samples.count() + run.cut.count() > 0


def _refuse_unlike(run: RunFolder, teacher: TeacherSection, settings: GenerateSection) -> None:
    """Samples without a manifest are taken only where they may have been drawn under these settings."""
    num_samples, most = 0, parse_policy(settings.policy).traits.max_samples
    for row in run.samples.rows(["prompt_id", "index", "teacher", "sampling"]):
        num_samples += 1
        name, index = run.samples.key(row)
        wrong = next(_unlike(settings.sampling, Sampling.model_validate(row["sampling"]), index), None)
        if row["teacher"] != teacher.model:
            wrong = f"the teacher {row['teacher']!r}, not {teacher.model!r}"
        if index >= most:
            wrong = f"a sample {index}, counted from 0, and {settings.policy} asks for fewer"
        if wrong:
            raise RunError(
                f"{run.path} has lost its manifest.json, and its samples were not drawn as this command would: "
                f"{name!r} has {wrong}. Run the command that drew them."
            )
    if num_samples:
        say(f"The manifest.json of {run.path} is missing; its {num_samples:,} samples agree with this command, which "
            "takes them.")  # fmt: skip


def _unlike(asked: Sampling, drawn: Sampling, index: int) -> Iterator[str]:
    """What shows that a sample was not drawn as asked. An endpoint may have refused a field, or had a lower limit."""
    seed = None if asked.seed is None else asked.seed + index
    fitting = {
        "temperature": (asked.temperature, None),
        "top_p": (asked.top_p, None),
        "seed": (asked.seed, seed, None),
        "stop": (asked.stop, ()),
        "extra_body": (asked.extra_body, {}),
    }
    for name, values in fitting.items():
        if getattr(drawn, name) not in values:
            yield f"{name} {getattr(drawn, name)!r}, not {values[0]!r}"
    if drawn.max_tokens > asked.max_tokens:
        yield f"max_tokens {drawn.max_tokens!r}, not {asked.max_tokens!r}"
