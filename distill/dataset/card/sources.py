"""Where the prompts come from: sources with citation, benchmarks that they were kept apart from, licences."""

from distill.dataset.card.words import NOT_STATED, code, hub_dataset, link, teachers
from distill.dataset.card_facts import CardFacts, RunFacts
from distill.formatting import count_and_share, counted, markdown_table, share
from distill.rows.license_links import license_link
from distill.rows.prompt_origin import NotedSource, Origin

RULES = (
    "A prompt counts as a benchmark's problem where it repeats it verbatim, in other words with the same numbers "
    "(paraphrased, reworded), misspelt, or in part."
)


def sources(facts: CardFacts) -> str:
    """What the rows are made of, to be cited."""
    rows = [
        (each.name, each.num_rows, hub_dataset(each.dataset) if each.dataset else "", each.citation or "")
        for each in facts.origins
    ]
    table = markdown_table(("source", "rows", "dataset", "to be cited as"), rows, "lrll")
    read = "".join(f"\n\n{_read(run, run.origin)}" for run in facts.runs if run.origin is not None)
    return f"## Sources of the prompts\n\n{table}{read}"


def _read(run: RunFacts, origin: Origin) -> str:
    """What `distill prompts` read for a run, and what it dropped."""
    listed = "\n".join(f"- {_source(each)}" for each in origin.sources)
    fates = origin.fates
    num_read = fates.get("read", 0)
    dropped = ", ".join(
        f"{count_and_share(fates[fate], num_read)} {word}"
        for fate, word in (
            ("set aside", "set aside"),
            ("contaminated", "contaminated"),
            ("duplicate", "duplicates"),
            ("outside the bands", "outside the bands of difficulty"),
        )
        if fates.get(fate)
    )
    kept = f"{fates.get('kept', 0):,} of {num_read:,} rows stayed"
    begun = f"The prompts of `{run.name}` were gathered by distill {origin.distill} from"
    return f"{begun}\n\n{listed}\n\n{kept}{f' ({dropped})' if dropped else ''}."


def _source(each: NotedSource) -> str:
    place = ""
    if each.dataset is not None:
        parts = [part for part in (each.config, each.split) if part]
        revision = f" at {each.revision}" if each.revision else ""
        place = f" ({', '.join([hub_dataset(each.dataset), *parts])}{revision})"
    return f"`{each.name}`{place}{f': {each.citation}' if each.citation else ''}"


def decontamination(facts: CardFacts) -> str:
    """Against which benchmarks the prompts of each run were compared, and what that dropped."""
    return "## Decontamination\n\n" + "\n".join(f"- {_compared(run)}" for run in facts.runs) + _rules(facts)


def _compared(run: RunFacts) -> str:
    origin = run.origin
    if origin is None:
        return f"`{run.name}`: not known; its prompts came without the manifest that `distill prompts` writes."
    if not origin.benchmarks:
        return f"`{run.name}`: compared with no benchmark; its prompts were gathered without `--decontaminate`."
    num_dropped, num_read = origin.fates.get("contaminated", 0), origin.fates.get("read", 0)
    names = ", ".join(f"`{name}`" for name in origin.benchmarks)
    return (
        f"`{run.name}`: compared with {names} ({counted(origin.num_benchmark_problems, 'problem')}); "
        f"{count_and_share(num_dropped, num_read)} of the rows read were dropped as contaminated."
    )


def _rules(facts: CardFacts) -> str:
    is_compared = any(run.origin is not None and run.origin.benchmarks for run in facts.runs)
    return f"\n\n{RULES}" if is_compared else ""


def licences(facts: CardFacts) -> str:
    """The licences of the prompts by source, and the teachers'."""
    return f"## Licences\n\n{licence_list(facts)}"


def licence_list(facts: CardFacts) -> str:
    """The same without a heading, for a file of its own."""
    rows = [
        (
            link(each.license, license_link(each.license)) if each.license else NOT_STATED,
            each.source or NOT_STATED,
            each.num_rows,
            share(each.num_rows, facts.num_rows),
        )
        for each in facts.licenses
    ]
    table = markdown_table(("licence of the prompts", "source", "rows", "share"), rows, "llrr")
    num_without = sum(each.num_rows for each in facts.licenses if each.license is None)
    unknown = f"\n\nOf {num_without:,} rows the source states no licence; they may not be free to use."
    return f"{table}{unknown if num_without else ''}\n\n{_of_teachers(facts)}"


def _of_teachers(facts: CardFacts) -> str:
    known = {run.teacher: run.teacher_license for run in facts.runs if run.teacher_license}
    named = [f"`{name}` is under {link(each, license_link(each))}" for name, each in sorted(known.items())]
    said = f" {', '.join(named)}." if named else ""
    return f"The completions were written by {teachers(facts)}, whose licence applies to them as well.{said}"


def citation(facts: CardFacts) -> str:
    """How to cite the dataset, in the maintainer's words; empty where they say nothing."""
    own = facts.own.citation
    return f"## Citation\n\n{code(own)}" if own else ""
