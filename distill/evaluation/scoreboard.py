"""`distill eval`: a model on benchmarks, one run folder each under `OUT/MODEL/`, and the scores beside them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from distill.errors import RecipeError
from distill.evaluation.benchmarks import Benchmark, load_benchmark, short_name, write_prompts
from distill.evaluation.compare import Comparison, compare
from distill.evaluation.evaluate import evaluate
from distill.evaluation.models import PROMPT_ROOM, find_model
from distill.evaluation.scores import add_score, read_scores, table, write_eval_results, write_into_card
from distill.progress import say
from distill.recipe.sections import Engine, EvalSection, TeacherSection, VerifySection
from distill.records import Sampling
from distill.references import Record
from distill.store.folder import STAGES, restart_run
from distill.store.manifest import read_manifest
from distill.store.stages import refuse_unknown


class Contestant(NamedTuple):
    """The model under test, as the command line names it."""

    name: str
    endpoint: str | None = None
    engine: str | None = None


class Wanted(Record):
    """What replaces a preset's own settings; None leaves them."""

    samples: int | None = None
    limit: int | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    concurrency: int = 64
    restart: str | None = None
    """The stage from which on everything is made anew."""


def run_benchmarks(
    contestant: Contestant, names: Sequence[str], wanted: Wanted, verify: VerifySection, out: Path
) -> str:
    """Score a model on each benchmark in turn; returns the table of these scores.

    Scores go into `scores.json`, `.eval_results/` and README.md of the model's folder under `out`, and, where the model
    is a folder of its own, into its `.eval_results/` and card as well.
    """
    if wanted.restart is not None:
        refuse_unknown(wanted.restart, STAGES)
    benchmarks = {short_name(name): load_benchmark(name) for name in names}
    files = {name: write_prompts(each, out / "prompts", wanted.limit) for name, each in benchmarks.items()}
    found = {}
    for name, benchmark in benchmarks.items():
        sampling = _sampling(benchmark, wanted)
        model, sampling = _fitted(_model(contestant, sampling.max_tokens), sampling)
        settings = EvalSection(
            file=files[name],
            name=name,
            num_samples=wanted.samples or benchmark.num_samples,
            sampling=sampling,
            concurrency=wanted.concurrency,
        )
        folder = out / model.model.replace("/", "--")
        if wanted.restart in read_manifest(folder / name).stages:
            restart_run(folder / name, wanted.restart)
        score = evaluate(folder / name, model, settings, verify)
        found[name] = score
        add_score(folder, name, score)
        for place in _places(folder, contestant.name):
            if benchmark.results is not None:
                write_eval_results(place, name, score, benchmark.results)
            write_into_card(place, read_scores(folder))
    return table(found)


def compared(first: Path, second: Path) -> str:
    """The comparison of two evaluations, readable."""
    return "\n\n".join(_shown(each) for each in compare(first, second))


def _shown(each: Comparison) -> str:
    gap = each.difference
    decided = "" if gap.low <= 0 <= gap.high else "; the interval excludes zero"
    lines = [
        f"{each.benchmark}: {each.first.model} {each.first.pass_at_1:.1%} → {each.second.model} "
        f"{each.second.pass_at_1:.1%}",
        f"paired difference {gap.mean:+.1%}, 95 % interval {gap.low:+.1%} to {gap.high:+.1%}, on {each.num_prompts} "
        f"prompts{decided}",
    ]
    if each.num_left_out:
        lines.append(f"left out: {each.num_left_out} prompts that only one of them was asked")
    lines += [f"differs: {setting}" for setting in each.changed]
    return "\n".join(lines)


def _sampling(benchmark: Benchmark, wanted: Wanted) -> Sampling:
    replaced = {"max_tokens": wanted.max_tokens, "temperature": wanted.temperature, "seed": wanted.seed}
    given = {name: value for name, value in replaced.items() if value is not None}
    return Sampling.model_validate({**benchmark.sampling.model_dump(), **given})


def _model(contestant: Contestant, max_tokens: int) -> TeacherSection:
    model = find_model(contestant.name, contestant.endpoint, max_tokens)
    if contestant.engine is None:
        return model
    if contestant.engine not in get_args(Engine):
        raise RecipeError(f"There is no engine {contestant.engine!r}; engines are {', '.join(get_args(Engine))}.")
    return TeacherSection.model_validate({**model.model_dump(), "engine": contestant.engine})


def _fitted(model: TeacherSection, sampling: Sampling) -> tuple[TeacherSection, Sampling]:
    """Keep the token limit within the context of a local engine, and say so: it moves the score."""
    room = model.context_length - PROMPT_ROOM
    if model.endpoints or sampling.max_tokens <= room:
        return model, sampling
    say(f"{model.model} has a context of {model.context_length:,} tokens here, so a sample ends at {room:,}.")
    return model, sampling.model_copy(update={"max_tokens": room})


def _places(folder: Path, name: str) -> Iterator[Path]:
    yield folder
    if (Path(name) / "config.json").is_file():
        yield Path(name)
